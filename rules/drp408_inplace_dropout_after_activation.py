"""
# inplace-dropout-after-activation (DRP408)

## What it does
Finds dropout with `inplace=True` right after an activation that needs its own output for the backward pass: ReLU,
sigmoid, tanh, softmax, and ELU, SELU, CELU and leaky ReLU if they work in place themselves.

## Why is this bad?
The dropout overwrites what the activation has saved.  Torch notices in the backward pass and raises "one of the
variables needed for gradient computation has been modified by an inplace operation", far from this line and only in
training.

## Example
```python
from torch import nn

head = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.5, inplace=True), nn.Linear(8, 2))
```

## Use instead
```python
from torch import nn

head = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))
```

## When it stays silent
Unless both stand next to each other in an `nn.Sequential`, or one is called on the other's result
(`self.drop(torch.relu(x))`).  After activations that save their input, such as GELU, SiLU and hardtanh, in-place
dropout is fine.  Where the rate is certainly 0, and where `inplace` is not certainly true.  The rule is off by
default, because whoever trains the model sees the error at once; it helps with code that is only loaded for
inference, and in reviews.

## Fix safety
The fix writes `inplace=False`.  It is safe: training raised before, and evaluation stays as it is.

## At run time
`backward()` raises.

## References
- in-place operations and autograd: https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-correctness-checks
"""

import ast

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import expects_error, never_drops, torch_call
from dropout_lint.pytorch.layer_sequences import Layer, inplace, neighbours
from dropout_lint.triggers import calls

_SAVE_OUTPUT = frozenset(["ReLU", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softmin"])
_SAVE_OUTPUT_IN_PLACE = frozenset(["LeakyReLU", "ELU", "SELU", "CELU", "RReLU"])
"""Executed on torch 2.13, with and without ``inplace=True`` of the activation."""


class InplaceDropoutAfterActivation(Rule):
    code = "DRP408"
    name = "inplace-dropout-after-activation"
    since = "0.1.0"
    message = "`{dropout}` overwrites the output that `{layer}` needs for its gradient: `backward()` raises"
    help = "pass `inplace=False`"
    severity = Severity.ERROR
    on = False
    fixable = Applicability.SAFE
    triggers = calls.CHAINS

    def visit_Call(self, node: ast.Call) -> None:
        for before, dropout in neighbours(self.source, node):
            if not dropout.is_dropout or "Alpha" in dropout.name or not inplace(self.source, dropout):
                continue  # alpha dropout ignores `inplace`
            is_saved = before.name in _SAVE_OUTPUT or (
                before.name in _SAVE_OUTPUT_IN_PLACE and inplace(self.source, before) is True
            )
            if is_saved and not never_drops(self.source, dropout.place) and not expects_error(self.source, node):
                note = self.note("its output is saved here", before.place)
                self.report(
                    dropout.place, dropout=dropout.name, layer=before.name, notes=[note], fix=self._fix(dropout)
                )

    def _fix(self, dropout: Layer) -> Fix | None:
        call = torch_call(self.source, dropout.place)
        value = None if call is None else call.arguments.get("inplace")
        edits = None if value is None else self.edits.replace(value, "False")
        return self.fix("Write `inplace=False`", edits, Applicability.SAFE)
