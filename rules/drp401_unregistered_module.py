"""
# unregistered-module (DRP401)

## What it does
Finds modules that an `nn.Module` keeps in a plain list, dict, tuple or set: `self.drops = [nn.Dropout(0.1) for _ in
range(6)]`; also behind `.to(device)` and its like, and behind functions and methods of the project that return a module
whichever way they end.

## Why is this bad?
Only attributes that are modules, and torch's own containers, are registered.  Modules in a plain list are missed by
`eval()`, so their dropout stays on; by `parameters()`, so they are not trained; by `to()` and `state_dict()`, so
they are neither moved nor saved.

## Example
```python
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drops = [nn.Dropout(0.1) for _ in range(6)]
```

## Use instead
```python
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drops = nn.ModuleList([nn.Dropout(0.1) for _ in range(6)])
```

## When it stays silent
Where the list is handed to anything that may register it (`nn.ModuleList(self.layers)`, `nn.Sequential(*self.layers)`,
a loop with `add_module` or `setattr`), where its members are attributes or parameters that others own, for layers
without parameters and without a mode, for a list of exactly one module, the usual way to hide a module on purpose, and
where `forward` is a stub, and where a function that builds the module may register it too.  The evidence is medium for
modules that are frozen where they are built (`.eval()`, `.requires_grad_(False)`).  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix makes the list an `nn.ModuleList`, or the dict an `nn.ModuleDict`, where all that the class keeps in it are
modules and all that it does with it is possible with torch's containers too.  `nn.AvgPool2d(2),` loses its comma.
The fix is unsafe: the state dict gets new keys, so that old checkpoints no longer load strictly.

## At run time
A module runs that is not registered below the model; the scan for unregistered modules names the attribute.

## References
- `torch.nn.ModuleList`: https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
"""

import ast

from dropout_lint.finding import Applicability, Confidence, Fix, Severity
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.container_fixes import wrapped
from dropout_lint.pytorch.mode_overrides import is_stub
from dropout_lint.pytorch.module_builders import CONTAINERS, builds_stateful_module, is_frozen
from dropout_lint.pytorch.registration import is_registered_by_name, is_registered_elsewhere
from dropout_lint.syntax.node_tests import is_self
from dropout_lint.triggers import classes

_LITERALS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)


