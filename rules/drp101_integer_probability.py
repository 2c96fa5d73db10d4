"""
# integer-probability (DRP101)

## What it does
Finds dropout whose `p` is a whole number other than 1: `nn.Dropout(30)`.

## Why is this bad?
`p` is the probability of zeroing an element, a fraction between 0 and 1.  Whoever writes 30 thinks in percent, or
of the number of units; torch raises a `ValueError` when the layer is built, or, for the functional form, only when
that line runs.

## Example
```python
from torch import nn

drop = nn.Dropout(30)
```

## Use instead
```python
from torch import nn

drop = nn.Dropout(0.3)
```

## When it stays silent
The value is folded through arithmetic, names that are bound once, class constants and parameter defaults, and
through nothing else.  A default is not judged if the function tests or rebinds the parameter (`if p > 1: p = p /
100`).  Code under `pytest.raises` is meant to fail.  `Dropout(0)` is a working way to write "no dropout", and not
reported.

## Fix safety
2 to 100 is read as percent and divided by 100.  The fix is unsafe, because only you know what was meant.

## At run time
The layer cannot be built: torch raises `ValueError: dropout probability has to be between 0 and 1, but got 30`.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import DROPOUT
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import expects_error, torch_call, witness
from dropout_lint.triggers import calls


class IntegerProbability(Rule):
    code = "DRP101"
    name = "integer-probability"
    since = "0.1.0"
    message = "`{call}` gets {value} as its drop probability, and torch raises ValueError for it"
    help = "`p` is a fraction from 0 to 1{suggestion}"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.LAYERS | calls.FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind not in DROPOUT or call.rate is None:
            return
        folded = self.constants.fold(call.rate)
        if folded is None or type(folded.value) is not int or 0 <= folded.value <= 1:
            return
        if not self.constants.is_certain(folded) or expects_error(self.source, node):
            return
        fraction = f"{folded.value / 100:g}" if 2 <= folded.value <= 100 else None
        fix = None
        if fraction is not None and isinstance(folded.node, ast.Constant):
            edits = self.edits.replace(folded.node, fraction)
            fix = self.fix(f"Write `{fraction}`", edits, Applicability.UNSAFE)
        place, notes = witness(self, call, folded)
        self.report(
            place,
            call=call.spelling,
            value=folded.value,
            suggestion=f"; {folded.value} percent is `{fraction}`" if fraction else "",
            notes=notes,
            fix=fix,
        )
