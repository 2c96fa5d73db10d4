"""
# single-layer-rnn-dropout (DRP108)

## What it does
Finds `dropout=` on an `nn.RNN`, `nn.LSTM` or `nn.GRU` with one layer, also where a class of the project stands
between: `Encoder(num_layers=1, dropout=0.3)`, if all that its constructor does with the rate is to hand it to a
recurrent layer.

## Why is this bad?
The dropout of a recurrent layer sits between stacked layers; with one layer there is no between.  Torch warns once
and drops nothing, so the rate that is configured, logged and tuned has no effect.

## Example
```python
from torch import nn

rnn = nn.LSTM(64, 64, dropout=0.3)
```

## Use instead
```python
from torch import nn

rnn = nn.LSTM(64, 64)
drop = nn.Dropout(0.3)  # applied to the output of the LSTM
```

## When it stays silent
When the number of layers is not certain (a parameter, a configuration), when the rate is certainly 0, and when
arguments are passed by `*args` or `**kwargs`.  A wrapper is looked into if its name says that it is recurrent
(`LSTM`, `GRU`, `RNN`); it is silent if the rate is used in any other way (a dropout layer of its own, a test).  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix removes the argument.  It is safe: the model computes what it did before, without the warning.

## At run time
Torch warns: "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers
greater than 1".

## References
- `torch.nn.LSTM`: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
"""

import ast
import re

from dropout_lint.finding import Applicability, Note
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.trivial_calls import passes_no_rate
from dropout_lint.pytorch.dropout_calls import TorchCall, torch_call
from dropout_lint.pytorch.recurrent_wrappers import ineffective_rate
from dropout_lint.semantic.constants import Origin
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.triggers import calls

_WRAPPER = re.compile(r"LSTM|GRU|RNN")


_WRAPPED = re.compile(r"\b\w*(?:LSTM|GRU|RNN)\w*(?=\()")


def _passes_rate(line: str, text: str, end: int) -> bool:
    """Whether the file speaks of dropout, and the call may: most that build something recurrent do not."""
    return "drop" in text and not passes_no_rate(_WRAPPED, 0, line, text, end)


class SingleLayerRnnDropout(Rule):
    code = "DRP108"
    name = "single-layer-rnn-dropout"
    since = "0.1.0"
    message = "`dropout` of `{call}` has no effect with one layer: it sits between layers"
    help = "remove it and apply `nn.Dropout` to the output, or stack more layers"
    fixable = Applicability.SAFE
    triggers = calls.RECURRENT | calls.WRAPPED_RECURRENT

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None:
            self._judge_wrapper(node)
            return
        if call.callee.kind is not CalleeKind.RECURRENT or call.rate is None:
            return
        if not self._has_one_layer(call):
            return
        folded = self.constants.fold(call.rate)
        if folded is not None and folded.origin is not Origin.DEFAULT and not folded.value:
            return
        fix = None
        keyword = next((keyword for keyword in node.keywords if keyword.value is call.rate), None)
        if keyword is not None:
            edits = self.edits.remove_argument(node, call.rate)
            fix = self.fix("Remove `dropout`", edits, Applicability.SAFE)
        self.report(call.rate if keyword is None else keyword, call=call.spelling, fix=fix)

    def _judge_wrapper(self, node: ast.Call) -> None:
        """A class of the project that hands the number of layers and the rate on."""
        if not _WRAPPER.search(last_name(node.func) or "") or self.is_test:
            return
        found = ineffective_rate(self.source, node)
        if found is None:
            return
        layer = found.layer
        message = "`{parameter}` of `{wrapper}` has no effect with one layer: it only reaches `{call}`"
        place = Note(f"`{layer.spelling}` is built here", layer.source.filename, layer.source.span(layer.node))
        if layer.source is self.source:
            place = self.note(place.message, layer.node)
        wrapper = self.source.segment(node.func)
        self.report(
            node, message=message, notes=[place], parameter=found.parameter, wrapper=wrapper, call=layer.spelling
        )

    def _has_one_layer(self, call: TorchCall) -> bool:
        layers = call.arguments.get("num_layers")
        if layers is None:
            return call.arguments.omits("num_layers")
        folded = self.constants.fold(layers)
        return folded is not None and folded.origin is not Origin.DEFAULT and folded.is_number and folded.value == 1
