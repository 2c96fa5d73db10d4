"""
# mode-not-called (DRP302)

## What it does
Finds `model.eval` or `model.train` as a statement of its own, without parentheses.

## Why is this bad?
The statement looks the method up and throws it away.  The model stays in the mode it was in: dropout stays on in an
evaluation, or off in training.

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
(`tf.train`), and where the value is used (`was = model.eval`).

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
from dropout_lint.triggers import modes


class ModeNotCalled(Rule):
    code = "DRP302"
    name = "mode-not-called"
    since = "0.1.0"
    message = "`{spelling}` without parentheses does nothing: the mode stays as it was"
    help = "write `{spelling}()`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = modes.NOT_CALLED

    def visit_Expr(self, node: ast.Expr) -> None:
        method = node.value
        if not isinstance(method, ast.Attribute) or method.attr not in ("eval", "train"):
            return
        if self.names.resolve(method) is not None or self._is_probe(node) or expects_error(self.source, node):
            return
        spelling = self.source.segment(method)
        fix = self.fix(f"Write `{spelling}()`", self.edits.insert_after(method, "()"), Applicability.UNSAFE)
        self.report(method, spelling=spelling, fix=fix)

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
