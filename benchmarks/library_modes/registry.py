"""The calls to make: programs in ``calls/``, one file for each kind of library, found and not listed.

::

    [[library]]
    name = "captum"                          # the distribution, whose version is stated
    setup = "from captum import attr"        # run before each call
    model = "image"                          # which of models.py (this is the default), or a program:
    build = "model = ..."                    # leaves `model`, and `x` if calls need an input
    needs = ["onnx"]                         # packages beside the library
    calls = [
        "attr.Saliency(model).attribute(x, target=0)",
        { run = "cam = attr.Foo(model)\ncam(x)", of = "captum.attr.Foo.__call__" },
    ]
    not_measured = [{ call = "attr.Bar(model)", why = "it needs a GPU" }]

A program is handed ``model`` and ``x``, and ``y`` (labels), ``loader`` (of batches of both), ``loss``, ``optimizer``,
``torch``, ``nn`` and ``copy``; what its last statement says or assigns is what the call returned.  ``of`` is the dotted
name of what is called, where it cannot be read off the program.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CALLS = Path(__file__).parent / "calls"


@dataclass(frozen=True)
class Probe:
    """One call of one library."""

    field: str
    library: str
    callee: str
    call: str  # what the page shows
    program: str
    model: str = "image"
    build: str = ""
    watched: bool = True  # whether the model has a layer that reads its flag; not for what compiles the source
    needs: tuple[str, ...] = ()  # packages beside the library


@dataclass(frozen=True)
class NotMeasured:
    """A call that cannot be made here."""

    library: str
    call: str
    why: str


def probes() -> list[Probe]:
    """All calls, in one order."""
    found = [_probe(file.stem, table, call) for file, table in _tables() for call in table.get("calls", [])]
    for one, count in Counter((probe.library, probe.callee, probe.call) for probe in found).items():
        if count > 1:
            raise ValueError(f"{', '.join(one)}: is there twice")
    return sorted(found, key=lambda one: (one.field, one.library.lower(), one.callee, one.call))


def not_measured() -> list[NotMeasured]:
    """What could not be measured, and why."""
    found = [
        NotMeasured(table["name"], one["call"], one["why"])
        for _, table in _tables()
        for one in table.get("not_measured", [])
    ]
    return sorted(found, key=lambda one: (one.library.lower(), one.call))


def _tables() -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in sorted(CALLS.glob("*.toml")):
        for table in tomllib.loads(file.read_text("utf-8"))["library"]:
            yield file, table


def _probe(field: str, table: dict[str, Any], call: str | dict[str, Any]) -> Probe:
    said = {"run": call} if isinstance(call, str) else call
    setup, run = table.get("setup", "").strip(), said["run"].strip()
    program = f"{setup}\n{run}" if setup else run
    return Probe(
        field,
        table["name"],
        said.get("of") or callee(program),
        said.get("shown") or shown(run),
        program,
        said.get("model") or table.get("model", "image"),
        "" if "model" in said else table.get("build", ""),
        said.get("watched", table.get("watched", True)),
        tuple(table.get("needs", ())),
    )


def shown(program: str) -> str:
    """The statements of ``program`` in one line, without imports."""
    nodes = [node for node in ast.parse(program).body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    return re.sub(r"\s*\n\s*", " ", "; ".join(map(ast.unparse, nodes)))


def callee(program: str) -> str:
    """The dotted name of what the last statement calls, through imports and names that hold what a call made."""
    names: dict[str, str] = {}
    found = ""
    for node in ast.parse(program).body:
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, (ast.Expr, ast.Assign)):
            found = _called(node.value, names)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names[node.targets[0].id] = found
        elif isinstance(node, ast.With):
            found = _called(node.items[0].context_expr, names)
    return found


def _called(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_called(node.value, names)}.{node.attr}"
    if isinstance(node, ast.Call):
        held = isinstance(node.func, ast.Call) or (
            isinstance(node.func, ast.Name) and "(" in names.get(node.func.id, "")
        )
        return _called(node.func, names) + (".__call__" if held else "")
    if isinstance(node, ast.Subscript):
        return _called(node.value, names)
    return ""