class UnregisteredModule(Rule):
    code = "DRP401"
    name = "unregistered-module"
    since = "0.1.0"
    message = "`self.{attribute}` is a plain {kind} of modules: `eval()`, `to()` and `parameters()` do not reach them"
    help = "use `{container}`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = classes.KEPT

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if len(node.targets) != 1:
            return
        if isinstance(target, ast.Subscript):
            self._judge(target.value, [node.value], node.value)
        elif _is_plain(node.value) and not self._hides_one(node.value, target):
            self._judge(target, _elements(node.value), node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.op, ast.Add) and isinstance(node.value, _LITERALS):
            self._judge(node.target, _elements(node.value), node.value)

    def visit_Call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Attribute) or not node.args:
            return
        if node.func.attr == "extend" and len(node.args) == 1:
            self._judge(node.func.value, _elements(node.args[0]), node)
        elif (node.func.attr, len(node.args)) in (("append", 1), ("insert", 2)):
            self._judge(node.func.value, [node.args[-1]] if self._is_call(node.args[-1]) else [], node)

    def _is_call(self, element: ast.expr) -> bool:
        """Whether ``element`` is a call or a choice of two, or a name that was bound to such right away."""
        if not isinstance(element, ast.Name):
            return isinstance(element, (ast.Call, ast.IfExp))
        bindings = self.names.bindings(element)
        return bool(bindings) and all(isinstance(binding.value, (ast.Call, ast.IfExp)) for binding in bindings)

    def _judge(self, holder: ast.expr, elements: list[ast.expr], place: ast.expr) -> None:
        """Report ``place`` if ``holder`` is an attribute of a module, kept as a plain container, that gets a module."""
        if not (isinstance(holder, ast.Attribute) and is_self(holder.value)):
            return
        around = self.classes.around(place)
        if around is None or not around[0].is_module or self.is_test:
            return
        is_slip = self._is_slip(place, holder)
        built = [e for e in elements if builds_stateful_module(self.source, e, any_layer=is_slip)]
        if not built:
            return
        facts, attribute = around[0], holder.attr
        forward = facts.methods.get("forward")
        if forward is not None and is_stub(forward):
            return  # nothing runs: a demonstration
        stores = [store for _, store in facts.stores(attribute) if not isinstance(store.node, ast.AugAssign)]
        values = [store.value for store in stores if not self._excludes(store.node, place)]
        plain = [value for value in values if value is not None and _is_plain(value)]
        if not plain or any(value is None or self._is_container(value) for value in values):
            return
        if any(is_registered_by_name(self.source, element) for element in elements):
            return
        if not is_slip and is_registered_elsewhere(self.source, facts, attribute):
            return
        if is_slip:
            fix = self._without_comma(place, elements[0])
            self.report(place, attribute=attribute, kind="tuple", help="remove the comma after the module", fix=fix)
            return
        kind = _kind(plain[0])
        container = "ModuleDict" if kind == "dict" else "ModuleList"
        edits = wrapped(self.source, self.edits, facts, attribute, container)
        fix = self.fix(f"Make it an `nn.{container}`", edits, Applicability.UNSAFE)
        confidence = Confidence.MEDIUM if all(map(is_frozen, built)) else Confidence.HIGH
        self.report(place, attribute=attribute, kind=kind, container=f"nn.{container}", confidence=confidence, fix=fix)

    def _without_comma(self, place: ast.expr, element: ast.expr) -> Fix | None:
        """Write the one element in place of the tuple, unless a comment would go with it."""
        if "#" in self.source.segment(place):
            return None
        edits = self.edits.replace(place, self.source.segment(element))
        return self.fix("Remove the comma", edits, Applicability.UNSAFE)

    def _excludes(self, store: ast.stmt, place: ast.expr) -> bool:
        """Whether ``store`` is in another branch of an ``if`` around ``place``: where the one runs, the other does
        not.
        """
        branches = {id(test): branch for test, branch in self._branches(place)}
        return any(branches.get(id(test), branch) != branch for test, branch in self._branches(store))

    def _branches(self, node: ast.AST) -> list[tuple[ast.If, bool]]:
        """The ``if`` statements around ``node``, each with whether it is in the body."""
        found = []
        child = node
        for above in self.source.ancestors(node):
            if isinstance(above, ast.If):
                found.append((above, child in above.body))
            child = above
        return found

    def _is_container(self, value: ast.expr) -> bool:
        """Whether ``value`` makes one of torch's containers: the modules are registered after all."""
        return isinstance(value, ast.Call) and self.names.resolve(value.func) in CONTAINERS

    def _hides_one(self, value: ast.expr, holder: ast.expr) -> bool:
        """``[teacher]`` is how people hide a module, and so is ``(teacher,)`` if they take it out by ``[0]``."""
        if not isinstance(value, (ast.List, ast.Tuple)) or len(value.elts) != 1:
            return False
        return isinstance(value, ast.List) or not self._is_slip(value, holder)

    def _is_slip(self, place: ast.expr, holder: ast.expr) -> bool:
        """``self.pool = nn.AvgPool2d(2),``: a comma too many, for nobody takes the module out of the tuple."""
        if not (isinstance(place, ast.Tuple) and len(place.elts) == 1 and isinstance(holder, ast.Attribute)):
            return False
        around = self.classes.around(place)
        if around is None or not isinstance(self.source.parent(place), ast.Assign):
            return False
        return not any(
            isinstance(part, (ast.Subscript, ast.Starred, ast.For, ast.comprehension))
            and ast.unparse(part.iter if isinstance(part, (ast.For, ast.comprehension)) else part.value)
            == f"self.{holder.attr}"
            for owner in around[0].ancestry
            for part in ast.walk(owner.node)
        )


def _elements(value: ast.expr) -> list[ast.expr]:
    """What ``value``, one of Python's own containers, is written to hold, containers in it looked through."""
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        held = [element for element in value.elts if not isinstance(element, ast.Name)]
    elif isinstance(value, ast.Dict):
        held = [element for element in value.values if not isinstance(element, ast.Name)]
    elif isinstance(value, ast.DictComp):
        held = [value.value]
    elif isinstance(value, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        held = [value.elt]
    elif isinstance(value, ast.Call) and _is_plain(value):
        return [*(inner for part in value.args for inner in _elements(part)), *(word.value for word in value.keywords)]
    else:
        return []
    return [inner for part in held for inner in (_elements(part) if isinstance(part, _LITERALS) else [part])]


def _is_plain(value: ast.expr) -> bool:
    """Whether ``value`` makes one of Python's own containers."""
    if isinstance(value, _LITERALS):
        return True
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in ("list", "dict", "set", "tuple")
    )


def _kind(value: ast.expr) -> str:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id
    for kind, types in (("dict", (ast.Dict, ast.DictComp)), ("tuple", (ast.Tuple,)), ("set", (ast.Set, ast.SetComp))):
        if isinstance(value, types):
            return kind
    return "list"
