"""
# train-for-monte-carlo (DRP310)

## What it does
Finds Monte-Carlo dropout by `train()` on a module that has batch norm too.

## Why is this bad?
`train()` switches everything.  Batch norm then normalises with the batch at hand, so the samples differ for another
reason than dropout, and each of them moves the running statistics of the model.

## Example
```python
import torch
from torch import nn


def mc_predict(model, batches):
    model.train()
    with torch.no_grad():
        return [model(batch) for batch in batches]


model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
mc_predict(model, torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3))
```

## Use instead
```python
import torch
from torch import nn


def mc_predict(model, batches):
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    with torch.no_grad():
        return [model(batch) for batch in batches]


model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
mc_predict(model, torch.utils.data.DataLoader(torch.rand(6, 4), batch_size=3))
```

## When it stays silent
Where nothing but dropout depends on the mode; where no name around says that Monte-Carlo dropout is meant (that is for
missing-eval and train-in-inference); where the mode is not certain.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
There is no fix.

## At run time
Batch norm runs in train mode while gradients are off.

## References
- Gal and Ghahramani, Dropout as a Bayesian Approximation: https://arxiv.org/abs/1506.02142
"""

from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, ModeRule


class TrainForMonteCarlo(ModeRule):
    code = "DRP310"
    name = "train-for-monte-carlo"
    since = "0.1.0"
    message = "`{model}` is in train mode for the sake of dropout, and its batch norm uses the statistics of the batch"
    help = "call `{target}.eval()`, then `train()` on the dropout layers alone"
    on = False
    triggers = modes.INFERENCE
    misuse = Misuse.MONTE_CARLO
