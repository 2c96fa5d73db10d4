"""
# training-in-eval-mode (DRP303)

## What it does
Finds a training step, a forward pass whose loss reaches `backward()`, that runs on a module in eval mode: `eval()` was
called for a validation and `train()` never again, or only on some paths.

## Why is this bad?
Training goes on without dropout, and batch norm keeps the statistics of the first epoch.  Nothing fails and the loss
even falls faster; the regularisation that the configuration promises is off from the second epoch on.

## Example
```python
import torch
from torch import nn

loader = torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3)
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model.train()
for epoch in range(3):
    for batch in loader:
        optimizer.zero_grad()
        model(batch).sum().backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(model(next(iter(loader))).sum())
```

## Use instead
```python
import torch
from torch import nn

loader = torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3)
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    model.train()
    for batch in loader:
        optimizer.zero_grad()
        model(batch).sum().backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(model(next(iter(loader))).sum())
```

## When it stays silent
Where `eval()` seems to be meant: it was called for the training itself, as one does for frozen batch norm or in
fine-tuning, or a comment stands beside it in a loader or a constructor; the object is not one whose parameters an
optimizer holds; another object was put in eval mode, such as a teacher or an average of the weights.  Where the mode is
not certain, or nothing in the module depends on it.  In [test files](../docs/command-line.md#test-files).

## Fix safety
There is no fix: where `train()` belongs is for the author to say.

## At run time
A backward pass, or an optimizer's step, goes through layers that were left in eval mode.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

from dropout_lint.finding import Severity
from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, ModeRule


class TrainingInEvalMode(ModeRule):
    code = "DRP303"
    name = "training-in-eval-mode"
    since = "0.1.0"
    message = "`{model}` {is_in} eval mode when it is trained, so {consequence}"
    help = "call `{target}.train()` at the start of every epoch"
    severity = Severity.ERROR
    triggers = modes.TRAINING
    misuse = Misuse.TRAINING_IN_EVAL
