"""What the rules about layers and calls know of a line: what names resolve to, rates, classes and their bases."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.constants import constants_of
from dropout_lint.semantic.mode_guards import guards_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.trace import Line, Seen


def facts(source: SourceFile, lines: range) -> Iterator[Seen]:
    """What is known of the calls and classes that begin on ``lines``."""
    for node in ast.walk(source.tree):
        if getattr(node, "lineno", 0) not in lines:
            continue
        if isinstance(node, ast.Call):
            yield from _of_call(source, node)
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(classes_of(source).facts(node))


def _of_call(source: SourceFile, node: ast.Call) -> Iterator[Seen]:
    call = torch_call(source, node)
    spelling = source.segment(node.func)
    if call is None:
        if isinstance(node.func, (ast.Name, ast.Attribute)):
            name = names_of(source).resolve(node.func)
            if name is not None and name != spelling:
                yield Seen(f"`{spelling}` is `{name}`")
        return
    yield Seen(f"`{spelling}` is `{call.callee.name}`, which drops")
    rate = call.rate
    if rate is None:
        yield Seen(f"its rate is the default, or cannot be seen (`{call.callee.rate}`)")
    else:
        folded = constants_of(source).fold(rate)
        known = "is not known" if folded is None else f"is {folded.value!r}" if folded.is_number else "is no number"
        yield Seen(f"its rate `{source.segment(rate)}` {known}")
    if guards_of(source).may_guard(node):
        yield Seen("whether it runs may depend on the mode")


def _of_class(found: ClassModel) -> Iterator[Seen]:
    name = found.node.name
    yield Seen(f"`{name}` is {'a module' if found.is_module else 'not known to be a module'}")
    for base, resolved, spelling in zip(found.base_names, found.bases, found.node.bases):
        text = found.source.segment(spelling)
        if resolved is not None:
            place = Line(resolved.source.filename, resolved.node.lineno)
            yield Seen(f"its base `{text}` is a class of the project", place)
        elif base is not None:
            yield Seen(f"its base `{text}` is `{base}`, which no file of the project defines")
        else:
            yield Seen(f"its base `{text}` is unknown")
    if not found.is_closed:
        yield Seen("not all of its bases are known: what they define is unknown")
