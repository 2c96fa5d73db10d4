"""
# frozen-layers-in-train (DRP311)

## What it does
Finds training steps that run layers in train mode although their parameters are frozen, with `requires_grad = False`:
batch norm, and dropout inside of a part that is frozen as a whole.

## Why is this bad?
`requires_grad` keeps the optimizer away from weights, and nothing else.  The batch norm of a frozen trunk normalises
with the batch at hand and goes on learning running statistics, so the trunk drifts away from what its weights were
trained for; with small batches that costs more than the new head gains, and another head for the same trunk no longer
fits.  Dropout makes the features of a frozen encoder noisy.

## Example
```python
import torch
from torch import nn

trunk = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
model = nn.Sequential(trunk, nn.Linear(4, 2))
for parameter in trunk.parameters():
    parameter.requires_grad = False
optimizer = torch.optim.SGD(model[1].parameters(), lr=0.1)
for _ in range(2):
    model.train()
    for batch in torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3):
        model(batch).sum().backward()
        optimizer.step()
```

## Use instead
```python
import torch
from torch import nn

trunk = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
model = nn.Sequential(trunk, nn.Linear(4, 2))
for parameter in trunk.parameters():
    parameter.requires_grad = False
optimizer = torch.optim.SGD(model[1].parameters(), lr=0.1)
for _ in range(2):
    model.train()
    trunk.eval()
    for batch in torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3):
        model(batch).sum().backward()
        optimizer.step()
```

## When it stays silent
Where the mode of the frozen layers is not certain: somebody puts them, or some layers of the model, in eval mode, or
its class overrides `train`.  Where the program also sets the parameters free again, as a network is that takes turns
with another one, or the names of those that are frozen cannot be worked out.  Where the name says that it is a teacher,
a target or a discriminator.  For dropout before a new last layer of a model that is frozen but for that layer.  In
[test files](../docs/command-line.md#test-files).

It is off by default: much fine-tuning freezes weights only, and some of it lets batch norm adapt to the new data on
purpose.  What is frozen by `eval()` in `__init__` and loses that at the next `train()` is
[frozen-part-in-train](DRP309), which needs no program around it.

## Fix safety
There is no fix.

## At run time
The running statistics of frozen batch norm change.

## References
- `torch.nn.BatchNorm1d`: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
- `torch.Tensor.requires_grad`, and evaluation mode beside it: https://docs.pytorch.org/docs/stable/notes/autograd.html
"""

from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, ModeRule


class FrozenLayersInTrain(ModeRule):
    code = "DRP311"
    name = "frozen-layers-in-train"
    since = "0.1.0"
    message = "`{model}` runs frozen layers in train mode, so {consequence}"
    help = "call `eval()` on the frozen part after each `train()`"
    on = False
    triggers = modes.TRAINING
    misuse = Misuse.FROZEN_IN_TRAIN
