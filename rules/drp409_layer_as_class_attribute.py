"""
# layer-as-class-attribute (DRP409)

## What it does
Finds a layer with parameters or a mode that an `nn.Module` keeps as an attribute of the class, and calls: `drop =
nn.Dropout(0.5)` in the class body.

## Why is this bad?
Only what is assigned to `self` is registered.  `eval()` does not reach an attribute of the class, so dropout stays on
and batch norm goes on learning; nor do `parameters()`, `to()` and `state_dict()`; and all instances share the one
layer.  If `__init__` assigns `self.drop` as well, Python still finds the attribute of the class first.

## Example
```python
from torch import nn


class Net(nn.Module):
    drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)
```

## Use instead
```python
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)
```

## When it stays silent
For layers without parameters and without a mode, such as `nn.ReLU()`; where no method calls the attribute, or the file
hands one of that name on (to `copy.deepcopy`, to a container), which may register it; in classes that are not certainly
`nn.Module`; in [test files](../docs/command-line.md#test-files).  The evidence is medium for a layer that is frozen
where it is built (`.eval()`, `.requires_grad_(False)`).

## Fix safety
There is no fix: the state dict changes with it, and `__init__` may be that of a base.

## At run time
The scan for unregistered modules names the attribute.

## References
- `torch.nn.Module`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

import ast

from dropout_lint.finding import Confidence, Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.module_builders import builds_stateful_module, is_frozen
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.syntax.node_tests import attribute_of_self
from dropout_lint.triggers import classes


class LayerAsClassAttribute(Rule):
    code = "DRP409"
    name = "layer-as-class-attribute"
    since = "0.1.0"
    message = "`{attribute}` is an attribute of the class: `eval()`, `to()` and `parameters()` do not reach this layer"
    help = "build it in `__init__`, as `self.{attribute}`"
    severity = Severity.ERROR
    triggers = classes.CLASS_ATTRIBUTE

    def visit_Assign(self, node: ast.Assign) -> None:
        if len(node.targets) == 1:
            self._judge(node, node.targets[0], node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._judge(node, node.target, node.value)

    def _judge(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        owner = self.source.parent(node)
        if not isinstance(owner, ast.ClassDef) or not isinstance(target, ast.Name) or self.is_test:
            return
        facts = self.classes.facts(owner)
        if not facts.is_module or not builds_stateful_module(self.source, value):
            return
        call = self._call(facts, target.id)
        if call is None or self._is_handed_on(target.id):
            return
        confidence = Confidence.MEDIUM if is_frozen(value) else Confidence.HIGH
        self.report(value, attribute=target.id, confidence=confidence, notes=[self.note("it is called here", call)])

    def _is_handed_on(self, attribute: str) -> bool:
        """Whether the file does anything with an attribute of this name but call it or look into it."""
        for part in ast.walk(self.source.tree):
            if isinstance(part, ast.Attribute) and part.attr == attribute and isinstance(part.ctx, ast.Load):
                above = self.source.parent(part)
                if not isinstance(above, ast.Attribute) and not (isinstance(above, ast.Call) and above.func is part):
                    return True
        return False

    @staticmethod
    def _call(facts: ClassModel, attribute: str) -> ast.Call | None:
        """A call of ``self.<attribute>`` in a method of the class."""
        for method in facts.methods.values():
            for part in ast.walk(method):
                if isinstance(part, ast.Call) and attribute_of_self(part.func) == attribute:
                    return part
        return None
