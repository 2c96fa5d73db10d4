"""The parts of an ONNX file that matter here, by name.  Field numbers are those of onnx.proto (ONNX 1.23)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dropout_lint.artifacts.readers.limits import GRAPH_DEPTH, Unreadable
from dropout_lint.artifacts.readers.protobuf import Message, as_float
from dropout_lint.artifacts.values.operators import UNKNOWN

_BFLOAT16 = 16
_SCALARS = dict(zip((1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, _BFLOAT16), map("<{}".format, "fBbHhiq?edIQH")))
"""How the types of TensorProto are encoded in its bytes, by number: 1 is float, 9 bool, 10 float16."""


@dataclass(frozen=True, slots=True)
class Node:
    """An operator of a graph."""

    kind: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]  # constants, `UNKNOWN`, or a `Reference`
    graphs: tuple[Graph, ...]
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute whose value is that of the function's own attribute ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph, or the body of a function: its inputs, the constants that it names, and where its nodes are."""

    message: Message
    inputs: tuple[str, ...]
    constants: dict[str, Any]
    node_field: int
    depth: int

    def nodes(self) -> Iterator[Node]:
        """Its nodes, one at a time."""
        for number, value in self.message.fields():
            if number == self.node_field and isinstance(value, Message):
                yield _node(value, self.depth)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the model: operators that define another one."""

    body: Graph
    opsets: dict[str, int]
    defaults: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its main graph, its functions by domain and name, and the version of each set of operators."""

    graph: Graph
    functions: dict[tuple[str, str], Function]
    opsets: dict[str, int]


def read_model(message: Message) -> Model:
    """The model in ``message``.  Raises `Unreadable` if there is none."""
    graph = None
    functions: dict[tuple[str, str], Function] = {}
    opsets: dict[str, int] = {}
    for number, value in message.fields():
        if not isinstance(value, Message):
            continue
        if number == 7:
            graph = _graph(value, 0)
        elif number == 8:
            opsets.update(_opset(value))
        elif number == 25:
            name, function = _function(value)
            functions[name] = function
    if graph is None:
        raise Unreadable("holds no graph: it is no ONNX model, or a truncated one")
    return Model(graph, functions, opsets)


def _graph(message: Message, depth: int) -> Graph:
    if depth > GRAPH_DEPTH:
        raise Unreadable(f"holds graphs nested more than {GRAPH_DEPTH} deep")
    inputs: list[str] = []
    constants: dict[str, Any] = {}
    for number, value in message.fields():
        if isinstance(value, Message):
            if number == 5:
                name, constant = _tensor(value)
                if constant is not UNKNOWN:
                    constants[name] = constant
            elif number == 11:
                inputs.append(_text_of(value, 1))
    return Graph(message, tuple(inputs), constants, 1, depth)


def _function(message: Message) -> tuple[tuple[str, str], Function]:
    name = domain = ""
    inputs: list[str] = []
    opsets: dict[str, int] = {}
    defaults: dict[str, Any] = {}
    for number, value in message.fields():
        if isinstance(value, Message):
            if number == 1:
                name = value.text()
            elif number == 4:
                inputs.append(value.text())
            elif number == 9:
                opsets.update(_opset(value))
            elif number == 10:
                domain = value.text()
            elif number == 11:
                key, constant, _ = _attribute(value, 0)
                defaults[key] = constant
    return (domain, name), Function(Graph(message, tuple(inputs), {}, 7, 0), opsets, defaults)


def _node(message: Message, depth: int) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: [], 7: []}
    attributes: dict[str, Any] = {}
    graphs: list[Graph] = []
    metadata: dict[str, str] = {}
    for number, value in message.fields():
        if not isinstance(value, Message):
            continue
        if number in texts:
            texts[number].append(value.text())
        elif number == 5:
            name, constant, inner = _attribute(value, depth)
            attributes[name] = constant
            graphs += inner
        elif number == 9:
            metadata[_text_of(value, 1)] = _text_of(value, 2)
    inputs, outputs, names, kinds, domains = texts.values()
    return Node(
        (kinds or [""])[-1],
        (domains or [""])[-1],
        (names or [""])[-1],
        tuple(inputs),
        tuple(outputs),
        attributes,
        tuple(graphs),
        metadata,
    )


def _attribute(message: Message, depth: int) -> tuple[str, Any, list[Graph]]:
    name, constant = "", UNKNOWN
    graphs: list[Graph] = []
    for number, value in message.fields():
        if isinstance(value, Message):
            if number == 1:
                name = value.text()
            elif number == 4:
                constant = value.text()
            elif number == 5:
                constant = _tensor(value)[1]
            elif number in (6, 11):
                graphs.append(_graph(value, depth + 1))
            elif number == 21:
                constant = Reference(value.text())
        elif number == 2 and value < 1 << 32:  # else it is no float, but a number of another width
            constant = as_float(value)
        elif number == 3:
            constant = value
    return name, constant, graphs


def _tensor(message: Message) -> tuple[str, Any]:
    """Name and value of a tensor of one element; `UNKNOWN` for all others, and for one in another file."""
    name, kind, elements = "", 0, 1
    raw = b""
    for number, value in message.fields():
        if number == 1:  # dims
            size = value if isinstance(value, int) else value.packed_int()
            elements = elements * size if size is not None and elements <= 1 else 2
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8 and isinstance(value, Message):
            name = value.text()
        elif number == 9 and isinstance(value, Message):
            raw = value.bytes(8)
        elif number in (4, 10):  # float_data, double_data: packed, or one by one
            raw = value.bytes(8) if isinstance(value, Message) else value.to_bytes(8, "little")
        elif number in (5, 7, 11):  # int32_data (bools and 16-bit floats, too), int64_data, uint64_data
            whole = value if isinstance(value, int) else value.packed_int()
            raw = b"" if whole is None else whole.to_bytes(10, "little")
    layout = _SCALARS.get(kind)
    if elements != 1 or layout is None or len(raw) < struct.calcsize(layout):
        return name, UNKNOWN
    if kind == _BFLOAT16:
        return name, as_float(int.from_bytes(raw[:2], "little") << 16)
    return name, struct.unpack(layout, raw[: struct.calcsize(layout)])[0]


def _opset(message: Message) -> dict[str, int]:
    domain, version = "", 0
    for number, value in message.fields():
        if number == 1 and isinstance(value, Message):
            domain = value.text()
        elif number == 2 and isinstance(value, int):
            version = value
    return {domain: version}


def _text_of(message: Message, wanted: int) -> str:
    return next((v.text() for number, v in message.fields() if number == wanted and isinstance(v, Message)), "")
