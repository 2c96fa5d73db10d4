"""
# probability-overwritten (DRP211)

## What it does
Finds a drop probability that `forward` sets to zero in eval mode and never sets back: `if not self.training:
self.dropout = 0`, `self.dropout = self.dropout if self.training else 0`.

## Why is this bad?
The attribute outlives the call.  After the first evaluation dropout is off for good, and the rest of the training
runs without it.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.dropout = 0.1

    def forward(self, q, k, v):
        if not self.training:
            self.dropout = 0.0
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout)
```

## Use instead
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.dropout = 0.1

    def forward(self, q, k, v):
        rate = self.dropout if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, dropout_p=rate)
```

## When it stays silent
Where another statement of the same method sets the attribute too, and so may set it back; outside of classes that
are certainly `nn.Module`; in methods that `forward` does not reach.

## Fix safety
There is no fix: the uses of the attribute have to change with it.

## At run time
The rate differs before and after a round trip through eval mode.

## References
- `torch.nn.functional.scaled_dot_product_attention`:
  https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
"""

import ast

from dropout_lint.finding import Severity
from dropout_lint.knowledge.vocabulary import names_rate
from dropout_lint.lint.rule import Rule
from dropout_lint.semantic.single_mode import mode_at, mode_where
from dropout_lint.syntax.node_tests import is_zero
from dropout_lint.triggers import modes


class ProbabilityOverwritten(Rule):
    code = "DRP211"
    name = "probability-overwritten"
    since = "0.1.0"
    message = "`{attribute}` stays 0 after the first evaluation: the training that follows has no dropout"
    help = "compute the rate anew on each call: `{attribute} if self.training else 0.0`"
    severity = Severity.ERROR
    triggers = modes.RATE_OVERWRITTEN

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Attribute):
            return
        if not (is_zero(node.value) or isinstance(node.value, ast.IfExp)):
            return
        attribute = self.source.segment(target)
        if not attribute.startswith("self.") or not names_rate(attribute.removeprefix("self.").partition(".")[0]):
            return
        around = self.classes.around(node)
        if around is None or not around[0].is_module or around[1].name not in around[0].reached:
            return
        stores = [
            part
            for part in ast.walk(around[1])
            if isinstance(part, ast.Attribute)
            and isinstance(part.ctx, ast.Store)
            and ast.unparse(part) == ast.unparse(target)
        ]
        if len(stores) == 1 and self._is_lost_in_evaluation(node):
            self.report(node, attribute=attribute)

    def _is_lost_in_evaluation(self, node: ast.Assign) -> bool:
        """Whether ``node`` certainly writes a zero in evaluation, and in training nothing or what is there already."""
        value = node.value
        if not isinstance(value, ast.IfExp):
            return mode_at(self.source, node) is False
        by_mode = {
            mode_where(self.source, value.test, True): value.body,
            mode_where(self.source, value.test, False): value.orelse,
        }
        in_training, in_evaluation = by_mode.get(True), by_mode.get(False)
        return (
            in_training is not None
            and is_zero(in_evaluation)
            and ast.unparse(in_training) == ast.unparse(node.targets[0])
        )
