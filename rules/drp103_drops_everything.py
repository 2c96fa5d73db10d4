"""
# drops-everything (DRP103)

## What it does
Finds a drop probability of 1, 1.0 or `True`: of dropout itself, of attention, and between the layers of an RNN.

## Why is this bad?
Torch accepts it, zeroes the whole output in training and with it every gradient that should flow through.
Evaluation looks normal, because dropout is off there, so nothing points at the line.  `True` mostly means that a
flag went into the place of the rate.  An RNN then hands zeros from layer to layer, attention loses all its weights
(`scaled_dot_product_attention`, which has no mode, in evaluation too).

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
In [test files](../docs/command-line.md#test-files) and in classes of `unittest.TestCase`, where `p=1` is a handy way
to see whether dropout is on.  For an RNN of one layer, where the rate has no effect
([single-layer-rnn-dropout](DRP108)), and for `True` given to an RNN, which raises ([probability-wrong-type](DRP105)).
The value has to be certain: a literal, a name that is bound once, or a default that the function neither tests nor
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
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import (
    TorchCall,
    expects_error,
    torch_call,
    witness,
)
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.source import SourceFile
from dropout_lint.triggers import calls

_WHAT = {
    CalleeKind.LAYER: "every element and every gradient in training",
    CalleeKind.FUNCTION: "every element and every gradient in training",
    CalleeKind.OPERATOR: "every element and every gradient in training",
    CalleeKind.RECURRENT: "all that one layer hands to the next in training",
    CalleeKind.ATTENTION: "every attention weight in training",
    CalleeKind.RAW_ATTENTION: "every attention weight",
}
"""What a rate of 1 zeroes; executed on torch 2.13."""


class DropsEverything(Rule):
    code = "DRP103"
    name = "drops-everything"
    since = "0.1.0"
    message = "`{call}` with `{parameter}={value}` zeroes {what}"
    help = "pass a rate below 1{hint}"
    severity = Severity.ERROR
    triggers = calls.LAYERS | calls.FUNCTIONAL | calls.RECURRENT | calls.ATTENTION

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind not in _WHAT or call.rate is None or self.is_test:
            return
        folded = self.constants.fold(call.rate)
        if folded is None or not isinstance(folded.value, (int, float)) or folded.value != 1:
            return
        if call.callee.kind is CalleeKind.RECURRENT and (folded.value is True or not self._has_more_layers(call)):
            return
        if not self.constants.is_certain(folded) or expects_error(self.source, node):
            return
        if _stands_in_test_case(self.source, node):
            return
        place, notes = witness(self, call, folded)
        is_flag = folded.value is True and call.callee.kind is CalleeKind.FUNCTION
        self.report(
            place,
            call=call.spelling,
            parameter=call.callee.rate,
            value=folded.value,
            what=_WHAT[call.callee.kind],
            hint="; the flag is the parameter `training`" if is_flag else "",
            notes=notes,
        )

    def _has_more_layers(self, call: TorchCall) -> bool:
        """Whether the RNN certainly has more than one layer: the rate holds between two."""
        layers = call.arguments.get("num_layers")
        folded = None if layers is None else self.constants.fold(layers)
        return folded is not None and isinstance(folded.value, int) and folded.value > 1


def _stands_in_test_case(source: SourceFile, node: ast.AST) -> bool:
    return any(
        (names_of(source).resolve(base) or "").endswith("TestCase")
        for above in source.ancestors(node)
        if isinstance(above, ast.ClassDef)
        for base in above.bases
    )
