"""
# functional-dropout-always-on (DRP201)

## What it does
Finds `F.dropout(x)` and its 1d, 2d and 3d forms in a module's `forward`, or in what `forward` calls, without the
`training` argument.

## Why is this bad?
`training` defaults to `True`, and a function has no mode: `model.eval()` does not reach it.  The model goes on
dropping in validation and in production, so its outputs are random and its measured scores too low.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 2)

    def forward(self, x):
        return self.linear(F.dropout(x, 0.3))
```

## Use instead
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 2)

    def forward(self, x):
        return self.linear(F.dropout(x, 0.3, training=self.training))
```

## When it stays silent
Outside of classes that are certainly `nn.Module`, and in methods that neither `forward` nor anything it calls mentions,
or mentions in training only.  Under any condition that may ask for the mode, however it is spelt: `if self.training`,
an early return, a boolean parameter, a local computed before, a stage.  A parameter is no condition if every call, in
this file and in those that import it, leaves it on, and no call can be out of sight.  Where the rate is zero in
evaluation, comes from a parameter (the caller owns it), or is certainly 0.  Where names or comments nearby say that
dropout is meant to stay on (a Tacotron pre-net, Monte Carlo dropout).  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix adds `training=self.training`.  It is unsafe, because results of the model in eval mode change; that is the
point.

## At run time
The monitor sees the dropout drop while the module that called it is in eval mode, and names module and line.

## References
- `torch.nn.functional.dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import FUNCTIONAL, torch_call
from dropout_lint.pytorch.inference_sites import inference_site


class FunctionalDropoutAlwaysOn(Rule):
    code = "DRP201"
    name = "functional-dropout-always-on"
    since = "0.1.0"
    message = "`{call}` ignores `eval()`, because `training` defaults to `True`: dropout stays on"
    help = "pass `training=self.training`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.FUNCTION or "alpha" in call.callee.name:
            return
        if not call.arguments.omits("training"):
            return
        site = inference_site(self.source, call)
        if site is None:
            return
        fix = None
        if site.has_self:
            edits = self.edits.add_argument(node, "training=self.training")
            fix = self.fix("Pass `training=self.training`", edits, Applicability.UNSAFE)
        self.report(node, call=call.spelling, confidence=site.confidence, notes=site.notes(self), fix=fix)
