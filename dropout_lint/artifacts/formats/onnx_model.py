"""`.onnx`: which operators of the graph train, and whether that is fixed in the file or left to the caller."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from mmap import mmap
from typing import Any

from dropout_lint.artifacts.readers.limits import ONNX_NODES, Unreadable
from dropout_lint.artifacts.readers.onnx_file import Function, Graph, Model, Node, Reference, read_model
from dropout_lint.artifacts.readers.protobuf import Message
from dropout_lint.artifacts.readers.stack_traces import user_place
from dropout_lint.artifacts.values.evidence import Content, Evidence, Hold, Kind
from dropout_lint.artifacts.values.operators import UNKNOWN, drops_by_name

_ONNX = ("", "ai.onnx")
_DROPOUTS = {"Dropout": (1, 2), "BiasDropout": (3, 4), "BitmaskDropout": (1, 2), "BitmaskBiasDropout": (3, 4)}
"""Operators that drop, and which inputs are their ratio and training_mode; the last three are onnxruntime's."""
_RANDOM = ("Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike")
_CALLS = 40  # functions deep
_LONGEST = 8_000  # text of a scope
_SCOPE = re.compile(r"'((?:[^'\\]|\\.)*)'?")


ONNX_MODEL = "ONNX model"
"""What such a file is called in messages."""


def read(data: mmap | bytes) -> Content:
    """The evidence in the model that ``data`` holds.  Raises `Unreadable`."""
    model = read_model(Message(data, 0, len(data)))
    walk = _Walk(model)
    inputs = {name: _FED for name in model.graph.inputs if name not in model.graph.constants}
    walk.graph(model.graph, inputs, {}, model.opsets, branch=False, calls=0)
    remarks = []
    if walk.random:
        remarks.append(f"draws random numbers in either mode: {', '.join(sorted(walk.random))}")
    if walk.fed:
        layers = ", ".join(f"`{name}`" for name in sorted(walk.fed)[:5])
        remarks.append(f"takes the mode from the caller, as an input of the model: {layers}")
    return Content(ONNX_MODEL, tuple(walk.evidence), tuple(remarks))


_FED: Any = type("Fed", (), {"__slots__": ()})()
"""The value of an input of the model: decided when it is run."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the nodes of one graph see."""

    attributes: Mapping[str, Any]  # of the function that is called
    opsets: Mapping[str, int]
    branch: bool  # whether the graph is one that may not run
    calls: int  # how deep in functions


