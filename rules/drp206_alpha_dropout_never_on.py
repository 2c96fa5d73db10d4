"""
# alpha-dropout-never-on (DRP206)

## What it does
Finds `F.alpha_dropout(x)` and `F.feature_alpha_dropout(x)` in a module's `forward`, or in what `forward` calls,
without `training`.

## Why is this bad?
Unlike `F.dropout`, these default to `training=False`: the call does nothing at all, in training neither.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.alpha_dropout(x, 0.1)
```

## Use instead
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.alpha_dropout(x, 0.1, training=self.training)
```

## When it stays silent
Outside of classes that are certainly `nn.Module`, in methods that `forward` does not reach, and when arguments are
passed by `*args` or `**kwargs`.

## Fix safety
The fix adds `training=self.training`.  It is unsafe: dropout comes on where there was none.

## At run time
The output of the call equals its input in train mode.

## References
- `torch.nn.functional.alpha_dropout`:
  https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.triggers import calls


class AlphaDropoutNeverOn(Rule):
    code = "DRP206"
    name = "alpha-dropout-never-on"
    since = "0.1.0"
    message = "`{call}` never drops, because `training` defaults to `False`"
    help = "pass `training=self.training`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.FUNCTION or "alpha" not in call.callee.name:
            return
        around = self.classes.around(node)
        if around is None or not call.arguments.omits("training"):
            return
        facts, method = around
        if not facts.is_module or method.name not in facts.reached:
            return
        fix = None
        if method.args.args and method.args.args[0].arg == "self":
            edits = self.edits.add_argument(node, "training=self.training")
            fix = self.fix("Pass `training=self.training`", edits, Applicability.UNSAFE)
        self.report(node, call=call.spelling, fix=fix)
