"""
# train-in-inference (DRP304)

## What it does
Finds an evaluation that puts the module in train mode itself, right before it runs it: `train()` where `eval()` was
meant; and `self.train()` in a method that a library runs in eval mode, such as `validation_step` of a LightningModule.

## Why is this bad?
It is copied from the training loop, and reads as if somebody had thought of the mode.  Dropout drops in the evaluation,
and batch norm learns from the data that is evaluated.

## Example
```python
import torch
from torch import nn


def evaluate(model, batches):
    model.train()
    with torch.no_grad():
        return [model(batch).argmax(dim=1) for batch in batches]


loader = torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3)
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for batch in loader:
    model(batch).sum().backward()
    optimizer.step()
evaluate(model, loader)
```

## Use instead
```python
import torch
from torch import nn


def evaluate(model, batches):
    model.eval()
    with torch.no_grad():
        return [model(batch).argmax(dim=1) for batch in batches]


loader = torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3)
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for batch in loader:
    model(batch).sum().backward()
    optimizer.step()
evaluate(model, loader)
```

## When it stays silent
Where the same function trains too; where `train()` is meant, as far as names tell (Monte-Carlo dropout, batch-norm
recalibration, test-time augmentation); where nothing in the module depends on the mode.  In `validation_step` and its
like where `eval()` is called too, or a gradient is taken, as in learning to learn.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix writes `eval()`.  It is unsafe, because results change; that is the point.

## At run time
A layer that depends on the mode runs in train mode while gradients are off.

## References
- `torch.nn.Module.eval`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
"""

import ast
import re

from dropout_lint.finding import Applicability, Confidence, Fix, Severity
from dropout_lint.pytorch.inference_sites import is_intended
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, Misused, ModeRule, Place

_STEPS = re.compile(r"def (?:validation|test|predict)_step\b")
_MEANT = frozenset({"eval", "backward", "manual_backward", "grad", "enable_grad", "set_grad_enabled", "stack"})
"""Calls beside `self.train()` that say that it is put back, or that the step trains, or samples, on purpose."""


class TrainInInference(ModeRule):
    code = "DRP304"
    name = "train-in-inference"
    since = "0.1.0"
    message = "`{model}` is put in train mode {where}, so {consequence}"
    help = "call `{target}.eval()` instead"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = modes.INFERENCE | modes.STEP
    misuse = Misuse.TRAIN_IN_INFERENCE

    @classmethod
    def concerns(cls, filename: str, text: str, project: Project | None) -> bool:
        return (".train(" in text and _STEPS.search(text) is not None) or super().concerns(filename, text, project)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        around = self.classes.around(node.body[0])
        if around is None or around[1] is not node or not around[0].is_module or self.is_test:
            return
        facts = around[0]
        if not self.source.knowledge.runs_in_eval(facts.library_bases, node.name):
            return
        calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
        if any(last_name(call.func) in _MEANT for call in calls):
            return
        for call in calls:
            if ast.unparse(call) in ("self.train()", "self.train(True)") and not is_intended(
                self.source, call, facts, node
            ):
                fix = self.fix("Call `self.eval()`", self.edits.replace(call, "self.eval()"), Applicability.UNSAFE)
                self.report(
                    call,
                    model="self",
                    where=f"in `{node.name}`, which is run in eval mode",
                    consequence="dropout and batch norm work as in training",
                    help="call `self.eval()`, or leave the mode alone",
                    confidence=Confidence.MEDIUM,
                    fix=fix,
                )

    def fix_for(self, misused: Misused, place: Place) -> Fix | None:
        return self.eval_instead(misused, place)
