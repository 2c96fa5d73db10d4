"""
# mode-not-called (DRP302)

## What it does
Finds `model.eval` and `model.train` where they are not called: as a statement of their own, without parentheses; with
a value that is assigned to them (`model.eval = True`); and `with model.eval():`.

## Why is this bad?
The statement looks the method up and throws it away.  The model stays in the mode it was in: dropout stays on in an
evaluation, or off in training.  An assignment puts the value in the place of the method, so that the next call of it
raises.  A module is no context manager: `with model.eval():` raises, and does not put the mode back.

## Example
```python
import torch


def evaluate(model: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
    model.eval
    with torch.no_grad():
        return model(batch)
```

## Use instead
```python
import torch


def evaluate(model: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
    model.eval()
    with torch.no_grad():
        return model(batch)
```

## When it stays silent
In a `try` that waits for `AttributeError` (a probe for the method), under `pytest.raises`, on an imported module
(`tf.train`), and where the value is used (`was = model.eval`).  Assignments and `with` on what is not known to be a
module; what is assigned is a function, or not a plain value; a class that defines `__enter__`.

## Fix safety
The fix adds `()`.  It is unsafe, because the program then does what it only said before.

## At run time
The mode report shows the layers in the mode that they were in before.

## References
- `torch.nn.Module.eval`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import expects_error
from dropout_lint.pytorch.known_modules import Known, known_module
from dropout_lint.syntax.node_tests import attribute_of_self
from dropout_lint.triggers import modes


class ModeNotCalled(Rule):
    code = "DRP302"
    name = "mode-not-called"
    since = "0.1.0"
    message = "{what}"
    help = "{cure}"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = modes.NOT_CALLED | modes.METHOD_ASSIGNED

    def visit_Expr(self, node: ast.Expr) -> None:
        method = node.value
        if not isinstance(method, ast.Attribute) or method.attr not in ("eval", "train"):
            return
        if self.names.resolve(method) is not None or self._is_probe(node) or expects_error(self.source, node):
            return
        spelling = self.source.segment(method)
        fix = self.fix(f"Write `{spelling}()`", self.edits.insert_after(method, "()"), Applicability.UNSAFE)
        what = f"`{spelling}` without parentheses does nothing: the mode stays as it was"
        self.report(method, what=what, cure=f"write `{spelling}()`", fix=fix)

    def visit_Assign(self, node: ast.Assign) -> None:
        target, value = node.targets[0], node.value
        if len(node.targets) != 1 or not (isinstance(target, ast.Attribute) and target.attr in ("eval", "train")):
            return
        if not isinstance(value, ast.Constant) or known_module(target.value, self.source) is Known.NOTHING:
            return
        module, spelling = self.source.segment(target.value), self.source.segment(target)
        is_off = value.value in (None, False) if target.attr == "train" else bool(value.value)
        call = f"{module}.eval()" if is_off else f"{module}.train()"
        fix = self.fix(f"Write `{call}`", self.edits.replace(node, call), Applicability.UNSAFE)
        what = f"`{spelling}` is overwritten, not called: the mode stays as it was, and the next call of it raises"
        self.report(node, what=what, cure=f"write `{call}`", fix=fix)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            call = item.context_expr
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if call.func.attr not in ("eval", "train") or not self._is_no_context(call.func.value):
                continue
            spelling = self.source.segment(call)
            what = f"`with {spelling}` raises: it switches the mode, and what it returns is no context manager"
            self.report(call, what=what, cure=f"call `{spelling}` before, and the other mode after")

    def _is_no_context(self, receiver: ast.expr) -> bool:
        """Whether ``receiver`` is a module that no ``with`` can enter, for certain."""
        for value in self._values_of(receiver):
            facts = self.classes.named(value.func) if isinstance(value, ast.Call) else None
            if facts is not None and (not facts.is_closed or any(map(facts.method, ("__enter__", "eval", "train")))):
                return False
        return known_module(receiver, self.source) is not Known.NOTHING

    def _values_of(self, receiver: ast.expr) -> list[ast.expr | None]:
        """What ``receiver`` is seen to be given."""
        if isinstance(receiver, ast.Name):
            return [binding.value for binding in self.names.bindings(receiver)]
        around, attribute = self.classes.around(receiver), attribute_of_self(receiver)
        if around is None or attribute is None:
            return []
        return [store.value for _, store in around[0].stores(attribute)]

    def _is_probe(self, node: ast.Expr) -> bool:
        """Whether an `AttributeError` is awaited here: the statement then asks whether the method exists."""
        for above in self.source.ancestors(node):
            if isinstance(above, ast.Try):
                caught = [name for handler in above.handlers for name in _names(handler.type)]
                if "AttributeError" in caught:
                    return True
        return False


def _names(expression: ast.expr | None) -> list[str]:
    parts = expression.elts if isinstance(expression, ast.Tuple) else [expression]
    return [part.id for part in parts if isinstance(part, ast.Name)]
