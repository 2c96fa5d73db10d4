"""
# missing-eval (DRP301)

## What it does
Follows the mode of every module object through functions, methods and files, and finds inference that runs a module in
train mode: under `torch.no_grad()` or `torch.inference_mode()`, in a program that only loads weights and predicts, or
in one that trains, where the result is read and never comes to a backward pass.

## Why is this bad?
`no_grad` switches gradients off, and nothing else.  A module is in train mode from the start; until somebody calls
`eval()`, dropout drops, and batch norm normalises with the batch at hand and moves its running statistics.  Validation
figures are then noisy and too low, and two calls with the same input disagree.

## Example
```python
import torch
from torch import nn


def validate(model, batches):
    with torch.no_grad():
        return [model(batch).argmax(dim=1) for batch in batches]


loader = torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3)
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(2):
    model.train()
    for batch in loader:
        model(batch).sum().backward()
        optimizer.step()
    validate(model, loader)
```

## Use instead
```python
import torch
from torch import nn


def validate(model, batches):
    model.eval()
    with torch.no_grad():
        return [model(batch).argmax(dim=1) for batch in batches]


loader = torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3)
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(2):
    model.train()
    for batch in loader:
        model(batch).sum().backward()
        optimizer.step()
    validate(model, loader)
```

## When it stays silent
Whenever the mode is not certain: somebody else may have set it (an external caller, a loader, a decorator, a context
manager, a framework), or it differs by path.  Where nothing in the module is known to depend on the mode, and where the
weights are neither trained nor loaded.  Where the pass belongs to a training step: a teacher, a first pass, a look at
the own output between two updates, a score of the batch that is trained on.  Where made-up input goes through a model
that nothing trains, and where only the shape of the result is looked at.  Where train mode is meant, as far as names
tell: Monte-Carlo dropout, batch-norm recalibration, rollouts of an agent, profiling.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix calls `eval()` before the statement that switches gradients off.  It is unsafe, because results change; that is
the point.  It is offered only where every training step that follows sets train mode again.

## At run time
A layer that depends on the mode runs in train mode while gradients are off.

## References
- `torch.nn.Module.eval`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
- `torch.no_grad` and modes: https://docs.pytorch.org/docs/stable/notes/autograd.html#evaluation-mode-nn-module-eval
"""

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, Misused, ModeRule, Place


class MissingEval(ModeRule):
    code = "DRP301"
    name = "missing-eval"
    since = "0.1.0"
    message = "`{model}` is in train mode {where}, so {consequence}"
    help = "call `{target}.eval()` before"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = modes.INFERENCE
    misuse = Misuse.MISSING_EVAL

    def fix_for(self, misused: Misused, place: Place) -> Fix | None:
        return self.eval_before(misused, place)
