"""
# dropout-on-outputs (DRP902)

## What it does
Finds dropout directly behind the linear layer that makes the scores of the classes.

## Why is this bad?
In training, the score of a class is set to zero at random, the score of the right class too, and the loss is told
that this was the prediction.  There is no next layer that could learn to do without the missing value, which is
what dropout is for; the gradients only get noise.

## Example
```python
from torch import nn


class Classifier(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.head = nn.Sequential(nn.Linear(8, num_classes), nn.Dropout(0.5))
```

## Use instead
```python
from torch import nn


class Classifier(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(8, num_classes))
```

## When it stays silent
Unless the linear layer says by the name of its size that it makes scores (`num_classes`, `n_labels`, `vocab_size`),
and the dropout is the last layer of its `nn.Sequential`, or what a method returns (`return self.drop(self.fc(x))`).
Where the rate is certainly 0, and in [test files](../docs/command-line.md#test-files).  The rule is off by default,
and its evidence is a name, so the confidence is medium.

## Fix safety
There is no fix: the dropout may belong before the layer, or nowhere.

## At run time
Scores that are exactly zero while the model trains.

## References
- Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 2014:
  https://jmlr.org/papers/v15/srivastava14a.html
"""

import ast
import re

from dropout_lint.finding import Confidence
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import never_drops
from dropout_lint.pytorch.layer_sequences import Layer, neighbours
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.triggers import calls

_SCORES = re.compile(
    r"^(?:num|n|nb)_?(?:class(?:es)?|labels?|categories|tasks|tags)$|^(?:nclass|vocab_?size|n_?vocab)$"
)


class DropoutOnOutputs(Rule):
    code = "DRP902"
    name = "dropout-on-outputs"
    since = "0.1.0"
    message = "`{dropout}` drops the scores of `{size}`: in training the right class gets 0 at random"
    help = "put the dropout before the layer"
    on = False
    triggers = calls.CHAINS

    def visit_Call(self, node: ast.Call) -> None:
        for before, dropout in neighbours(self.source, node):
            if not dropout.is_dropout or before.name != "Linear" or self.is_test:
                continue
            size = self._size(before)
            if size is None or not self._is_last(node, dropout) or never_drops(self.source, dropout.place):
                continue
            self.report(dropout.place, dropout=dropout.name, layer=before.name, size=size, confidence=Confidence.MEDIUM)

    def _size(self, linear: Layer) -> str | None:
        """The name of the size of the output of ``linear``, if it speaks of classes."""
        sizes = [keyword.value for keyword in linear.place.keywords if keyword.arg == "out_features"]
        sizes += linear.place.args[1:2]
        name = last_name(sizes[0]) if sizes else None
        return name if name is not None and _SCORES.match(name) else None

    def _is_last(self, node: ast.Call, dropout: Layer) -> bool:
        """Whether nothing comes after ``dropout``: it ends the `Sequential` ``node``, or is what a method returns."""
        if dropout.place in node.args:
            return node.args[-1] is dropout.place
        return isinstance(self.source.parent(node), ast.Return)
