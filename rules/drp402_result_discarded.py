"""
# result-discarded (DRP402)

## What it does
Finds dropout that is called as a statement: `self.drop(x)` or `F.dropout(x)` on a line of its own; and dropout whose
result gets a name that nothing reads (`y = self.drop(x)`, and after that `x`).

## Why is this bad?
Dropout returns a new tensor and leaves its input alone.  Without an assignment nothing is dropped, in training
neither.

## Example
```python
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        self.drop(x)
        return x
```

## Use instead
```python
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        x = self.drop(x)
        return x
```

## When it stays silent
Where the dropout works in place, or may (`inplace` that is not certainly false), where the attribute is not certainly a
dropout layer of torch, outside of methods, and under `pytest.raises`.  Where the name is read anywhere in the function,
or begins with an underscore.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
Where the argument is a plain name, the fix assigns the result to it.  It is unsafe: dropout comes on where there
was none.

## At run time
In train mode the input of the layer goes on unchanged.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast
import re

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import TorchCall, expects_error, torch_call
from dropout_lint.syntax.line_context import start_of_line
from dropout_lint.syntax.node_tests import is_self
from dropout_lint.syntax.scopes import ScopeNode
from dropout_lint.syntax.source import SourceFile
from dropout_lint.triggers import calls

_READ_ALL = frozenset(["locals", "vars", "eval", "exec"])
_CALL = r"(?:self\.\w*drop\w*|[\w.]*\b(?:feature_)?(?:alpha_)?dropout(?:[123]d)?)\("
_BOUND = re.compile(r"\s*(\w+)")


def _may_be_unread(line: str, text: str, end: int) -> bool:
    """Whether the name that the line binds may be read nowhere in its function: nearly always it is, a line later."""
    name = _BOUND.match(line)
    assert name is not None
    start, stop = max(text.rfind("def ", 0, end), 0), text.find("def ", end)
    read = re.compile(rf"\b{name[1]}\b(?!\s*=[^=])")
    after = read.search(text, end, len(text) if stop < 0 else stop)
    return after is None and read.search(text, start, start_of_line(text, end)) is None


class ResultDiscarded(Rule):
    code = "DRP402"
    name = "result-discarded"
    since = "0.1.0"
    message = "The result of `{call}` is thrown away: nothing is dropped"
    help = "assign it: `{argument} = {text}`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.DISCARDED

    def __init__(self, source: SourceFile) -> None:
        super().__init__(source)
        self._read: dict[ScopeNode, frozenset[str]] = {}  # the names that a function reads

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Call) or self.is_test:
            return
        use = node.value
        if self.classes.around(node) is None or not self._drops_out_of_place(use):
            return
        if expects_error(self.source, node) or not use.args:
            return
        argument = self.source.segment(use.args[0])
        fix = None
        if isinstance(use.args[0], ast.Name):
            edits = self.edits.insert_before(use, f"{argument} = ")
            fix = self.fix(f"Assign the result to `{argument}`", edits, Applicability.UNSAFE)
        text = f"{self.source.segment(use.func)}({argument})"
        self.report(use, call=self.source.segment(use.func), argument=argument, text=text, fix=fix)

    def visit_Assign(self, node: ast.Assign) -> None:
        """The same with a name that nobody reads: ``y = self.drop(x)``, and after that ``x``."""
        target, use = node.targets[0], node.value
        if not (isinstance(use, ast.Call) and isinstance(target, ast.Name) and len(node.targets) == 1 and use.args):
            return
        if self.is_test or self.classes.around(node) is None or not self._drops_out_of_place(use):
            return
        if expects_error(self.source, node) or self._is_read(target):
            return
        call = self.source.segment(use.func)
        cure = f"use `{target.id}` after it, in place of `{self.source.segment(use.args[0])}`"
        self.report(use, call=call, help=cure, message="The result of `{call}` is never read: nothing is dropped")

    def _is_read(self, name: ast.Name) -> bool:
        """Whether anything may read ``name``: in its function, or outside of it."""
        scope, bindings = self.names.lookup(name.id, name)
        if name.id.startswith("_") or not bindings or not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return True
        if scope not in self._read:
            self._read[scope] = frozenset(read for part in ast.walk(scope) for read in _names_read(part))
        return name.id in self._read[scope] or not _READ_ALL.isdisjoint(self._read[scope])

    def _drops_out_of_place(self, use: ast.Call) -> bool:
        call = torch_call(self.source, use)
        if call is not None:
            is_function = call.callee.kind in (
                CalleeKind.FUNCTION,
                CalleeKind.OPERATOR,
            ) and not call.callee.name.endswith("_")
            return is_function and _is_out_of_place(call)
        if not (isinstance(use.func, ast.Attribute) and is_self(use.func.value)):
            return False
        around = self.classes.around(use)
        stores = () if around is None else around[0].stores(use.func.attr)
        for owner, store in stores:
            built = torch_call(owner.source, store.value) if isinstance(store.value, ast.Call) else None
            if built is None or built.callee.kind is not CalleeKind.LAYER or not _is_out_of_place(built):
                return False
        return bool(stores)


def _names_read(part: ast.AST) -> list[str]:
    if isinstance(part, ast.Name):
        return [part.id] if isinstance(part.ctx, ast.Load) else []
    return part.names if isinstance(part, ast.Nonlocal) else []


def _is_out_of_place(call: TorchCall) -> bool:
    inplace = call.arguments.get("inplace")
    if inplace is None:
        return call.arguments.omits("inplace")
    return isinstance(inplace, ast.Constant) and inplace.value is False
