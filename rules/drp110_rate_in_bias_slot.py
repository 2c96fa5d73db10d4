"""
# rate-in-bias-slot (DRP110)

## What it does
Finds a drop probability in the fourth place of `nn.LSTM` or `nn.GRU`: `nn.LSTM(64, 64, 2, 0.5)`.

## Why is this bad?
The fourth parameter is `bias`.  Older torch took the rate there for "yes, use a bias" and dropped nothing; torch
2.13 raises `TypeError`.

## Example
```python
from torch import nn

rnn = nn.LSTM(64, 64, 2, 0.5)
```

## Use instead
```python
from torch import nn

rnn = nn.LSTM(64, 64, 2, dropout=0.5)
```

## When it stays silent
For `nn.RNN`, whose fourth place is the nonlinearity, and for values that are neither a certain fraction nor named
after dropout.

## Fix safety
The fix passes the value as `dropout`.  It is unsafe: dropout comes on where there was none.

## At run time
`bias` of the layer is no bool, or torch refuses to build it.

## References
- `torch.nn.LSTM`: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
"""

import ast
import re

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import expects_error, torch_call
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.triggers import calls

_BIAS = 3  # its place in nn.LSTM and nn.GRU, from 0
_RATE_NAME = re.compile(r"drop", re.IGNORECASE)


class RateInBiasSlot(Rule):
    code = "DRP110"
    name = "rate-in-bias-slot"
    since = "0.1.0"
    message = "The fourth argument of `{call}` is `bias`, not the rate: `{value}` drops nothing"
    help = "pass it by name, as `dropout={value}`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.RECURRENT

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.RECURRENT or call.arguments.get("bias") is None:
            return
        if call.callee.parameters[_BIAS] != "bias" or len(node.args) <= _BIAS or expects_error(self.source, node):
            return
        rate = node.args[_BIAS]
        folded = self.constants.fold(rate)
        is_fraction = folded is not None and isinstance(folded.value, float)
        is_named_rate = _RATE_NAME.search(last_name(rate) or "") is not None
        if not is_fraction and (not is_named_rate or (folded is not None and isinstance(folded.value, bool))):
            return
        value, fix = self.source.segment(rate), None
        if len(node.args) == _BIAS + 1 and call.rate is None and not call.arguments.open:
            edits = self.edits.replace_argument(node, rate, f"dropout={value}")
            fix = self.fix(f"Pass `dropout={value}`", edits, Applicability.UNSAFE)
        self.report(rate, call=call.spelling, value=value, fix=fix)
