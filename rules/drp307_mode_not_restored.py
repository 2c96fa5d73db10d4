"""
# mode-not-restored (DRP307)

## What it does
Finds a function that puts its caller's module in another mode, runs it, and returns without putting it back.

## Why is this bad?
The caller may be in the middle of training.  The next step then runs without dropout, and nothing says so.

## Example
```python
import torch
from torch import nn


def accuracy(model, batches):
    model.eval()
    with torch.no_grad():
        return [model(batch) for batch in batches]


model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
accuracy(model, torch.utils.data.DataLoader(torch.rand(6, 4)))
```

## Use instead
```python
import torch
from torch import nn


def accuracy(model, batches):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        results = [model(batch) for batch in batches]
    model.train(was_training)
    return results


model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
accuracy(model, torch.utils.data.DataLoader(torch.rand(6, 4)))
```

## When it stays silent
In functions that only switch the mode and run nothing; where the module is made in the function; where the module comes
in the mode that it leaves in; where the program trains before the call and not any more after it.  In
[test files](../docs/command-line.md#test-files).  It is off by default: many programs set train mode at the start of
every epoch, and their evaluations need not restore anything.

## Fix safety
There is no fix.

## At run time
The mode report differs before and after the call.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, ModeRule


class ModeNotRestored(ModeRule):
    code = "DRP307"
    name = "mode-not-restored"
    since = "0.1.0"
    message = "`{call}` is not undone: the caller gets its module back in another mode"
    help = "remember `training` before, and call `train(...)` with it at the end"
    on = False
    triggers = modes.RESTORED
    misuse = Misuse.MODE_NOT_RESTORED
    of_every_module = True
