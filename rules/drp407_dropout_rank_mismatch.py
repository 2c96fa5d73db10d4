"""
# dropout-rank-mismatch (DRP407)

## What it does
Finds channel dropout of one rank right after a layer of another: `nn.Dropout2d` after `nn.Conv1d`, `nn.Dropout3d`
after `nn.Conv2d`, and their like.

## Why is this bad?
`nn.Dropout1d`, `2d` and `3d` zero whole channels, and tell from the number of dimensions what a channel is.
`nn.Dropout3d` takes the four dimensions that a 2-d convolution returns for one sample without a batch, and zeroes
whole *samples*, without a word.  `nn.Dropout1d` after a 2-d convolution raises.  `nn.Dropout2d` after a 1-d
convolution works through a rule for old code, warns whenever it runs, in eval mode too, and will raise in a later
version of torch.

## Example
```python
from torch import nn

block = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Dropout3d(0.2))
```

## Use instead
```python
from torch import nn

block = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Dropout2d(0.2))
```

## When it stays silent
Unless the layer directly before is a convolution, batch norm or pooling layer of torch, in the same `nn.Sequential`
or in a nested call (`self.drop(self.conv(x))`).  A view or permutation in between changes the rank, so nothing is
looked through.  In [test files](../docs/command-line.md#test-files).  The rule is off by default: in most code the
rank cannot be told.

## Fix safety
There is no fix: the layer before may be the wrong one.

## At run time
Torch warns "Received a 3D input to dropout2d", or raises; for `nn.Dropout3d` after a 2-d layer it says nothing.

## References
- `torch.nn.Dropout2d`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
"""

import ast
import re

from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import expects_error
from dropout_lint.pytorch.layer_sequences import neighbours
from dropout_lint.triggers import calls

_RANKED = re.compile(r"(?:Lazy)?(?:Conv|ConvTranspose|BatchNorm|InstanceNorm|(?:Adaptive)?(?:Max|Avg)Pool)([123])d")
_DROPOUT = re.compile(r"Dropout([123])d")
_EFFECTS = {
    ("1", "2"): "torch takes it for a 1-d input, warns, and will raise in a later version",
    ("3", "2"): "torch warns, and will raise in a later version",
    ("1", "3"): "torch warns, and will raise in a later version",
    ("2", "3"): "the batch is taken for the channels, and whole samples are zeroed",
    ("2", "1"): "torch raises",
    ("3", "1"): "torch raises",
}
"""By the rank of the layer before and that of the dropout; executed on torch 2.13."""


class DropoutRankMismatch(Rule):
    code = "DRP407"
    name = "dropout-rank-mismatch"
    since = "0.1.0"
    message = "`{dropout}` follows `{layer}`, whose output is of another rank: {effect}"
    help = "use `Dropout{rank}d`"
    on = False
    triggers = calls.CHAINS

    def visit_Call(self, node: ast.Call) -> None:
        for before, dropout in neighbours(self.source, node):
            layer, drop = _RANKED.fullmatch(before.name), _DROPOUT.fullmatch(dropout.name)
            if layer is None or drop is None or layer[1] == drop[1] or self.is_test:
                continue
            if before.name.startswith("BatchNorm1d") or expects_error(self.source, node):
                continue  # takes two dimensions and three
            self.report(
                dropout.place,
                dropout=dropout.name,
                layer=before.name,
                effect=_EFFECTS[layer[1], drop[1]],
                rank=layer[1],
                notes=[self.note("the layer before it", before.place)],
            )
