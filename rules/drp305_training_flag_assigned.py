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
used as one (`parameters()`, `state_dict()`, `eval()`) in the same function; where it is a single layer, which holds no
others.  In a loop over `modules()`, which
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

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.known_modules import Known, known_module
from dropout_lint.triggers import modes


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
        if self._is_copied(node.value) or self.is_test:
            return
        if known_module(target.value, self.source) is not Known.MODULE:
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
