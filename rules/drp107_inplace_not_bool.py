"""
# inplace-not-bool (DRP107)

## What it does
Finds a number as the second positional argument of a dropout layer: `nn.Dropout(0.5, 0.3)`.

## Why is this bad?
The second parameter is `inplace`.  The number is stored there, counts as true, and makes the layer overwrite its
input; as a second rate it has no effect.

## Example
```python
from torch import nn

drop = nn.Dropout(0.5, 0.3)
```

## Use instead
```python
from torch import nn

drop = nn.Dropout(0.5)
```

## When it stays silent
When the second argument is passed by name: whoever writes `inplace=1` knows the parameter.

## Fix safety
There is no fix: the number may have been meant as the rate.

## At run time
`inplace` of the layer is a number other than True and False.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast

from dropout_lint.finding import Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import expects_error, torch_call
from dropout_lint.triggers import calls


class InplaceNotBool(Rule):
    code = "DRP107"
    name = "inplace-not-bool"
    since = "0.1.0"
    message = "The second argument of `{call}` is `inplace`, not a rate: {value} makes the layer {effect}"
    help = "pass one rate, and `inplace` by name"
    severity = Severity.ERROR
    triggers = calls.LAYERS | calls.FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.LAYER or call.arguments.open or len(node.args) < 2:
            return
        folded = self.constants.fold(node.args[1])
        if folded is None or not folded.is_number or expects_error(self.source, node):
            return
        effect = "overwrite its input" if folded.value else "work out of place, as it does anyway"
        self.report(node.args[1], call=call.spelling, value=folded.value, effect=effect)
