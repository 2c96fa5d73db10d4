"""
# probability-out-of-range (DRP102)

## What it does
Finds a drop probability that is below 0, above 1, infinite or not a number: `nn.Dropout(1.5)`, `F.dropout(x,
-0.1)`, `nn.LSTM(8, 8, 2, dropout=20)`.

## Why is this bad?
A probability lies between 0 and 1.  The dropout layers and RNNs raise `ValueError` when they are built, the functional
forms whenever they run, in eval mode too.  `nan` passes the constructor of a dropout layer, whose first forward pass
raises.  `nn.MultiheadAttention` takes any value and raises in its first training step; a negative rate or `nan` it
takes for no dropout at all, without a word, unless it is called with `need_weights=False`.

## Example
```python
from torch import nn

drop = nn.Dropout(1.5)
```

## Use instead
```python
from torch import nn

drop = nn.Dropout(0.15)
```

## When it stays silent
The value has to be certain: folded through arithmetic, names that are bound once, class constants, and defaults of
parameters that the function neither tests nor rebinds.  Whole numbers passed to dropout itself are
[integer-probability](DRP101).  Code under `pytest.raises` is meant to fail.

## Fix safety
There is no fix: only you know the rate.

## At run time
The layer cannot be built or cannot run; torch's error names the value.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast
import math

from dropout_lint.finding import Severity
from dropout_lint.knowledge.torch_api import DROPOUT
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import (
    expects_error,
    torch_call,
    witness,
)
from dropout_lint.semantic.constants import FoldedValue
from dropout_lint.triggers import calls


class ProbabilityOutOfRange(Rule):
    code = "DRP102"
    name = "probability-out-of-range"
    since = "0.1.0"
    message = "`{parameter}={value}` of `{call}` is no probability: it lies outside [0, 1]"
    help = "pass a fraction from 0 to 1"
    severity = Severity.ERROR
    triggers = calls.LAYERS | calls.FUNCTIONAL | calls.RECURRENT | calls.ATTENTION

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.rate is None:
            return
        folded = self.constants.fold(call.rate)
        if folded is None or not _is_outside(folded) or not self.constants.is_certain(folded):
            return
        if expects_error(self.source, node):
            return
        if isinstance(folded.value, int) and call.callee.kind in DROPOUT:
            return  # DRP101 tells that
        place, notes = witness(self, call, folded)
        self.report(place, call=call.spelling, parameter=call.callee.rate, value=folded.value, notes=notes)


def _is_outside(folded: FoldedValue) -> bool:
    value = folded.value
    return folded.is_number and isinstance(value, (int, float)) and (math.isnan(value) or not 0 <= value <= 1)
