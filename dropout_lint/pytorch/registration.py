"""Does a module that is kept somewhere end up registered?"""

from __future__ import annotations

import ast
import builtins
import re
from functools import lru_cache

from dropout_lint.lint.trigger import Trigger
from dropout_lint.pytorch.module_builders import REGISTERING, RETURN_THE_MODULE, innermost
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.line_context import assigned, class_around
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

Uses = dict[str, list[ast.Call | ast.For | ast.AsyncFor | ast.Assign]]
"""Calls that are given something, loops over it and assignments of it, by the attributes that are part of it."""


def is_registered_elsewhere(source: SourceFile, facts: ClassModel, attribute: str) -> bool:
    """Whether some code of the file passes the content of ``self.<attribute>`` to a container, or registers it item by
    item.
    """
    spelling = f"self.{attribute}"
    for node in _uses(source).get(attribute, ()):
        if isinstance(node, ast.Call):
            if not _only_measures(node):
                return True
        elif isinstance(node, ast.For | ast.AsyncFor):
            if any(_called(part) in REGISTERING for part in ast.walk(node)):
                return True
        elif any(isinstance(target, ast.Attribute) for target in node.targets):
            if ast.unparse(node.value) == spelling:
                return True
    return any("__setattr__" in owner.methods or "__getattr__" in owner.methods for owner in facts.ancestry)


def _uses(source: SourceFile) -> Uses:
    """The places of ``source`` that use an attribute, by its name: worked out once, as a class may keep many lists."""
    return source.extension(_used)


def _used(source: SourceFile) -> Uses:
    found: Uses = {}
    for node in ast.walk(source.tree):
        used: list[ast.expr] = []
        if isinstance(node, ast.Call):
            used = [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, ast.For | ast.AsyncFor):
            used = [node.iter]
        elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Call):
            used = [node.value]
        else:
            continue
        names = dict.fromkeys(p.attr for part in used for p in ast.walk(part) if isinstance(p, ast.Attribute))
        for name in names:
            found.setdefault(name, []).append(node)
    return found


def is_registered_by_name(source: SourceFile, element: ast.expr) -> bool:
    """Whether a local name that holds a module is also registered: ``self.add_module(name, layer)``, ``self.x =
    layer``.
    """
    element = innermost(element)
    if not isinstance(element, ast.Name):
        return False
    scope, bindings = names_of(source).lookup(element.id, element)
    if any(binding.kind is BindingKind.PARAMETER for binding in bindings):
        return True
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and any(_is_name(argument, element.id) for argument in node.args):
            if _called(node) not in ("append", "len"):
                return True
        elif isinstance(node, ast.Assign) and _is_name(node.value, element.id):
            if any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets):
                return True
    return False


def _only_measures(call: ast.Call) -> bool:
    """``len(self.x)``, ``zip(self.x, ...)`` and the like read the list; calls of a member use it."""
    return _called(call) in (
        "len",
        "zip",
        "enumerate",
        "range",
        "reversed",
        "iter",
        "next",
        "print",
        "append",
        "isinstance",
    )


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return last_name(node.func) or ""


def _is_name(expression: ast.expr, name: str) -> bool:
    return isinstance(expression, ast.Name) and expression.id == name


_PUT = re.compile(r"\bself\.(\w+)(?:\.(?:append|extend|insert)\(|\[.*\]\s*=(?!=)|\s*\+=)")
_APPENDED = re.compile(
    r"\bself\.\w+\.append\((?:(\w+)(?:\)\s*(?:#.*)?$|\.(?:" + "|".join(sorted(RETURN_THE_MODULE)) + r")\())?"
)
_CALLED_NAME = re.compile(r"\b(\w+)\(")
_OPEN = re.compile(r"[(\\]?[ \t]*(?:#.*)?\r?$")
_NO_FACTORIES = frozenset(dir(builtins))
_PLAIN = re.compile(r"(?:self\.\w+\s*=\s*)*(?:[\[({\\]|(?:list|dict|set|tuple)\()")
_COMMA = re.compile(r",\s*(?:#.*)?$")
_NAME = re.compile(r"\s*\w+,?\s*(?:#.*)?")
_MOST_LINES = 60  # of one literal to look through


