"""
# inverted-training-gate (DRP212)

## What it does
Finds functional dropout and attention dropout whose gate is the wrong way round: `training=not self.training`,
`dropout_p=self.p if not self.training else 0.0`, and a call that runs only where `self.training` is false.

## Why is this bad?
The model trains without its dropout and drops at inference: its predictions are random, and nothing regularised it.
The code asks for the mode, so it looks right at a glance.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=not self.training)
```

## Use instead
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=self.training)
```

## When it stays silent
Unless the condition certainly says `not self.training`, directly, in an `and`, or through a local name that is bound
once; for other flags, whose meaning nobody can tell.  Where the rate that holds in training may be other than 0, or
that of evaluation is 0.  Outside of classes that are certainly `nn.Module`, in `__init__`
([frozen-training-flag](DRP213)), where names or comments nearby say that dropout is meant to stay on (test-time
augmentation, Monte Carlo dropout), and in [test files](../docs/command-line.md#test-files).

## Fix safety
The fix takes the `not` away.  It is unsafe, because results of the model change in both modes.

## At run time
The monitor sees the dropout drop while the module that called it is in eval mode.

## References
- `torch.nn.functional.dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
"""

import ast

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import TorchCall, torch_call
from dropout_lint.pytorch.inference_sites import is_intended, rate_is_own
from dropout_lint.semantic.single_mode import mode_at, mode_where, runs_in_evaluation_only
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.triggers import calls

_KINDS = (CalleeKind.FUNCTION, CalleeKind.OPERATOR, CalleeKind.RAW_ATTENTION)


class InvertedTrainingGate(Rule):
    code = "DRP212"
    name = "inverted-training-gate"
    since = "0.1.0"
    message = "`{call}` drops in eval mode and not in train mode: {why}"
    help = "turn the condition round"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.FUNCTIONAL | calls.RAW_ATTENTION

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind not in _KINDS or self.is_test:
            return
        around = self.classes.around(node)
        if around is None or not around[0].is_module or around[1].name == "__init__":
            return
        facts, method = around
        gate = self._gate(call)
        if gate is None and not (
            self._follows_no_flag(call)
            and method.name in facts.reached
            and runs_in_evaluation_only(self.source, node)
            and rate_is_own(self.source, call, facts, method)
        ):
            return
        if is_intended(self.source, node, facts, method):
            return
        if gate is None:
            why = "it runs only where `self.training` is false"
            self.report(node, call=call.spelling, why=why, help="drop where `self.training` is true")
        else:
            why = f"`{self.source.segment(gate)}` is the wrong way round"
            self.report(gate, call=call.spelling, why=why, fix=self._fix(gate))

    def _gate(self, call: TorchCall) -> ast.expr | None:
        """The flag or the rate of ``call``, if it switches the dropout on in evaluation and off in training."""
        flag = call.arguments.get("train" if call.callee.kind is CalleeKind.OPERATOR else "training")
        if flag is not None:
            return flag if mode_where(self.source, flag, True) is False else None
        if call.rate is None or not self._follows_no_flag(call):
            return None
        by_mode: dict[bool | None, list[ast.expr]] = {True: [], False: [], None: []}
        for value, mode in self._values(call.rate, None):
            by_mode[mode].append(value)
        is_inverted = (
            not by_mode[None]
            and bool(by_mode[True])
            and all(map(self.constants.is_nothing, by_mode[True]))
            and not all(map(self.constants.is_nothing, by_mode[False]))
        )
        return call.rate if is_inverted else None

    @staticmethod
    def _follows_no_flag(call: TorchCall) -> bool:
        """Whether ``call`` drops whenever its rate is not zero."""
        if call.callee.kind is CalleeKind.RAW_ATTENTION:
            return not call.arguments.open
        return (
            call.callee.kind is CalleeKind.FUNCTION
            and "alpha" not in call.callee.name
            and call.arguments.omits("training")
        )

    def _values(self, rate: ast.expr, mode: bool | None) -> list[tuple[ast.expr, bool | None]]:
        """What ``rate`` may be, each value with the mode in which it is."""
        if isinstance(rate, ast.IfExp):
            sides = [(rate.body, mode_where(self.source, rate.test, True))]
            sides.append((rate.orelse, mode_where(self.source, rate.test, False)))
            return [found for side, known in sides for found in self._values(side, mode if known is None else known)]
        bindings = self.names.bindings(rate) if isinstance(rate, ast.Name) else ()
        if mode is not None or not 1 <= len(bindings) <= 2:
            return [(rate, mode)]
        values = [binding.value for binding in bindings if binding.kind is BindingKind.ASSIGNMENT]
        modes = [mode_at(self.source, binding.node) for binding in bindings]
        if len(modes) == 2 and modes[0] is None and modes[1] is not None:
            modes[0] = not modes[1]  # `p = 0.0`, and after that `if not self.training: p = self.p`
        if len(values) != len(bindings):
            return [(rate, None)]
        if len(bindings) == 1:  # only a choice says more than the name
            (value,) = values
            return self._values(value, None) if isinstance(value, ast.IfExp) else [(rate, None)]
        return [(value, known) for value, known in zip(values, modes) if value is not None]

    def _fix(self, gate: ast.expr) -> Fix | None:
        """Take away the ``not`` of the condition, where it is written at the call."""
        test = gate.test if isinstance(gate, ast.IfExp) else gate
        if not (isinstance(test, ast.UnaryOp) and ast.unparse(test) == "not self.training"):
            return None
        edits = self.edits.replace(test, "self.training")
        return self.fix("Write `self.training`", edits, Applicability.UNSAFE)
