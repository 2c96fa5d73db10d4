"""
# training-flag-as-probability (DRP203)

## What it does
Finds the training flag in the place of the drop probability: `F.dropout(x, self.training)`.

## Why is this bad?
The second parameter is `p`.  In training `self.training` is true, so `p` is 1: every element becomes zero, and no
gradient flows. In eval mode `p` is 0 and all looks well.  The layers before the call never learn.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.dropout(x, self.training)
```

## Use instead
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.dropout(x, training=self.training)
```

## When it stays silent
When the value is anything but the flag itself: `0.5 * self.training` is a rate that follows the mode.

## Fix safety
The fix passes the flag as `training`, which leaves `p` at 0.5.  It is unsafe, because you may want another rate.

## At run time
In train mode the output of the call is all zeros.

## References
- `torch.nn.functional.dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import DROPOUT, CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.triggers import calls

_FLAGS = ("training", "is_training", "train", "is_train")


class TrainingFlagAsProbability(Rule):
    code = "DRP203"
    name = "training-flag-as-probability"
    since = "0.1.0"
    message = "`{flag}` lands in `p` of `{call}`: training zeroes everything, and evaluation looks perfect"
    help = "pass it as `training={flag}`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.FUNCTIONAL | calls.LAYERS

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind not in DROPOUT or call.rate is None or not self._is_flag(call.rate):
            return
        flag, fix, cure = self.source.segment(call.rate), None, None
        if call.callee.kind is CalleeKind.LAYER:
            cure = "pass a rate; the layer follows `train()` and `eval()` by itself"
        elif call.callee.kind is CalleeKind.FUNCTION and call.arguments.omits("training"):
            edits = self.edits.replace_argument(node, call.rate, f"training={flag}")
            fix = self.fix(f"Pass `training={flag}`", edits, Applicability.UNSAFE)
        self.report(call.rate, flag=flag, call=call.spelling, help=cure, fix=fix)

    def _is_flag(self, rate: ast.expr) -> bool:
        """Whether ``rate`` is `.training` of something, or a parameter that is named as a flag of the mode."""
        if isinstance(rate, ast.Attribute):
            return rate.attr == "training"
        if not isinstance(rate, ast.Name) or rate.id not in _FLAGS:
            return False
        return any(binding.kind is BindingKind.PARAMETER for binding in self.names.bindings(rate))
