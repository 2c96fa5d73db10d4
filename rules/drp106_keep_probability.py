"""
# keep-probability (DRP106)

## What it does
Finds a value that is named like the probability to *keep* an element, passed where torch wants the probability to
*drop* it.

## Why is this bad?
TensorFlow 1 asked for `keep_prob`.  A port that hands it on unchanged drops 90 percent where 10 were meant; the
model still trains, badly, and nothing raises.

## Example
```python
from torch import nn


class Block(nn.Module):
    def __init__(self, keep_prob):
        super().__init__()
        self.drop = nn.Dropout(keep_prob)
```

## Use instead
```python
from torch import nn


class Block(nn.Module):
    def __init__(self, keep_prob):
        super().__init__()
        self.drop = nn.Dropout(1 - keep_prob)
```

## When it stays silent
When the value is computed (`1 - keep_prob`), and when a local of that name is assigned in the function: it may have
been converted.

## Fix safety
There is no fix.  The name may be wrong instead of the value, and the callers decide what is passed.

## At run time
Nothing can be seen: the value is a valid probability.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast
import re

from dropout_lint.finding import Confidence, Severity
from dropout_lint.knowledge.torch_api import DROPOUT
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.triggers import calls

_KEEP = re.compile(
    r"(?:^|_)p?(?:keep|retain)(?:ing)?_?(?:rate|ratio|p|prob|probs|probability)$|^p_?keep$", re.IGNORECASE
)


class KeepProbability(Rule):
    code = "DRP106"
    name = "keep-probability"
    since = "0.1.0"
    message = "`{value}` names a probability to keep, but `{call}` takes the probability to drop"
    help = "pass `1 - {value}`, or name the value for what it is"
    severity = Severity.ERROR
    triggers = calls.LAYERS | calls.FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind not in DROPOUT or call.rate is None:
            return
        name = last_name(call.rate)
        if name is None or not _KEEP.search(name) or self._may_be_converted(call.rate):
            return
        value = self.source.segment(call.rate)
        self.report(call.rate, call=call.spelling, value=value, confidence=Confidence.MEDIUM)

    def _may_be_converted(self, rate: ast.expr) -> bool:
        """A name that the function assigns may hold one minus what it held before; an attribute may be so assigned."""
        if isinstance(rate, ast.Name):
            bindings = self.names.bindings(rate)
            return any(binding.kind not in (BindingKind.PARAMETER, BindingKind.IMPORT) for binding in bindings)
        attribute = last_name(rate)
        return re.search(rf"\b{attribute}\s*(?::[^=\n]+)?=\s*\(?\s*1(?:\.0*)?\s*-", self.source.text) is not None
