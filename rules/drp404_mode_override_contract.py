"""
# mode-override-contract (DRP404)

## What it does
Finds overrides of `train` and `eval` in an `nn.Module` that break what torch and its users rely on: `train` that
does not return `self`, takes no `mode`, or does not reach the children, and `eval` that is overridden alone.

## Why is this bad?
- `model.eval()` is `return self.train(False)`: a `train` that returns nothing makes `net = Net().eval()` None.
- A `train` without `mode` makes `eval()` raise `TypeError`, from any parent too.
- A `train` that neither calls `super().train(mode)` nor walks over the children leaves them in their mode: dropout
  stays on.
- A parent's `eval()` calls `train(False)` on its children, and never their `eval()`: what an `eval` override does
  is skipped.

## Example
```python
from torch import nn


class Backbone(nn.Module):
    def train(self, mode=True):
        super().train(mode)
        self.freeze()
```

## Use instead
```python
from torch import nn


class Backbone(nn.Module):
    def train(self, mode=True):
        super().train(mode)
        self.freeze()
        return self
```

## When it stays silent
In classes that are not certainly `nn.Module`; for overrides that do the recursion by hand; for stubs that raise; for an
`eval` override that only calls `super().eval()` or stands beside an override of `train` that looks at the mode; for
`train()` without a mode beside an `eval()` of its own; under decorators that are not known to leave a method as it is
(`torch.jit.ignore`, `torch.no_grad()` and their like are); in [test files](../docs/command-line.md#test-files).  A
training loop called `train` is [mode-method-shadowed](DRP405).

## Fix safety
The fix adds `return self` at the end.  It is safe: the method returned nothing before.

## At run time
`train()` or `eval()` returns something else than the module, or a child's flag differs from its parent's.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

import ast

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.mode_overrides import is_loop, is_stub, own_nodes, reaches_children, takes_mode
from dropout_lint.syntax.node_tests import Function
from dropout_lint.triggers import classes

_TRANSPARENT = frozenset(
    ["typing.override", "typing_extensions.override", "typing.no_type_check"]
    + [f"torch.jit.{name}" for name in ("ignore", "unused", "export")]
    + [f"torch.{name}" for name in ("no_grad", "enable_grad", "inference_mode", "compiler.disable", "_dynamo.disable")]
)
"""Decorators that leave a method's arguments, effects on modules and result as they are."""


class ModeOverrideContract(Rule):
    code = "DRP404"
    name = "mode-override-contract"
    since = "0.1.0"
    message = "{what}"
    help = "{cure}"
    severity = Severity.ERROR
    fixable = Applicability.SAFE
    triggers = classes.OVERRIDES

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        parent = self.source.parent(node)
        if node.name not in ("train", "eval") or not isinstance(parent, ast.ClassDef) or is_stub(node):
            return
        facts = self.classes.facts(parent)
        if not facts.is_module or is_loop(node) or self.is_test:
            return
        if not all(map(self._leaves_as_is, node.decorator_list)):
            return
        if node.name == "eval":
            if self._does_more(node) and not self._is_a_pair(facts.methods.get("train")):
                self._tell(
                    node,
                    f"`{parent.name}.eval` is not what a parent's `eval()` calls: that is the child's `train(False)`",
                    "override `train(self, mode=True)` instead",
                )
        elif not takes_mode(node):
            if "eval" in facts.methods:
                return  # a pair of switches, neither of which torch calls on the module itself
            self._tell(
                node,
                f"`{parent.name}.train` takes no `mode`, so `eval()` raises TypeError",
                "write `def train(self, mode=True)`, and pass `mode` on",
            )
        elif not any(isinstance(part, ast.Return) and part.value is not None for part in own_nodes(node)):
            message = f"`{parent.name}.train` returns None, and so does `eval()`: `net = Net().eval()` is lost"
            self._tell(node, message, "end it with `return self`", self._return_self(node))
        elif not reaches_children(node):
            self._tell(
                node,
                f"`{parent.name}.train` does not reach the children: they stay in their mode",
                "call `super().train(mode)` first",
            )

    def _leaves_as_is(self, decorator: ast.expr) -> bool:
        """Whether ``decorator`` is known to call the method as it is and to return what it returns."""
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        return self.names.resolve(name) in _TRANSPARENT

    def _tell(self, node: Function, what: str, cure: str, fix: Fix | None = None) -> None:
        self.report(self._name_of(node), what=what, cure=cure, fix=fix)

    def _name_of(self, node: Function) -> ast.stmt:
        """A place that spans the line of the ``def`` alone, not the whole method."""
        head = ast.Pass(lineno=node.lineno, col_offset=node.col_offset)
        head.end_lineno, head.end_col_offset = node.lineno, node.col_offset + len(f"def {node.name}")
        return head

    def _return_self(self, node: Function) -> Fix | None:
        edits = self.edits.statement_after(node.body[-1], "return self")
        return self.fix("Add `return self`", edits, Applicability.SAFE)

    @staticmethod
    def _is_a_pair(train: Function | None) -> bool:
        """Whether the class overrides ``train`` too, and does something there that depends on the mode: what ``eval``
        does may be done there as well.  To pass the mode to the base is nothing of its own; to a part, it is.
        """
        if train is None or not takes_mode(train):
            return train is not None
        parameters = [*train.args.posonlyargs, *train.args.args]
        if len(parameters) < 2:
            return True
        passed = {
            argument
            for part in ast.walk(train)
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "train"
            if "super()" in ast.unparse(part.func) or (part.args and ast.unparse(part.args[0]) == "self")
            for argument in (*part.args, *(keyword.value for keyword in part.keywords))
        }
        return any(
            isinstance(part, ast.Name) and part.id == parameters[1].arg and part not in passed
            for part in ast.walk(train)
        )

    @staticmethod
    def _does_more(node: Function) -> bool:
        """Whether the override does anything beside calling the base's."""
        rest = [
            statement
            for statement in node.body
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            and not (isinstance(statement, ast.Return) and "eval" in ast.unparse(statement))
            and not (isinstance(statement, ast.Return) and ast.unparse(statement) in ("return self", "return"))
            and not ("super()" in ast.unparse(statement) and "eval" in ast.unparse(statement))
            and not (isinstance(statement, (ast.Expr, ast.Return)) and "self.train(False)" in ast.unparse(statement))
        ]
        return bool(rest)
