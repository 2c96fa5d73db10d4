"""
# training-hard-coded (DRP207)

## What it does
Finds `training=True` in a dropout call of a module's `forward`, or of what `forward` calls; also as a parameter
that every call of the method leaves at `True`.

## Why is this bad?
Dropout then stays on in evaluation.  That is sometimes the point (a Tacotron pre-net, Monte-Carlo dropout), so the
rule is off by default; where it is not the point, the model's predictions are random.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=True)
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
Outside of classes that are certainly `nn.Module`, in methods that `forward` does not reach, under any condition that
may ask for the mode, where names or comments nearby say that dropout is meant to stay on, and in
[test files](../docs/command-line.md#test-files).

## Fix safety
There is no fix: the literal was written on purpose.

## At run time
The monitor sees the dropout drop while the module that called it is in eval mode.

## References
- `torch.nn.functional.dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
"""

import ast

from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.pytorch.inference_sites import inference_site
from dropout_lint.triggers import calls


class TrainingHardCoded(Rule):
    code = "DRP207"
    name = "training-hard-coded"
    since = "0.1.0"
    message = "`{call}` is told that it is training, whatever the mode: dropout stays on"
    help = "pass `{flag}=self.training`"
    on = False
    triggers = calls.FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind not in (CalleeKind.FUNCTION, CalleeKind.OPERATOR):
            return
        name = "training" if call.callee.kind is CalleeKind.FUNCTION else "train"
        flag = call.arguments.get(name)
        if flag is None:
            return
        passed = self.guards.callers.constant_of(flag)
        if not (isinstance(flag, ast.Constant) and flag.value is True) and (passed is None or passed.value is not True):
            return
        site = inference_site(self.source, call)
        if site is not None:
            notes = site.notes(self)
            if passed is not None:
                notes.append(self.note("every call leaves the flag on, as this one does", passed.call))
            self.report(flag, call=call.spelling, flag=name, confidence=site.confidence, notes=notes)
