"""
# frozen-training-flag (DRP213)

## What it does
Finds dropout that follows the mode its module had when it was built: `self.active = self.training` in `__init__`, and
`functools.partial(F.dropout, p=0.5, training=self.training)` there.

## Why is this bad?
`__init__` runs once, in train mode.  `self.training` is read there and then, and what it was is kept: `eval()` does
not change the copy, so the dropout stays on for ever (with `not self.training`, off for ever).

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.active = self.training

    def forward(self, x):
        return F.dropout(x, 0.5, training=self.active)
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
Where the copy is also set outside of `__init__`, by the class or by other code of the file; where the class sets
`self.training` itself ([training-flag-assigned](DRP305)); where no functional dropout or attention of torch is seen to
use the copy, as flag, as rate, or as the condition that it stands under; in a lambda or function that `__init__`
defines, which reads the flag when it runs.  Layers such as `nn.Dropout` follow the mode by themselves, whatever
`__init__` reads.

## Fix safety
There is no fix: the uses have to change with it.

## At run time
The monitor sees dropout while the module is in eval mode, or none while it is in train mode.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

import ast

from dropout_lint.finding import Severity
from dropout_lint.knowledge.torch_api import Callee, CalleeKind, callee
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.syntax.node_tests import attribute_of_self, is_self
from dropout_lint.syntax.scopes import scope_of
from dropout_lint.triggers import modes

_KINDS = (CalleeKind.FUNCTION, CalleeKind.OPERATOR, CalleeKind.RAW_ATTENTION)
_KEEPS_THE_FLAG = (ast.UnaryOp, ast.BoolOp, ast.BinOp, ast.IfExp, ast.keyword)
"""What a value may be made of, above the flag, and still be no more than the flag or a rate that it chose."""


class FrozenTrainingFlag(Rule):
    code = "DRP213"
    name = "frozen-training-flag"
    since = "0.1.0"
    message = "`self.training` is read when the module is built: `train()` and `eval()` never reach this dropout"
    help = "read `self.training` in `forward`, where the dropout runs"
    severity = Severity.ERROR
    triggers = modes.FLAG_IN_INIT

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr != "training" or not is_self(node.value) or not isinstance(node.ctx, ast.Load):
            return
        around = self.classes.around(node)
        if around is None or around[1].name != "__init__" or scope_of(self.source, node) is not around[1]:
            return
        facts = around[0]
        if not facts.is_module or facts.stores("training"):
            return
        child: ast.AST = node
        above = self.source.parent(node)
        while isinstance(above, _KEEPS_THE_FLAG):
            child, above = above, self.source.parent(above)
        if isinstance(above, ast.Call):
            if self._prepares_dropout(above, child):
                self.report(node)
        elif isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is child:
            targets = above.targets if isinstance(above, ast.Assign) else [above.target]
            kept = attribute_of_self(targets[0])
            use = None if kept is None or len(targets) > 1 else self._use(facts, kept)
            if use is not None:
                self.report(node, notes=[self.note(f"the copy, `self.{kept}`, is used here", use)])

    def _prepares_dropout(self, call: ast.Call, argument: ast.AST) -> bool:
        """Whether ``call`` is a `functools.partial` that gives ``argument`` to a dropout as its flag or rate."""
        if self.names.resolve(call.func) != "functools.partial" or not call.args:
            return False
        known = callee(self.names.resolve(call.args[0]))
        return known is not None and known.kind in _KINDS and getattr(argument, "arg", None) in _switches(known)

    def _use(self, facts: ClassModel, kept: str) -> ast.expr | None:
        """A dropout that follows ``self.<kept>``, which nothing but ``__init__`` sets; None if there is none."""
        if facts.method(kept) is not None or self._is_set_later(facts, kept):
            return None
        for name, method in facts.methods.items():
            for part in ast.walk(method) if name != "__init__" else ():
                call = torch_call(self.source, part) if isinstance(part, ast.Call) else None
                if call is None or call.callee.kind not in _KINDS:
                    continue
                given = [call.arguments.get(switch) for switch in _switches(call.callee)]
                if any(_reads(value, kept) for value in given if value is not None):
                    return call.node
                flag = call.arguments.get("training") or call.arguments.get("train")
                if flag is None and not call.arguments.open and "alpha" not in call.callee.name:
                    if self._stands_under(call.node, kept):
                        return call.node
        return None

    def _is_set_later(self, facts: ClassModel, kept: str) -> bool:
        """Whether anything of the file sets ``kept`` outside of ``__init__``, or by its name."""
        for part in ast.walk(self.source.tree):
            if isinstance(part, ast.Attribute) and part.attr == kept and not isinstance(part.ctx, ast.Load):
                around = self.classes.around(part)
                if around is None or around[1].name != "__init__" or not is_self(part.value):
                    return True
            if isinstance(part, ast.Constant) and part.value == kept:
                return True
        return any(store.method != "__init__" for _, store in facts.stores(kept))

    def _stands_under(self, node: ast.expr, kept: str) -> bool:
        """Whether a condition around ``node`` asks for ``self.<kept>`` and for nothing else that may be the mode."""
        child: ast.AST = node
        for above in self.source.ancestors(node):
            if isinstance(above, (ast.If, ast.IfExp)) and child is not above.test and _reads(above.test, kept):
                return attribute_of_self(above.test) == kept
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return False
            child = above
        return False


def _switches(known: Callee) -> tuple[str, ...]:
    """The parameters of ``known`` that may switch it off."""
    return (known.rate, "train" if known.kind is CalleeKind.OPERATOR else "training")


def _reads(expression: ast.expr, kept: str) -> bool:
    return any(attribute_of_self(part) == kept for part in ast.walk(expression))
