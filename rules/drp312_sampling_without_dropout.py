"""
# sampling-without-dropout (DRP312)

## What it does
Finds Monte-Carlo sampling in eval mode: one input runs through a model again and again, and the spread of the results
is taken.

## Why is this bad?
In eval mode dropout lets everything through: all samples are the same, and the uncertainty that is reported is zero, or
what rounding leaves of it.

## Example
```python
import torch
from torch import nn


def uncertainty(model, batch):
    with torch.no_grad():
        samples = torch.stack([model(batch) for _ in range(20)])
    return samples.std(dim=0)


model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
model.eval()
uncertainty(model, torch.ones(2, 4))
```

## Use instead
```python
import torch
from torch import nn


def uncertainty(model, batch):
    with torch.no_grad():
        samples = torch.stack([model(batch) for _ in range(20)])
    return samples.std(dim=0)


model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
model.eval()
for module in model.modules():
    if isinstance(module, nn.Dropout):
        module.train()
uncertainty(model, torch.ones(2, 4))
```

## When it stays silent
Where the mode is not certain, or any layer of the model was put in another mode; where the model has no layer that is
known to drop, or may draw at random by itself; where the input is made anew for each pass, or the results are not seen
to come to `std` or `var`; where `eval()` is called in another file than that.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
There is no fix.

## At run time
The mode report shows all dropout layers in eval mode.

## References
- Gal and Ghahramani, Dropout as a Bayesian Approximation: https://arxiv.org/abs/1506.02142
"""

from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, ModeRule


class SamplingWithoutDropout(ModeRule):
    code = "DRP312"
    name = "sampling-without-dropout"
    since = "0.1.0"
    message = "`{model}` is in eval mode when it is sampled, so dropout is off and every sample is the same"
    help = "call `train()` on its dropout layers after `{target}.eval()`"
    triggers = modes.SPREAD
    misuse = Misuse.SAMPLES_WITHOUT_DROPOUT
