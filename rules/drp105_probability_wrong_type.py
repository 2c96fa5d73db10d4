"""
# probability-wrong-type (DRP105)

## What it does
Finds a drop probability that is no number: `None`, a string, a list, tuple or dict, `False`, a `Fraction`, `Decimal`,
numpy array or parameter, or the input tensor (`nn.Dropout(x)` in `forward`, where `F.dropout(x)` or `self.drop(x)` was
meant); and a rate of an RNN or of attention of which torch says that it is none.

## Why is this bad?
`None` and strings raise `TypeError`, and so do numbers of other kinds, in the first forward pass, in eval mode too;
attention raises in the first training step.  `nn.LSTM`, `nn.GRU` and `nn.RNN` refuse `True` and `False`, too.  A
tensor is taken for the probability: the call returns a layer, not the tensor with dropout, or raises "Boolean value of
Tensor with more than one value is ambiguous".  `False` is taken as 0, so nothing is ever dropped.

## Example
```python
from torch import nn

drop = nn.Dropout("0.3")
```

## Use instead
```python
from torch import nn

drop = nn.Dropout(0.3)
```

## When it stays silent
A default of `None` is only judged if the function mentions the parameter nowhere else, because whoever writes
`dropout=None` usually tests it.  `False` is fine for attention, which takes it for 0, a `Fraction` or `Decimal` for an
RNN, and a tensor of one number without dimensions for all.  Code under `pytest.raises` is meant to fail.

## Fix safety
`False` becomes `0.0`, which is safe: dropout treats them alike, and an RNN raised before.  The other cases have no fix.

## At run time
The layer cannot be built, or `p` of the built layer is no real number.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import DROPOUT, CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import (
    expects_error,
    torch_call,
    witness,
)
from dropout_lint.semantic.constants import Container, FoldedValue, Origin
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.triggers import calls

_IN_ATTENTION = (CalleeKind.ATTENTION, CalleeKind.RAW_ATTENTION)
_NO_FLOATS = {
    "fractions.Fraction": "a `Fraction`",
    "decimal.Decimal": "a `Decimal`",
    "numpy.array": "a numpy array",
    "numpy.asarray": "a numpy array",
    "torch.nn.Parameter": "a parameter",
    "torch.nn.parameter.Parameter": "a parameter",
}
"""What dropout and attention refuse when they run: they want what Python can take for a float."""


class ProbabilityWrongType(Rule):
    code = "DRP105"
    name = "probability-wrong-type"
    since = "0.1.0"
    message = "`{call}` gets {what} where its drop probability belongs"
    help = "pass a float from 0 to 1"
    severity = Severity.ERROR
    fixable = Applicability.SAFE
    triggers = calls.LAYERS | calls.FUNCTIONAL | calls.RECURRENT | calls.ATTENTION

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.rate is None or expects_error(self.source, node):
            return
        if call.callee.kind not in (*DROPOUT, *_IN_ATTENTION, CalleeKind.RECURRENT):
            return
        if call.callee.kind is CalleeKind.LAYER and self._is_forward_input(call.rate):
            what = f"the input `{self.source.segment(call.rate)}`"
            cure = "build the layer in `__init__` and call it here, or use `F.dropout(..., training=self.training)`"
            self.report(call.rate, call=call.spelling, what=what, help=cure)
            return
        built = None if call.callee.kind is CalleeKind.RECURRENT else self._no_float(call.rate)
        if built is not None:
            self.report(call.rate, call=call.spelling, what=built)
            return
        folded = self.constants.fold(call.rate)
        what_is_wrong = None if folded is None else _describe(folded, call.callee.kind)
        if folded is None or what_is_wrong is None or not self.constants.is_certain(folded):
            return
        if folded.origin is Origin.DEFAULT and not self._is_only_use(call.rate):
            return
        fix = None
        if folded.value is False and folded.node is call.rate:
            fix = self.fix("Write `0.0`", self.edits.replace(call.rate, "0.0"), Applicability.SAFE)
        place, notes = witness(self, call, folded)
        self.report(place, call=call.spelling, what=what_is_wrong, notes=notes, fix=fix)

    def _no_float(self, rate: ast.expr) -> str | None:
        """What ``rate`` builds, if that is a number of a kind that torch does not take."""
        bindings = self.names.bindings(rate) if isinstance(rate, ast.Name) else ()
        if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGNMENT and bindings[0].value is not None:
            rate = bindings[0].value
        if not isinstance(rate, ast.Call):
            return None
        dotted = self.names.resolve(rate.func) or ""
        if dotted == "torch.tensor" and rate.args and isinstance(rate.args[0], (ast.List, ast.Tuple)):
            return "a tensor with a dimension"
        return _NO_FLOATS.get(dotted)

    def _is_forward_input(self, rate: ast.expr) -> bool:
        """Whether ``rate`` is a parameter without default of the `forward` around it."""
        if not isinstance(rate, ast.Name):
            return False
        scope, bindings = self.names.lookup(rate.id, rate)
        return (
            isinstance(scope, ast.FunctionDef)
            and scope.name == "forward"
            and len(bindings) == 1
            and bindings[0].kind is BindingKind.PARAMETER
            and bindings[0].value is None
            and not rate.id.startswith(("p", "drop", "rate"))
        )

    def _is_only_use(self, rate: ast.expr) -> bool:
        """Whether the function mentions the parameter that ``rate`` names only here."""
        if not isinstance(rate, ast.Name):
            return False
        scope, _ = self.names.lookup(rate.id, rate)
        return sum(isinstance(node, ast.Name) and node.id == rate.id for node in ast.walk(scope)) == 1


def _describe(folded: FoldedValue, kind: CalleeKind) -> str | None:
    if folded.value is None:
        return "`None`"
    if isinstance(folded.value, bool):
        is_refused = kind is CalleeKind.RECURRENT or (folded.value is False and kind in DROPOUT)
        return f"`{folded.value}`" if is_refused else None
    if isinstance(folded.value, (str, bytes)):
        return f"the string {folded.value!r}"
    return "a container" if isinstance(folded.value, Container) else None
