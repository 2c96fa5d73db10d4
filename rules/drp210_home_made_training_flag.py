"""
# home-made-training-flag (DRP210)

## What it does
Finds dropout whose `training` argument is an attribute that only `__init__` sets: `F.dropout(x, p,
training=self.is_training)`.

## Why is this bad?
`train()` and `eval()` set `self.training` and nothing else.  A flag that is copied from a configuration when the
model is built stays as it is: dropout is then always off, or always on.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self, is_training):
        super().__init__()
        self.is_training = is_training

    def forward(self, x):
        return F.dropout(x, 0.5, training=self.is_training)
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
Outside of classes that are certainly `nn.Module`; where the attribute is a property or is also set elsewhere in the
file; where its name says that dropout at inference is an option (`always_dropout`, `mc_dropout`); where it is a copy
of `self.training` ([frozen-training-flag](DRP213)).

## Fix safety
There is no fix: the flag may have other users.

## At run time
The monitor sees dropout while the module is in eval mode, or none while it is in train mode.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

import ast

from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.knowledge.vocabulary import words_of
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.syntax.node_tests import is_self
from dropout_lint.triggers import calls

_OPTION = frozenset(
    [
        "always",
        "mc",
        "monte",
        "carlo",
        "inference",
        "infer",
        "eval",
        "test",
        "bayes",
        "bayesian",
        "enable",
        "use",
        "apply",
    ]
)


class HomeMadeTrainingFlag(Rule):
    code = "DRP210"
    name = "home-made-training-flag"
    since = "0.1.0"
    message = "`{flag}` is set when the model is built: `train()` and `eval()` never reach this dropout"
    help = "pass `training=self.training`"
    on = False
    triggers = calls.FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.FUNCTION:
            return
        flag = call.arguments.get("training")
        if not (isinstance(flag, ast.Attribute) and is_self(flag.value)):
            return
        around = self.classes.around(node)
        if flag.attr == "training" or around is None or not _OPTION.isdisjoint(words_of(flag.attr)):
            return
        facts, _ = around
        stores = facts.stores(flag.attr)
        is_fixed = bool(stores) and all(store.method in (None, "__init__") for _, store in stores)
        if any(store.value is not None and "self.training" in ast.unparse(store.value) for _, store in stores):
            return  # DRP213 tells that
        if facts.is_module and is_fixed and facts.method(flag.attr) is None and not self._is_set_outside(flag.attr):
            self.report(flag, flag=self.source.segment(flag))

    def _is_set_outside(self, attribute: str) -> bool:
        """Whether code of this file sets the attribute on another object: ``model.is_training = False``."""
        return any(
            isinstance(node, ast.Attribute)
            and node.attr == attribute
            and isinstance(node.ctx, ast.Store)
            and not is_self(node.value)
            for node in ast.walk(self.source.tree)
        )
