"""
# attention-dropout-always-on (DRP202)

## What it does
Finds a rate that is passed to `scaled_dot_product_attention`, flash-attention or xformers attention in a module's
`forward`, or in what `forward` calls, and that does not depend on the mode.

## Why is this bad?
These functions have no `training` flag: they drop whenever the rate is not zero.  `model.eval()` does not reach
them, so attention weights are dropped in validation and in production.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, dropout=0.1):
        super().__init__()
        self.dropout = dropout

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout)
```

## Use instead
```python
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, dropout=0.1):
        super().__init__()
        self.dropout = dropout

    def forward(self, q, k, v):
        rate = self.dropout if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, dropout_p=rate)
```

## When it stays silent
Where the rate depends on the mode in any spelling, is a parameter of a method (the caller owns it), or is certainly 0;
in functions outside of the class, unless they are at the top level of the same file; under any
condition that may ask for the mode or for a rate of zero (`flash = self.dropout == 0.0`); outside of classes that are
certainly `nn.Module`; in methods that `forward` does not reach.  In [test files](../docs/command-line.md#test-files).

## Fix safety
The fix writes `(rate if self.training else 0.0)`.  It is unsafe, because results of the model in eval mode change.

## At run time
The monitor sees attention drop while the module that called it is in eval mode, and names module and line.

## References
- the warning in the documentation of `scaled_dot_product_attention`:
  https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
- the discussion of this trap: https://github.com/pytorch/pytorch/issues/124464
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.pytorch.inference_sites import inference_site
from dropout_lint.triggers import calls


class AttentionDropoutAlwaysOn(Rule):
    code = "DRP202"
    name = "attention-dropout-always-on"
    since = "0.1.0"
    message = "`{call}` has no training flag, and `{rate}` is not zero in eval mode: attention dropout stays on"
    help = "pass `{parameter}={rate} if self.training else 0.0`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.RAW_ATTENTION

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.RAW_ATTENTION or call.rate is None:
            return
        site = inference_site(self.source, call)
        if site is None:
            return
        rate, fix = self.source.segment(call.rate), None
        cure = "let the caller pass 0 in eval mode" if site.way else None
        if site.has_self and "\n" not in rate:
            edits = self.edits.replace(call.rate, f"({rate} if self.training else 0.0)")
            fix = self.fix(f"Pass `{rate}` only in training", edits, Applicability.UNSAFE)
        self.report(
            call.rate,
            call=call.spelling,
            rate=rate,
            parameter=call.callee.rate,
            help=cure,
            confidence=site.confidence,
            notes=site.notes(self),
            fix=fix,
        )
