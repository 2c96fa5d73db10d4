"""May anything but the class itself read an attribute of it?

``layer.dropout`` may be the dropout of any class that stores one.  ``config.dropout`` is a rate, which is told by what
is done with it: it is given to a layer as its rate, to a parameter that is called so, compared, or calculated with.
"""

from __future__ import annotations

import ast

from dropout_lint.knowledge.vocabulary import names_rate
from dropout_lint.pytorch.dropout_layers import dropout_layer
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import is_self
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

_OF_SETTINGS = frozenset(["get", "pop", "setdefault", "add_argument", "pop_default", "has"])
"""Methods whose argument is the name of an entry or an option, and no attribute."""


def is_read_on_others(source: SourceFile, within: ast.AST, attribute: str) -> bool:
    """Whether code in ``within`` may read ``attribute`` of a module by way of another name than ``self``, or spells
    it out in a string that may be an attribute's name.
    """
    reads: list[ast.Attribute] = []
    for part in ast.walk(within):
        if isinstance(part, ast.Attribute):
            if part.attr == attribute and isinstance(part.ctx, ast.Load) and not is_self(part.value):
                if names_of(source).resolve(part) is None:  # else it belongs to a module, as `F.dropout`
                    reads.append(part)
        elif isinstance(part, ast.Constant) and part.value == attribute and _may_name_attribute(source, part):
            return True
    settings = {ast.unparse(read.value) for read in reads if _stands_as_rate(source, read)}
    return any(ast.unparse(read.value) not in settings or _is_used_as_module(source, read) for read in reads)


def may_read_by_name(source: SourceFile, part: ast.AST, attribute: str) -> bool:
    """Whether ``part`` is ``getattr(self, name)``, with a name that may be ``attribute``."""
    if not (isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "getattr"):
        return False
    if len(part.args) < 2 or not is_self(part.args[0]):
        return bool(part.args) and is_self(part.args[0])
    return attribute.startswith(_literal_start(source, part.args[1]))


def _literal_start(source: SourceFile, name: ast.expr) -> str:
    """The letters that the string ``name`` certainly begins with."""
    if isinstance(name, ast.Name):
        bindings = names_of(source).bindings(name)
        value = bindings[0].value if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGNMENT else None
        return "" if value is None or isinstance(value, ast.Name) else _literal_start(source, value)
    if isinstance(name, ast.JoinedStr) and name.values:
        return _literal_start(source, name.values[0])
    if isinstance(name, ast.BinOp) and isinstance(name.op, (ast.Add, ast.Mod)):
        start = _literal_start(source, name.left)
        return start if isinstance(name.op, ast.Add) else start.partition("%")[0]
    if isinstance(name, ast.Call) and isinstance(name.func, ast.Attribute) and name.func.attr == "format":
        return _literal_start(source, name.func.value).partition("{")[0]
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""


def _may_name_attribute(source: SourceFile, string: ast.Constant) -> bool:
    """Whether ``string`` may be the name of an attribute, and not that of an entry or an option."""
    above = source.parent(string)
    if isinstance(above, ast.Subscript) and above.slice is string:
        return False
    if isinstance(above, ast.Dict) and string in above.keys:
        return False
    called = above.func if isinstance(above, ast.Call) else None
    return not (isinstance(called, ast.Attribute) and called.attr in _OF_SETTINGS)


def _stands_as_rate(source: SourceFile, read: ast.Attribute) -> bool:
    """Whether ``read`` stands where a number is wanted."""
    above = source.parent(read)
    if isinstance(above, ast.keyword):
        call = source.parent(above)
        return above.arg is not None and names_rate(above.arg) and isinstance(call, ast.Call)
    if isinstance(above, ast.Call):
        layer = dropout_layer(source, above)
        return layer is not None and layer.rate is read
    if isinstance(above, ast.Compare):
        return any(
            isinstance(side, ast.Constant) and _is_number(side.value) for side in (above.left, *above.comparators)
        )
    if isinstance(above, ast.BinOp):
        return any(isinstance(side, ast.Constant) and _is_number(side.value) for side in (above.left, above.right))
    return False


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_used_as_module(source: SourceFile, read: ast.Attribute) -> bool:
    """Whether ``read`` is called, or something in it is asked for."""
    above = source.parent(read)
    return isinstance(above, ast.Attribute) or (isinstance(above, ast.Call) and above.func is read)
