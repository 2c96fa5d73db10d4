"""
# alpha-dropout-pairing (DRP903)

## What it does
Finds `nn.AlphaDropout` behind an activation that is not SELU, and ordinary dropout behind SELU.

## Why is this bad?
SELU keeps mean and variance of a self-normalizing network where they are, and alpha dropout is made to keep them
too: it sets elements to SELU's own lower limit and rescales for that.  Behind another activation that limit means
nothing, and the output gets a strange offset; ordinary dropout behind SELU destroys the normalization.

## Example
```python
from torch import nn

block = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.AlphaDropout(0.1))
```

## Use instead
```python
from torch import nn

block = nn.Sequential(nn.Linear(8, 8), nn.SELU(), nn.AlphaDropout(0.1))
```

## When it stays silent
Unless the activation stands directly before the dropout, in the same `nn.Sequential` or in a nested call
(`self.drop(F.selu(x))`).  Where the rate is certainly 0, and in [test files](../docs/command-line.md#test-files).
The rule is off by default: networks work with either.

## Fix safety
There is no fix: either of the two may be the one that was meant.

## At run time
Nothing can be seen from outside.

## References
- Klambauer et al., "Self-Normalizing Neural Networks", NeurIPS 2017: https://arxiv.org/abs/1706.02515
- `torch.nn.AlphaDropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
"""

import ast

from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import never_drops
from dropout_lint.pytorch.layer_sequences import ACTIVATIONS, neighbours
from dropout_lint.triggers import calls


class AlphaDropoutPairing(Rule):
    code = "DRP903"
    name = "alpha-dropout-pairing"
    since = "0.1.0"
    message = "`{dropout}` behind `{layer}` changes mean and variance: {reason}"
    help = "pair `SELU` with `AlphaDropout`, and other activations with `Dropout`"
    on = False
    triggers = calls.CHAINS

    def visit_Call(self, node: ast.Call) -> None:
        for before, dropout in neighbours(self.source, node):
            if not dropout.is_dropout or before.name not in ACTIVATIONS or self.is_test:
                continue
            is_alpha = "Alpha" in dropout.name
            if is_alpha == (before.name == "SELU") or never_drops(self.source, dropout.place):
                continue
            reason = "it is made for `SELU`" if is_alpha else "a self-normalizing network needs `AlphaDropout`"
            self.report(
                dropout.place,
                dropout=dropout.name,
                layer=before.name,
                reason=reason,
                notes=[self.note("the activation", before.place)],
            )
