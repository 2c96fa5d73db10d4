"""
# part-left-in-train (DRP308)

## What it does
Finds inference that puts one module in eval mode and runs another one beside it that is, or can be, in train mode.

## Why is this bad?
An encoder in eval mode feeds a head whose dropout still drops.  The evaluation looks right at a glance.

## Example
```python
import torch
from torch import nn

encoder = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
head = nn.Sequential(nn.Linear(4, 2), nn.Dropout(0.5))


def evaluate(batches):
    encoder.eval()
    with torch.no_grad():
        return [head(encoder(batch)) for batch in batches]


evaluate(torch.utils.data.DataLoader(torch.rand(6, 4)))
```

## Use instead
```python
import torch
from torch import nn

encoder = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
head = nn.Sequential(nn.Linear(4, 2), nn.Dropout(0.5))


def evaluate(batches):
    encoder.eval()
    head.eval()
    with torch.no_grad():
        return [head(encoder(batch)) for batch in batches]


evaluate(torch.utils.data.DataLoader(torch.rand(6, 4)))
```

## When it stays silent
Where the mode of the other module is not known, or nothing in it depends on the mode; where missing-eval (DRP301) is
certain already and says so.  In [test files](../docs/command-line.md#test-files).  It is off by default, because a
generator in eval mode beside a network that trains can be meant.

## Fix safety
There is no fix.

## At run time
A layer that depends on the mode runs in train mode while gradients are off.

## References
- `torch.nn.Module.eval`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
"""

from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, ModeRule


class PartLeftInTrain(ModeRule):
    code = "DRP308"
    name = "part-left-in-train"
    since = "0.1.0"
    message = "`{model}` {is_in} train mode {where}, while another module beside it is in eval mode"
    help = "call `{target}.eval()` too"
    on = False
    triggers = modes.INFERENCE
    misuse = Misuse.PART_LEFT_IN_TRAIN
