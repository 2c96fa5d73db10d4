"""
# training-flag-assigned (DRP305)

## What it does
Finds an assignment to the `training` flag of a module: `model.training = False`.

## Why is this bad?
The flag of the root is set, and the flags of its children are not: every dropout and batch-norm layer inside stays
in the mode it was in.

## Example
```python
from torch import nn

model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
model.training = False
```

## Use instead
```python
from torch import nn

model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
model.eval()
```

## When it stays silent
Where the object is not known to be a module: it is neither built from a module class, nor annotated as one, nor
used as one (`parameters()`, `state_dict()`, `eval()`) in the same function.  In a loop over `modules()`, which
reaches every flag; in overrides of `train` and `eval`; on `self`; where the flag of another module is copied, as
converters of single layers do; in [test files](../docs/command-line.md#test-files).

## Fix safety
The fix calls `eval()`, `train()` or `train(value)`.  It is unsafe, because the children change their mode; that is
the point.

## At run time
The parent's flag differs from its children's.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

import ast
import re

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.triggers import modes

_USES_OF_A_MODULE = frozenset(
    ["parameters", "named_parameters", "state_dict", "load_state_dict", "named_modules", "modules", "eval"]
)

_TORCH_LAYER = re.compile(r"torch\.nn\.[A-Z]\w*")


class TrainingFlagAssigned(Rule):
    code = "DRP305"
    name = "training-flag-assigned"
    since = "0.1.0"
    message = "`{target}` is set on `{module}` alone: the layers inside stay in their mode"
    help = "call `{call}`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = modes.FLAG_ASSIGNED

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if len(node.targets) != 1 or not (isinstance(target, ast.Attribute) and target.attr == "training"):
            return
        if not self._is_module(target.value) or self._is_copied(node.value) or self.is_test:
            return
        module = self.source.segment(target.value)
        call = f"{module}.train({self.source.segment(node.value)})"
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool):
            call = f"{module}.train()" if node.value.value else f"{module}.eval()"
        fix: Fix | None = self.fix(f"Call `{call}`", self.edits.replace(node, call), Applicability.UNSAFE)
        self.report(node, target=self.source.segment(target), module=module, call=call, fix=fix)

    @staticmethod
    def _is_copied(value: ast.expr) -> bool:
        """Whether the flag of another module is copied: converters of single layers do that."""
        return isinstance(value, ast.Attribute) and value.attr == "training"

    def _is_module(self, receiver: ast.expr) -> bool:
        if isinstance(receiver, ast.Name):
            if receiver.id in ("self", "cls"):
                return False
            bindings = self.names.bindings(receiver)
            if not bindings or any(isinstance(binding.node, (ast.For, ast.comprehension)) for binding in bindings):
                return False
            if any(binding.value is not None and self._builds_module(binding.value) for binding in bindings):
                return True
            if any(binding.kind is BindingKind.PARAMETER and self._is_annotated(binding.node) for binding in bindings):
                return True
        elif not isinstance(receiver, ast.Attribute):
            return False
        return self._is_used_as_module(receiver)

    def _builds_module(self, value: ast.expr) -> bool:
        if not isinstance(value, ast.Call):
            return False
        facts = self.classes.named(value.func)
        if facts is not None:
            return facts.is_module
        return _TORCH_LAYER.fullmatch(self.names.resolve(value.func) or "") is not None

    def _is_annotated(self, parameter: ast.AST) -> bool:
        annotation = getattr(parameter, "annotation", None)
        return isinstance(annotation, ast.expr) and self.names.resolve(annotation) == "torch.nn.Module"

    def _is_used_as_module(self, receiver: ast.expr) -> bool:
        """Whether the same function calls a method on ``receiver`` that only modules have."""
        spelling = ast.unparse(receiver)
        for above in self.source.ancestors(receiver):
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
                return any(
                    isinstance(part, ast.Call)
                    and isinstance(part.func, ast.Attribute)
                    and part.func.attr in _USES_OF_A_MODULE
                    and ast.unparse(part.func.value) == spelling
                    for part in ast.walk(above)
                )
        return False
