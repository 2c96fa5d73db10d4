"""
# drops-everything (DRP103)

## What it does
Finds a drop probability of 1, 1.0 or `True`.

## Why is this bad?
Torch accepts it, zeroes the whole output in training and with it every gradient that should flow through.
Evaluation looks normal, because dropout is off there, so nothing points at the line.  `True` mostly means that a
flag went into the place of the rate.

## Example
```python
from torch import nn

drop = nn.Dropout(1)
```

## Use instead
```python
from torch import nn

drop = nn.Dropout(0.1)
```

## When it stays silent
In [test files](../docs/command-line.md#test-files), where `p=1` is a handy way to see whether dropout is on.  The
value has to be certain: a literal, a name that is bound once, or a default that the function neither tests nor
rebinds.

## Fix safety
There is no fix: only you know the rate.

## At run time
In train mode the layer's output is all zeros, and the weights before it get no gradient.

## References
- `torch.nn.functional.dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
"""

import ast

from dropout_lint.finding import Severity
from dropout_lint.knowledge.torch_api import DROPOUT, CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import FUNCTIONAL, LAYERS, expects_error, torch_call, witness


class DropsEverything(Rule):
    code = "DRP103"
    name = "drops-everything"
    since = "0.1.0"
    message = "`{call}` with `p={value}` zeroes every element and every gradient in training"
    help = "pass a rate below 1{hint}"
    severity = Severity.ERROR
    triggers = LAYERS | FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind not in DROPOUT or call.rate is None or self.is_test:
            return
        folded = self.constants.fold(call.rate)
        if folded is None or not isinstance(folded.value, (int, float)) or folded.value != 1:
            return
        if not self.constants.is_certain(folded) or expects_error(self.source, node):
            return
        place, notes = witness(self, call, folded)
        is_flag = folded.value is True and call.callee.kind is CalleeKind.FUNCTION
        hint = "; the flag is the parameter `training`" if is_flag else ""
        self.report(place, call=call.spelling, value=folded.value, hint=hint, notes=notes)
