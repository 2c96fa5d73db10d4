"""What `torch.save` and `pickle.dump` write: whole modules, checkpoints, state dicts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from dropout_lint.artifacts.readers.inert import Global, Instance, Table, Value
from dropout_lint.artifacts.readers.limits import PICKLE_BYTES
from dropout_lint.artifacts.readers.pickle_reader import read_pickle
from dropout_lint.artifacts.readers.stored_modules import entries, judge, stored_modules
from dropout_lint.artifacts.readers.zip_container import Container
from dropout_lint.artifacts.values.evidence import Content, Evidence, Hold

_LEGACY = 0x1950A86A20F9469CFC6C  # torch/serialization.py: the first of four pickles, before torch 1.6
_OPTIMIZER = re.compile(r"optim", re.IGNORECASE)


def read_zip(container: Container, entry: str) -> Content:
    """What the pickle ``entry`` of a zip holds."""
    return describe(read_pickle(io.BytesIO(container.read(entry, PICKLE_BYTES))))


def read_stream(file: BinaryIO) -> Content:
    """What a plain pickle holds, or a file that `torch.save` wrote before it used zips."""
    value = read_pickle(file)
    if type(value) is int and value == _LEGACY:
        for _ in range(3):  # the protocol, what the machine was like, the object
            value = read_pickle(file)
    return describe(value)


def describe(root: Value) -> Content:
    """The evidence in ``root``."""
    modules = list(stored_modules(root))
    if not modules:
        return _without_modules(root)
    evidence = tuple(found for found in map(judge, modules) if found is not None)
    if modules[0].path == "" or not _has_optimizer(root):
        return Content("pickled module", evidence)
    return Content("training checkpoint", *_as_training_left_it(evidence))


def _as_training_left_it(evidence: tuple[Evidence, ...]) -> tuple[tuple[Evidence, ...], tuple[str, ...]]:
    """A checkpoint with its optimizer is for training on: that it is in train mode is right."""
    training = sum(found.hold is Hold.STORED for found in evidence)
    remark = (
        f"holds an optimizer, so its modules are in the mode of training: {training} layers; call `eval()` to infer"
    )
    return tuple(replace(found, hold=Hold.OFF) for found in evidence), (remark,) if training else ()


def _has_optimizer(root: Value) -> bool:
    for key, value in [*entries(root).items(), *(root.attributes.items() if type(root) is Instance else ())]:
        inner = entries(value)
        if _OPTIMIZER.search(key) or ("state" in inner and "param_groups" in inner):
            return True
    return False


def _without_modules(root: Value) -> Content:
    if _holds_tensors(root):
        return Content(
            "state dict",
            (),
            ("holds names and tensors: the mode in which the model will run is set by the code that loads it",),
        )
    return Content("pickle", (), ("holds no module: there is no mode in it",))


def _holds_tensors(root: Value) -> bool:
    return any(type(value) is Instance and _makes_tensor(value.made_by) for value in _nearby(root))


def _makes_tensor(function: Value) -> bool:
    name = function.name if type(function) is Global else ""
    return name.startswith("_rebuild_") and ("tensor" in name or "parameter" in name)


def _nearby(root: Value) -> Iterator[Value]:
    """``root`` and what is up to three levels below it; not more than 100,000 values of a level."""
    level = [root]
    for _ in range(4):
        yield from level
        level = list(islice((child for value in level for child in _children(value)), 100_000))


def _children(value: Value) -> Iterable[Value]:
    if isinstance(value, (list, tuple)):
        return value
    return entries(value).values() if type(value) in (Table, Instance) else ()
