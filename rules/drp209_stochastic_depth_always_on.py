"""
# stochastic-depth-always-on (DRP209)

## What it does
Finds torchvision's functions `stochastic_depth`, `drop_block2d` and `drop_block3d` in a module's `forward`, or in
what `forward` calls, without the `training` argument.

## Why is this bad?
`training` defaults to `True`, and a function has no mode: in evaluation too, whole residual branches or blocks are
dropped at random.

## Example
```python
from torch import nn
from torchvision.ops import stochastic_depth


class Block(nn.Module):
    def forward(self, x):
        return x + stochastic_depth(x, 0.1, "row")
```

## Use instead
```python
from torch import nn
from torchvision.ops import stochastic_depth


class Block(nn.Module):
    def forward(self, x):
        return x + stochastic_depth(x, 0.1, "row", training=self.training)
```

## When it stays silent
Outside of classes that are certainly `nn.Module`, in methods that `forward` does not reach, under any condition that
may ask for the mode, where the rate is zero in evaluation or comes from a parameter.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix adds `training=self.training`.  It is unsafe, because results of the model in eval mode change; that is the
point.

## At run time
The monitor sees random numbers drawn while the module is in eval mode (strict tier).

## References
- torchvision 0.29: `ops/stochastic_depth.py`, `ops/drop_block.py`
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.pytorch.inference_sites import inference_site
from dropout_lint.triggers import calls


class StochasticDepthAlwaysOn(Rule):
    code = "DRP209"
    name = "stochastic-depth-always-on"
    since = "0.1.0"
    message = "`{call}` ignores `eval()`, because `training` defaults to `True`: it drops in evaluation too"
    help = "pass `training=self.training`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.DEPTH

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.DEPTH or not call.arguments.omits("training"):
            return
        site = inference_site(self.source, call)
        if site is None:
            return
        edits = self.edits.add_argument(node, "training=self.training") if site.has_self else None
        fix = self.fix("Pass `training=self.training`", edits, Applicability.UNSAFE)
        self.report(node, call=call.spelling, confidence=site.confidence, fix=fix)