class _Walk:
    """Follows a model from its inputs; ``evidence``, ``random`` and ``fed`` collect what it finds."""

    def __init__(self, model: Model) -> None:
        self.evidence: list[Evidence] = []
        self.random: set[str] = set()
        self.fed: set[str] = set()
        self._model = model
        self._steps = 0

    def graph(
        self,
        graph: Graph,
        values: dict[str, Any],
        attributes: Mapping[str, Any],
        opsets: Mapping[str, int],
        *,
        branch: bool,
        calls: int,
    ) -> None:
        """Follow ``graph``; ``values`` are the constants that it sees from outside."""
        scope = _Scope(attributes, opsets, branch, calls)
        names = {**values, **dict.fromkeys((name for name in graph.inputs if name not in values), UNKNOWN)}
        names.update(graph.constants)
        self._steps += len(names) // 10
        for node in graph.nodes():
            self._steps += 1
            if self._steps > ONNX_NODES:
                raise Unreadable(
                    f"holds graphs of more than {ONNX_NODES} operators, counting functions where they are called"
                )
            self._node(node, names, scope)

    def _node(self, node: Node, names: dict[str, Any], scope: _Scope) -> None:
        function = self._model.functions.get((node.domain, node.kind))
        if function is not None:
            self._call(node, function, names, scope)
            return
        for inner in node.graphs:
            self.graph(
                inner,
                names,
                scope.attributes,
                scope.opsets,
                branch=scope.branch or node.kind == "If",
                calls=scope.calls,
            )
        inputs = [names.get(name, UNKNOWN) if name else None for name in node.inputs]
        if node.kind == "Constant" and node.outputs:
            known = [self._attribute(value, scope) for value in node.attributes.values()]
            names[node.outputs[0]] = known[0] if len(known) == 1 else UNKNOWN
        elif node.kind in ("Identity", "Cast") and node.outputs and inputs:
            names[node.outputs[0]] = inputs[0]
        elif node.kind == "Not" and node.outputs and inputs and type(inputs[0]) is bool:
            names[node.outputs[0]] = not inputs[0]
        elif node.kind in _DROPOUTS and (node.domain in _ONNX or node.kind != "Dropout"):
            self._dropout(node, inputs, scope)
        elif node.kind == "BatchNormalization" and node.domain in _ONNX:
            self._batch_norm(node, scope)
        elif node.kind in _RANDOM and node.domain in _ONNX:
            if drops_by_name(_layer(node)[1]):  # a layer that is there to drop draws nothing in eval mode
                self._add(node, Kind.DROPOUT, Hold.BAKED, None, scope)
            else:
                self.random.add(node.kind)

    def _call(self, node: Node, function: Function, names: Mapping[str, Any], scope: _Scope) -> None:
        if scope.calls >= _CALLS:
            raise Unreadable(f"holds functions that call each other more than {_CALLS} deep")
        given = {name: names.get(value, UNKNOWN) for name, value in zip(function.body.inputs, node.inputs)}
        attributes = {
            **function.defaults,
            **{name: self._attribute(value, scope) for name, value in node.attributes.items()},
        }
        self.graph(
            function.body,
            given,
            attributes,
            function.opsets or scope.opsets,
            branch=scope.branch,
            calls=scope.calls + 1,
        )

    @staticmethod
    def _attribute(value: Any, scope: _Scope) -> Any:
        return scope.attributes.get(value.name, UNKNOWN) if isinstance(value, Reference) else value

    def _dropout(self, node: Node, inputs: list[Any], scope: _Scope) -> None:
        version = _version(scope.opsets)
        ratio_at, mode_at = _DROPOUTS[node.kind]
        if node.domain in _ONNX and version < 12:
            ratio: Any = self._attribute(node.attributes.get("ratio", 0.5), scope)
            # Up to version 6 a Dropout drops unless `is_test` says otherwise; from 7 to 11 it never does.
            is_test = self._attribute(node.attributes.get("is_test", 0), scope)
            mode: Any = version < 7 and (UNKNOWN if is_test is UNKNOWN else is_test == 0)
        else:
            ratio = inputs[ratio_at] if len(inputs) > ratio_at else None
            mode = inputs[mode_at] if len(inputs) > mode_at else None
        if mode is _FED:
            self.fed.add(node.name or node.kind)
        rate = float(ratio) if isinstance(ratio, (int, float)) else 0.5 if ratio is None else None
        if mode is UNKNOWN or mode is _FED:
            return
        self._add(node, Kind.DROPOUT, Hold.BAKED if mode and rate != 0 else Hold.OFF, rate, scope)

    def _batch_norm(self, node: Node, scope: _Scope) -> None:
        version = _version(scope.opsets)
        if version >= 14:
            mode = self._attribute(node.attributes.get("training_mode", 0), scope)
        elif version >= 7:
            mode = len([name for name in node.outputs if name]) > 1  # version 9: more outputs mean training
        else:
            is_test = self._attribute(node.attributes.get("is_test", 0), scope)
            mode = UNKNOWN if is_test is UNKNOWN else not is_test
        if mode is not UNKNOWN:
            self._add(node, Kind.BATCH_STATISTICS, Hold.BAKED if mode else Hold.OFF, None, scope)

    def _add(self, node: Node, kind: Kind, hold: Hold, rate: float | None, scope: _Scope) -> None:
        layer, owner = _layer(node)
        place = user_place(node.metadata.get("pkg.torch.onnx.stack_trace"))
        self.evidence.append(
            Evidence(kind, hold, rate, layer, owner, f"ONNX {node.kind}", place, always=not scope.branch)
        )


def _version(opsets: Mapping[str, int]) -> int:
    return next((opsets[domain] for domain in _ONNX if domain in opsets), 1)


def _layer(node: Node) -> tuple[str | None, str | None]:
    """Name and class of the layer: from the metadata of torch's exporter, or from the name that its older one gives."""
    scopes = _strings(node.metadata.get("pkg.torch.onnx.name_scopes", ""))
    classes = _strings(node.metadata.get("pkg.torch.onnx.class_hierarchy", ""))
    if len(scopes) >= 2:
        owner = classes[-2] if len(classes) == len(scopes) else None
        return scopes[-2], owner
    parts = node.name.split("/")
    if len(parts) >= 3 and not parts[0]:  # `/encoder/drop/Dropout`
        return ".".join(_without_prefix(parts[1:-1])), None
    return ("", None) if len(parts) == 2 and not parts[0] else (node.name or None, None)


def _without_prefix(parts: list[str]) -> Iterator[str]:
    """The older exporter repeats a list's name: `/layers/layers.0/drop/Dropout` is ``layers.0.drop``."""
    for number, part in enumerate(parts):
        following = parts[number + 1] if number + 1 < len(parts) else ""
        if not following.startswith(f"{part}."):
            yield part


def _strings(text: str) -> list[str]:
    return _SCOPE.findall(text[:_LONGEST])
