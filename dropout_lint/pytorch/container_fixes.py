"""May a list, dict or tuple that a class keeps be one of torch's containers, with all its uses as they are?

`nn.ModuleList` and `nn.ModuleDict` do most of what lists and dicts do, and not all: they hold modules only, know no
``sort`` and no ``get``, and cannot be assigned before ``super().__init__()``.  So a list is turned into one only where
everything that the class puts into it and does with it is seen.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dropout_lint.finding import Edit
from dropout_lint.pytorch.module_builders import builds_module
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.edits import Edits
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.node_tests import is_self
from dropout_lint.syntax.source import SourceFile

_LIST_METHODS = frozenset(["append", "extend", "insert"])
_DICT_METHODS = frozenset(["items", "keys", "values"])
_READERS = frozenset(["len", "zip", "enumerate", "range", "reversed", "iter", "list", "tuple", "next"])
_OF_MODULE = frozenset(["training", "type", "keys", "values", "items", "forward", "train", "eval", "apply", "name"])
"""Names that `nn.ModuleDict` refuses as keys, because a module has attributes of that name already; the common ones."""


def wrapped(source: SourceFile, edits: Edits, facts: ClassModel, attribute: str, container: str) -> list[Edit] | None:
    """Edits that make ``self.<attribute>`` a ``container`` (``ModuleList``, ``ModuleDict``); None if that may not
    do.
    """
    stores = facts.stores(attribute)
    filled = [store for _, store in stores if not isinstance(store.node, ast.AugAssign)]
    if any(owner is not facts for owner, _ in stores) or len(filled) != 1 or facts.subclasses:
        return None
    (store,) = filled
    prefix = spelling_of_nn(source)
    if store.value is None or prefix is None or not _comes_after_init(facts, store.method, store.node):
        return None
    uses = _uses(source, facts.node).get(attribute, ())
    if not _holds_modules(source, store.value) or not all(_allows(source, use) for use in uses):
        return None
    name = f"{prefix}.{container}"
    if isinstance(store.value, ast.Call):  # `list()`, `dict()`: nothing in it yet
        return None if store.value.args or store.value.keywords else edits.replace(store.value, f"{name}()")
    if not (isinstance(store.value, ast.DictComp) or _children(store.value)):
        return edits.replace(store.value, f"{name}()")
    return [*edits.insert_before(store.value, f"{name}("), *edits.insert_after(store.value, ")")]


def spelling_of_nn(source: SourceFile) -> str | None:
    """How the file spells ``torch.nn``; None if it has no name for it."""
    bindings = names_of(source).bindings_in(source.tree).by_name
    known = {found[0].dotted: name for name, found in sorted(bindings.items()) if len(found) == 1 and found[0].dotted}
    if "torch.nn" in known:
        return known["torch.nn"]
    return f"{known['torch']}.nn" if "torch" in known else None


def _comes_after_init(facts: ClassModel, method: str | None, store: ast.stmt) -> bool:
    """Whether ``super().__init__()`` has run: before it, a module refuses to hold modules."""
    if method != "__init__" or "__init__" not in facts.methods:
        return method is not None
    return any(
        isinstance(part, ast.Attribute) and part.attr == "__init__" and part.lineno < store.lineno
        for statement in facts.methods["__init__"].body  # one after the other: it is the first, as a rule
        for part in ast.walk(statement)
    )


def _children(value: ast.expr) -> Sequence[ast.expr]:
    if isinstance(value, (ast.List, ast.Tuple)):
        return value.elts
    if isinstance(value, ast.ListComp):
        return [value.elt]
    return value.values if isinstance(value, ast.Dict) else []


def _holds_modules(source: SourceFile, value: ast.expr) -> bool:
    """Whether all that is written in ``value`` are modules, under keys that `nn.ModuleDict` takes."""
    if isinstance(value, (ast.Set, ast.SetComp, ast.DictComp)):
        return False
    if isinstance(value, ast.Dict) and not all(key is not None and _is_key(key) for key in value.keys):
        return False
    return all(builds_module(source, child) for child in _children(value))


def _is_key(key: ast.expr) -> bool:
    """A module's name: a string without a dot, and not the name of something else that a module has."""
    if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
        return False
    return bool(key.value) and "." not in key.value and key.value not in _OF_MODULE


def _allows(source: SourceFile, use: ast.AST) -> bool:
    """Whether torch's container can be used as ``use`` uses the list or dict."""
    above = source.parent(use)
    if isinstance(above, (ast.Assign, ast.AnnAssign)):
        return True  # the one store, checked before
    if isinstance(above, ast.AugAssign):
        return isinstance(above.op, ast.Add) and above.target is use and _holds_modules(source, above.value)
    if isinstance(above, (ast.For, ast.AsyncFor, ast.comprehension)):
        return above.iter is use
    if isinstance(above, ast.Call):
        return isinstance(above.func, ast.Name) and above.func.id in _READERS
    if isinstance(above, ast.Subscript) and above.value is use:
        return _allows_subscript(source, above)
    if isinstance(above, ast.Attribute):
        call = source.parent(above)
        if not (isinstance(call, ast.Call) and call.func is above):
            return False
        if above.attr in _LIST_METHODS:
            return all(builds_module(source, argument) for argument in call.args[-1:])
        return above.attr in _DICT_METHODS
    return (
        isinstance(above, ast.Compare) and above.comparators == [use] and isinstance(above.ops[0], (ast.In, ast.NotIn))
    )


def _allows_subscript(source: SourceFile, subscript: ast.Subscript) -> bool:
    if isinstance(subscript.ctx, ast.Load):
        return not isinstance(subscript.slice, ast.Slice)
    above = source.parent(subscript)
    if not isinstance(above, ast.Assign) or len(above.targets) != 1:
        return False
    return _is_key(subscript.slice) and builds_module(source, above.value)


class _OwnAttributes(Table[ast.ClassDef, "dict[str, list[ast.Attribute]]"]):
    """Where the classes of a file name their own attributes."""


def _uses(source: SourceFile, node: ast.ClassDef) -> dict[str, list[ast.Attribute]]:
    """Where the class ``node`` names its own attributes: worked out once, as it may have many."""
    known = source.extension(_OwnAttributes)
    if node not in known:
        known[node] = {}
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and is_self(part.value):
                known[node].setdefault(part.attr, []).append(part)
    return known[node]
