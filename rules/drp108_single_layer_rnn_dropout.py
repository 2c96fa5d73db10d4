"""
# single-layer-rnn-dropout (DRP108)

## What it does
Finds `dropout=` on an `nn.RNN`, `nn.LSTM` or `nn.GRU` with one layer.

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
arguments are passed by `*args` or `**kwargs`.

## Fix safety
The fix removes the argument.  It is safe: the model computes what it did before, without the warning.

## At run time
Torch warns: "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers
greater than 1".

## References
- `torch.nn.LSTM`: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
"""

import ast

from dropout_lint.finding import Applicability
from dropout_lint.rule import Rule
from dropout_lint.torch_calls import RECURRENT, TorchCall, torch_call
from dropout_lint.torch_names import Kind
from dropout_lint.values import Origin


class SingleLayerRnnDropout(Rule):
    code = "DRP108"
    name = "single-layer-rnn-dropout"
    since = "0.1.0"
    message = "`dropout` of `{call}` has no effect with one layer: it sits between layers"
    help = "remove it and apply `nn.Dropout` to the output, or stack more layers"
    fixable = Applicability.SAFE
    triggers = RECURRENT

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not Kind.RECURRENT or call.rate is None:
            return
        if not self._has_one_layer(call):
            return
        folded = self.source.values.fold(call.rate)
        if folded is not None and folded.origin is not Origin.DEFAULT and not folded.value:
            return
        fix = None
        keyword = next((keyword for keyword in node.keywords if keyword.value is call.rate), None)
        if keyword is not None:
            edits = self.edits.remove_argument(node, call.rate)
            fix = self.fix("Remove `dropout`", edits, Applicability.SAFE)
        self.report(call.rate if keyword is None else keyword, call=call.spelling, fix=fix)

    def _has_one_layer(self, call: TorchCall) -> bool:
        layers = call.arguments.get("num_layers")
        if layers is None:
            return call.arguments.omits("num_layers")
        folded = self.source.values.fold(layers)
        return folded is not None and folded.origin is not Origin.DEFAULT and folded.is_number and folded.value == 1
