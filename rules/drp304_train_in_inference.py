"""
# train-in-inference (DRP304)

## What it does
Finds an evaluation that puts the module in train mode itself, right before it runs it: `train()` where `eval()` was
meant.

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
recalibration, test-time augmentation); where nothing in the module depends on the mode.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix writes `eval()`.  It is unsafe, because results change; that is the point.

## At run time
A layer that depends on the mode runs in train mode while gradients are off.

## References
- `torch.nn.Module.eval`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
"""

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, Misused, ModeRule, Place


class TrainInInference(ModeRule):
    code = "DRP304"
    name = "train-in-inference"
    since = "0.1.0"
    message = "`{model}` is put in train mode {where}, so {consequence}"
    help = "call `{target}.eval()` instead"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = modes.INFERENCE
    misuse = Misuse.TRAIN_IN_INFERENCE

    def fix_for(self, misused: Misused, place: Place) -> Fix | None:
        return self.eval_instead(misused, place)