def _may_hold_module(line: str, text: str, end: int) -> bool:
    """Whether something may be built where ``line`` appends a name or opens a bracket; most lists that a class keeps
    hold no modules.
    """
    if _stands_in_plain_class(text, end):
        return False
    put = _PUT.search(line)
    if put is not None:
        stores = list(assigned(f"self.{put[1]}", text))
        if stores and not any(_PLAIN.match(text, at) for _, at in stores):
            return False  # torch's own container, or something else again
    appended = _APPENDED.search(line)
    if appended is not None and appended[1]:
        values = (text[at : _end_of_line(text, at)] for _, at in assigned(appended[1], text))
        return any(_OPEN.match(value) or _may_build(value, text) for value in values)
    opened = line.partition("#")[0].rstrip()
    if not opened.endswith(("[", "(", "{")):
        is_one = "= (" in line and opened.endswith(")") and "," not in line
        return not is_one and _may_build(opened, text)
    if _may_build(opened, text):
        return True
    indent = len(line) - len(line.lstrip())
    inside: list[str] = []
    for row in text[end : end + 120 * _MOST_LINES].splitlines()[:_MOST_LINES]:
        if row.lstrip()[:1] in ("]", ")", "}") and len(row) - len(row.lstrip()) <= indent:
            if opened.endswith("= (") and not any(_COMMA.search(found) for found in _outermost(inside)):
                return False  # parentheses around one expression
            may_be_name = appended is not None and any(_NAME.fullmatch(found) for found in inside)
            return may_be_name or any(_may_build(found, text) for found in inside)
        inside.append(row)
    return True


def _may_build(code: str, text: str) -> bool:
    """Whether ``code`` calls a class, by its capital letter, or a function that ``text`` defines or imports."""
    for name in _CALLED_NAME.findall(code):
        if name[0].isupper():
            return True
        if name not in _NO_FACTORIES and _is_own_function(name, text):
            return True
    return False


@lru_cache(maxsize=256)
def _is_own_function(name: str, text: str) -> bool:
    return f"def {name}(" in text or re.search(rf"\bimport\b[^\n;]*\b{name}\b", text) is not None


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


_PLAIN_CLASS = re.compile(r"\nclass[ \t]+\w+[ \t]*(?:\([ \t]*(?:object|ABC|abc\.ABC)?[ \t]*\))?[ \t]*:")


def _stands_in_plain_class(text: str, end: int) -> bool:
    """Whether the class around the offset ``end`` derives from nothing, so that it is no module."""
    start = class_around(text, end)
    return start >= 0 and _PLAIN_CLASS.match(text, start) is not None


def _outermost(lines: list[str]) -> list[str]:
    """Those of ``lines`` that are indented no further than others."""
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    least = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    return [line for line in filled if len(line) - len(line.lstrip()) == least]


_END = r"\s*(?:#.*)?$"
_PLAIN_DISPLAY = r"(?:[\[({]|(?:list|tuple|set|dict)\()"
KEPT = Trigger(
    ("self.",),
    rf"\bself\.\w+(?:\s*:[^=]+)?\s*(?:=\s*{_PLAIN_DISPLAY}(?:{_END}|.*\w\()"
    rf"|\.(?:append|extend|insert)\((?:{_END}|.*\w\(|\w+\){_END})"
    r"|\+=\s*\[.*\w\(|\[.*\]\s*=\s*.*\w\()",
    confirm=_may_hold_module,
    anchor=rf"self\.\w+\b(?:[^\S\n]*:[^=\n]+)?[^\S\n]*(?:\+?=[^\S\n]*{_PLAIN_DISPLAY}|\.(?:append|extend|insert)\(|\[[^\n]*\][^\S\n]*=)",
)
"""Every way to put a module into a list or dict that a class keeps."""
