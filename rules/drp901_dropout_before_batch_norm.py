"""
# dropout-before-batch-norm (DRP901)

## What it does
Finds dropout directly before batch norm in an `nn.Sequential`, or in a nested call.

## Why is this bad?
In training, dropout scales up what it keeps, and the variance of its output grows; in evaluation it does nothing.
Batch norm collects the variance of training and divides by it in evaluation, where it no longer fits.  This shift
of variance costs accuracy, the more the higher the rate.

## Example
```python
from torch import nn

block = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.ReLU())
```

## Use instead
```python
from torch import nn

block = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
```

## When it stays silent
Where another layer stands between the two: through a linear layer the shift is weaker, though not gone.  For batch norm
without running statistics, and where the rate is certainly 0.  In [test files](../docs/command-line.md#test-files).
The rule is off by default: this is a matter of design, and many such models work well enough.

## Fix safety
There is no fix: the order is for you to decide.

## At run time
Nothing can be seen from outside.

## References
- Li et al., "Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift", CVPR 2019:
  https://arxiv.org/abs/1801.05134
"""

import ast
import re

from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import never_drops
from dropout_lint.pytorch.layer_sequences import Layer, neighbours
from dropout_lint.triggers import calls

_BATCH_NORM = re.compile(r"(?:Lazy)?BatchNorm[123]d|SyncBatchNorm")


class DropoutBeforeBatchNorm(Rule):
    code = "DRP901"
    name = "dropout-before-batch-norm"
    since = "0.1.0"
    message = "`{dropout}` directly before `{norm}` shifts the variance between training and evaluation"
    help = "put the dropout behind the last batch norm"
    on = False
    triggers = calls.CHAINS

    def visit_Call(self, node: ast.Call) -> None:
        for before, norm in neighbours(self.source, node):
            if _BATCH_NORM.fullmatch(norm.name) is None or not before.is_dropout or self.is_test:
                continue
            if self._keeps_no_statistics(norm) or never_drops(self.source, before.place):
                continue
            self.report(
                before.place, dropout=before.name, norm=norm.name, notes=[self.note("the batch norm", norm.place)]
            )

    @staticmethod
    def _keeps_no_statistics(norm: Layer) -> bool:
        return any(keyword.arg in ("track_running_stats", None) for keyword in norm.place.keywords)
