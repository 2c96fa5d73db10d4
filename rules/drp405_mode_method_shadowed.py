"""
# mode-method-shadowed (DRP405)

## What it does
Finds an `nn.Module` that calls its training loop `train`, or its evaluation `eval`.

## Why is this bad?
Those are torch's names for the switches of the mode.  `model.eval()` calls `train(False)`, which then starts the
loop or raises `TypeError`; a parent that is put into a mode does the same to this child.

## Example
```python
from torch import nn


class Net(nn.Module):
    def train(self, loader, epochs):
        for epoch in range(epochs):
            for batch in loader:
                self(batch).sum().backward()
```

## Use instead
```python
from torch import nn


class Net(nn.Module):
    def fit(self, loader, epochs):
        for epoch in range(epochs):
            for batch in loader:
                self(batch).sum().backward()
```

## When it stays silent
In classes that are not certainly `nn.Module` or are called trainers, for methods that can be called as torch calls
them, for stubs that raise, and in [test files](../docs/command-line.md#test-files).

## Fix safety
There is no fix: the callers have to change too.

## At run time
`model.eval()` raises, or trains.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

import ast

from dropout_lint.finding import Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.mode_overrides import is_loop, is_stub
from dropout_lint.triggers import classes


class ModeMethodShadowed(Rule):
    code = "DRP405"
    name = "mode-method-shadowed"
    since = "0.1.0"
    message = "`{owner}.{method}` hides torch's switch of the mode: `{owner}().eval()` no longer works"
    help = "rename it, for instance to `{name}`"
    severity = Severity.ERROR
    triggers = classes.OVERRIDES

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        parent = self.source.parent(node)
        if node.name not in ("train", "eval") or not isinstance(parent, ast.ClassDef) or is_stub(node):
            return
        if not self.classes.facts(parent).is_module or not is_loop(node) or self.is_test:
            return
        if "Trainer" in parent.name:
            return  # nobody puts a trainer into a mode
        head = ast.Pass(lineno=node.lineno, col_offset=node.col_offset)
        head.end_lineno, head.end_col_offset = node.lineno, node.col_offset + len(f"def {node.name}")
        name = "fit" if node.name == "train" else "evaluate"
        self.report(head, owner=parent.name, method=node.name, name=name)
