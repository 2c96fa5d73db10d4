"""Does an expression build a module, and does a module that is kept somewhere end up registered?"""

from __future__ import annotations

import ast
import re

from dropout_lint.lint.trigger import Trigger
from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.line_context import assigned, class_around
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

_TORCH_LAYER = re.compile(r"torch\.nn\.(?:quantized\.)?([A-Z]\w*)")
_STATELESS = re.compile(
    r"\w*(?:ReLU6?|GELU|ELU|SiLU|Mish|GLU|Sigmoid|Tanh|Softmax|LogSoftmax|Softplus|Softmin|Softsign|Hardswish|Hardtanh|Hardsigmoid|"
    r"Threshold|Loss|Pool[123]d|Flatten|Unflatten|Identity|Upsample|PixelShuffle|PixelUnshuffle|Unfold|Fold|Pad[123]d|"
    r"Parameter|Buffer|ParameterList|ParameterDict|Module|CosineSimilarity|PairwiseDistance)"
)
"""Layers without parameters and without a mode: nothing is lost if they are not registered."""

Uses = dict[str, list[ast.Call | ast.For | ast.AsyncFor | ast.Assign]]
"""Calls that are given something, loops over it and assignments of it, by the attributes that are part of it."""

_NO_MODULES = frozenset({"Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer"})
CONTAINERS = frozenset(f"torch.nn.{name}" for name in ("ModuleList", "ModuleDict", "Sequential"))
_REGISTERING = frozenset({"add_module", "register_module", "setattr"})


def builds_module(source: SourceFile, expression: ast.expr) -> bool:
    """Whether ``expression`` certainly builds a module, with or without parameters."""
    if isinstance(expression, ast.Name):
        bindings = names_of(source).bindings(expression)
        value = bindings[0].value if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGNMENT else None
        return value is not None and not isinstance(value, ast.Name) and builds_module(source, value)
    if not isinstance(expression, ast.Call):
        return False
    layer = _TORCH_LAYER.fullmatch(names_of(source).resolve(expression.func) or "")
    if layer is not None:
        return layer[1] not in _NO_MODULES
    facts = classes_of(source).named(expression.func)
    return facts is not None and facts.is_module


def builds_stateful_module(source: SourceFile, expression: ast.expr, *, any_layer: bool = False) -> bool:
    """Whether ``expression`` certainly builds a module with parameters or a mode; any module, if ``any_layer``."""
    if isinstance(expression, ast.Name):
        bindings = names_of(source).bindings(expression)
        return (
            len(bindings) == 1 and bindings[0].value is not None and builds_stateful_module(source, bindings[0].value)
        )
    if not isinstance(expression, ast.Call):
        return False
    name = names_of(source).resolve(expression.func)
    layer = _TORCH_LAYER.fullmatch(name or "")
    if layer is not None:
        is_empty = name in CONTAINERS and not expression.args
        return not is_empty and (any_layer or _STATELESS.fullmatch(layer[1]) is None)
    facts = classes_of(source).named(expression.func)
    if facts is None or not facts.is_module:
        return False
    # A module of the project that stores no layer, owns no parameter and reads no mode has no state to miss either.
    return any(
        (store.value is not None and _is_stateful(owner.source, store.value))
        for owner in facts.ancestry
        for attribute in owner.stored_names
        for _, store in owner.stores(attribute)
    ) or any(
        isinstance(part, ast.Attribute) and part.attr == "training" and isinstance(part.ctx, ast.Load)
        for owner in facts.ancestry
        for part in ast.walk(owner.node)
    )


def _is_stateful(source: SourceFile, value: ast.expr) -> bool:
    return builds_stateful_module(source, value) or _names_parameter(source, value)


def _names_parameter(source: SourceFile, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    return names_of(source).resolve(value.func) in ("torch.nn.Parameter", "torch.nn.parameter.Parameter")


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
            if any(_called(part) in _REGISTERING for part in ast.walk(node)):
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


_PUT = re.compile(r"\bself\.(\w+)(?:\.append\(|\[.*\]\s*=(?!=)|\s*\+=)")
_APPENDED = re.compile(r"\bself\.\w+\.append\((?:(\w+)\)\s*(?:#.*)?$)?")
_BUILT = re.compile(r"\b[A-Z]\w*\(")
_BUILT_OR_BELOW = re.compile(r".*\b[A-Z]\w*\(|[(\\]?[ \t]*(?:#.*)?\r?$", re.MULTILINE)
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
        return any(_BUILT_OR_BELOW.match(text, at) for _, at in assigned(appended[1], text))
    opened = line.partition("#")[0].rstrip()
    if not opened.endswith(("[", "(", "{")):
        return "= (" not in line or not opened.endswith(")") or "," in line
    if _BUILT.search(opened):
        return True
    indent = len(line) - len(line.lstrip())
    inside: list[str] = []
    for row in text[end : end + 120 * _MOST_LINES].splitlines()[:_MOST_LINES]:
        if row.lstrip()[:1] in ("]", ")", "}") and len(row) - len(row.lstrip()) <= indent:
            if opened.endswith("= (") and not any(_COMMA.search(found) for found in _outermost(inside)):
                return False  # parentheses around one expression
            may_be_name = appended is not None and any(_NAME.fullmatch(found) for found in inside)
            return may_be_name or any(_BUILT.search(found) for found in inside)
        inside.append(row)
    return True


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
KEPT = Trigger(
    ("self.",),
    rf"\bself\.\w+(?:\s*:[^=]+)?\s*(?:=\s*[\[({{](?:{_END}|.*[A-Z]\w*\()"
    rf"|\.append\((?:{_END}|.*[A-Z]\w*\(|\w+\){_END})"
    r"|\+=\s*\[.*[A-Z]\w*\(|\[.*\]\s*=\s*[\w.]*[A-Z]\w*\()",
    confirm=_may_hold_module,
    anchor=r"self\.\w+\b(?:[^\S\n]*:[^=\n]+)?[^\S\n]*(?:\+?=[^\S\n]*[\[({]|\.append\(|\[[^\n]*\][^\S\n]*=)",
)
"""Every way to put a module into a list or dict that a class keeps."""
