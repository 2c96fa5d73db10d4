"""`.pt2`: the graph that `torch.export.save` writes, as JSON in a zip."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dropout_lint.artifacts.readers.limits import GRAPH_DEPTH, JSON_BYTES, JSON_VALUES, Unreadable
from dropout_lint.artifacts.readers.stack_traces import user_place
from dropout_lint.artifacts.readers.zip_container import Container
from dropout_lint.artifacts.values.evidence import Content, Evidence, Hold, Kind
from dropout_lint.artifacts.values.operators import OPERATORS, RANDOM, UNKNOWN, drops_by_name, judge

_TARGET = re.compile(r"(?:torch\.ops\.)?aten\.(\w+)(?:\.\w+)?")
_MODEL = re.compile(r"(^|/)(models/[^/]+\.json|serialized_exported_program\.json)$")


def holds_program(names: tuple[str, ...]) -> bool:
    """Whether a zip with these entries is one that `torch.export.save` wrote."""
    return any(_MODEL.search(name) for name in names)


def read(container: Container) -> Content:
    """The evidence in every program of the file."""
    evidence: list[Evidence] = []
    random: set[str] = set()
    for name in filter(_MODEL.search, container.names):
        program = parse(container.read(name, JSON_BYTES))
        for node, branch in _nodes(program):
            found = _TARGET.fullmatch(_target(node))
            if found is None:
                continue
            if found[1] in OPERATORS:
                evidence += _evidence(node, found[1], branch)
            elif found[1] in RANDOM:
                drawn = _drawn(node, found[1], branch)
                evidence += drawn
                random.update(() if drawn else (found[1],))
    remarks = [f"draws random numbers in either mode: {', '.join(sorted(random))}"] if random else []
    return Content("exported program", tuple(evidence), tuple(remarks))


def parse(data: bytes) -> Any:
    """``data`` as JSON.  Raises `Unreadable` for what is broken, nested too deeply, or made of too many values."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") > JSON_VALUES:
        raise Unreadable(f"holds JSON of more than {JSON_VALUES} values")
    try:
        return json.loads(data, parse_int=lambda text: int(text) if len(text) < 40 else UNKNOWN)
    except RecursionError:
        raise Unreadable("holds JSON that is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"holds broken JSON: {error}") from None


def _nodes(program: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every node of the program's graph and of the graphs inside it, with whether it is in one of those.

    Whether the graph inside is a branch that may not be taken depends on the operator; all but the wrappers that only
    set a context choose or repeat.
    """
    try:
        graph = program["graph_module"]["graph"]
        graph["nodes"]
    except (KeyError, TypeError):
        raise Unreadable("holds no graph of a program that torch has exported") from None
    stack: list[tuple[Any, bool, int]] = [(graph, False, 0)]
    while stack:
        graph, branch, depth = stack.pop()
        if depth > GRAPH_DEPTH:
            raise Unreadable(f"holds graphs nested more than {GRAPH_DEPTH} deep")
        for node in _list(_dict(graph).get("nodes")):
            if not isinstance(node, dict):
                continue
            yield node, branch
            conditional = branch or not _target(node).startswith(_ALWAYS_TAKEN)
            for argument in _list(node.get("inputs")):
                inner = _dict(_dict(argument).get("arg")).get("as_graph")
                if inner is not None:
                    stack.append((_dict(inner).get("graph"), conditional, depth + 1))


_ALWAYS_TAKEN = ("torch.ops.higher_order.wrap", "torch.ops.higher_order.invoke_subgraph")


def _evidence(node: dict[str, Any], name: str, branch: bool) -> Iterator[Evidence]:
    operator = OPERATORS[name]
    arguments = {}
    for argument in _list(node.get("inputs")):
        key = _dict(argument).get("name")
        if isinstance(key, str):
            arguments[key] = _value(_dict(argument).get("arg"))
    hold, rate = judge(operator, arguments)
    if hold is None:
        return
    metadata = _dict(node.get("metadata"))
    layer, owner = _layer(metadata.get("nn_module_stack"))
    place = user_place(metadata.get("stack_trace"))
    yield Evidence(operator.kind, hold, rate, layer, owner, f"aten.{name}", place, always=not branch)


def _drawn(node: dict[str, Any], name: str, branch: bool) -> list[Evidence]:
    """Random numbers in a layer that is there to drop: it would draw none in eval mode."""
    metadata = _dict(node.get("metadata"))
    layer, owner = _layer(metadata.get("nn_module_stack"))
    if not drops_by_name(owner):
        return []
    place = user_place(metadata.get("stack_trace"))
    return [Evidence(Kind.DROPOUT, Hold.BAKED, None, layer, owner, f"aten.{name}", place, always=not branch)]


def _value(argument: Any) -> Any:
    """A constant argument; `UNKNOWN` for a tensor or a symbol."""
    argument = _dict(argument)
    if "as_none" in argument:
        return None
    for key in ("as_bool", "as_float", "as_int"):
        if key in argument and isinstance(argument[key], (bool, int, float)):
            return argument[key]
    return UNKNOWN


def _layer(stack: Any) -> tuple[str | None, str | None]:
    """Name and class of the innermost module: ``L__self__,,net.Net;L__self__drop,drop,torch...Dropout``."""
    if not isinstance(stack, str) or not stack:
        return None, None
    parts = stack.rpartition(";")[2].split(",")
    if len(parts) < 3:
        return None, None
    return parts[1][:500], parts[-1][:500]


def _target(node: dict[str, Any]) -> str:
    target = node.get("target")
    return target if isinstance(target, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
