"""
# train-method-as-flag (DRP204)

## What it does
Finds `training=self.train`, and `self.train` in the third place of `F.dropout`: the method, where the flag
`self.training` was meant.

## Why is this bad?
`self.train` is a bound method.  `F.dropout` and `F.batch_norm` raise `TypeError` for it; helpers written in Python,
such as those of torch_geometric, take it for true, and dropout stays on in evaluation.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=self.train)
```

## Use instead
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=self.training)
```

## When it stays silent
Outside of classes that are certainly `nn.Module`, and where the class sets an attribute called `train`.

## Fix safety
The fix writes `self.training`.  It is safe: nothing else can have been meant.

## At run time
`F.dropout` raises; elsewhere the monitor sees dropout while the module is in eval mode.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.syntax.node_tests import is_self
from dropout_lint.triggers import modes


class TrainMethodAsFlag(Rule):
    code = "DRP204"
    name = "train-method-as-flag"
    since = "0.1.0"
    message = "`{method}` is a method, and always true: the flag is `{flag}`"
    help = "pass `training={flag}`"
    severity = Severity.ERROR
    fixable = Applicability.SAFE
    triggers = modes.TRAIN_AS_FLAG

    def visit_Call(self, node: ast.Call) -> None:
        flags = [keyword.value for keyword in node.keywords if keyword.arg == "training"]
        call = torch_call(self.source, node)
        if call is not None and not flags:  # the third place of `F.dropout(x, p, training)`
            flags = [flag for name in ("training", "train") if (flag := call.arguments.get(name)) is not None]
        for flag in flags:
            if self._is_train_method(flag):
                method = self.source.segment(flag)
                fix = self.fix("Pass the flag", self.edits.replace(flag, f"{method}ing"), Applicability.SAFE)
                self.report(flag, method=method, flag=f"{method}ing", fix=fix)

    def _is_train_method(self, value: ast.expr) -> bool:
        if not (isinstance(value, ast.Attribute) and value.attr == "train"):
            return False
        if not is_self(value.value):
            return False
        around = self.classes.around(value)
        return around is not None and around[0].is_module and not around[0].stores("train")
