"""Modules in a pickle: which there are, in which mode, and for which of them the mode matters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dropout_lint.artifacts.readers.inert import Global, Instance, Table, Value
from dropout_lint.artifacts.readers.limits import DEPTH, Unreadable
from dropout_lint.artifacts.values.evidence import Evidence, Hold, Kind
from dropout_lint.artifacts.values.operators import drops_by_name


@dataclass(frozen=True, slots=True)
class StoredModule:
    """A module that a pickle holds: its dotted name below the root, its class, and its attributes."""

    path: str
    cls: Global
    attributes: dict[str, Value]

    @property
    def training(self) -> bool | None:
        """Its `training` flag; None where it has none."""
        flag = self.attributes.get("training")
        return flag if type(flag) is bool else None


def class_of(value: Value) -> Global | None:
    """The class of an instance: what it is made by, or the first argument of copyreg's reconstructor.

    Before torch 1.6, a module's class was saved together with its source: ("module", class, file, source).
    """
    if type(value) is not Instance:
        return None
    if type(value.made_by) is Instance and type(value.made_by.arguments) is tuple:
        saved = value.made_by.arguments[1:2]
        return saved[0] if saved and type(saved[0]) is Global else None
    if type(value.made_by) is Global and value.made_by.module in ("copyreg", "copy_reg"):
        first = value.arguments[0] if type(value.arguments) is tuple and value.arguments else None
        return first if type(first) is Global else None
    return value.made_by if type(value.made_by) is Global else None


def entries(value: Value) -> dict[str, Value]:
    """The items of a dict, or of an OrderedDict, that have a string as their key."""
    if type(value) is Table:
        return value.named
    if type(value) is not Instance:
        return {}
    arguments = value.arguments
    made_by = value.made_by.name if type(value.made_by) is Global else ""
    if made_by == "OrderedDict" and type(arguments) is tuple and arguments and type(arguments[0]) is list:
        for pair in arguments[0]:  # as Python 2 wrote it: OrderedDict([["key", value], ...])
            if isinstance(pair, (list, tuple)) and len(pair) == 2 and type(pair[0]) is str:
                value.table.named.setdefault(pair[0], pair[1])
        value.arguments = ()  # they are in the table now, and need not be looked at again
    return value.table.named


def stored_modules(root: Value) -> Iterator[StoredModule]:
    """Every module below ``root``, once, by the first path that reaches it; outer ones come first."""
    seen: set[int] = set()
    stack: list[tuple[Value, str, int]] = [(root, "", 0)]
    while stack:
        value, path, depth = stack.pop()
        if id(value) in seen or type(value) not in _WITH_CHILDREN:
            continue
        seen.add(id(value))
        if depth > DEPTH:
            raise Unreadable(f"holds objects nested more than {DEPTH} deep")
        if type(value) is Instance and "_modules" in value.attributes:
            cls = class_of(value)
            if cls is not None:
                yield StoredModule(path, cls, value.attributes)
        children = [(child, name, depth + 1) for name, child in _children(value, path)]
        stack.extend(reversed(children))


def _children(value: Value, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            if item and type(item) in _WITH_CHILDREN:  # a list of a million numbers has no million names
                yield f"{path}[{number}]", item
        return
    items = value.named if type(value) is Table else entries(value)
    attributes = value.attributes if type(value) is Instance else {}
    submodules = entries(attributes.get("_modules"))
    for name, item in [*submodules.items(), *attributes.items(), *items.items()]:
        yield _join(path, name), item
    if type(value) is Instance:
        for item in value.items:
            yield path, item
        arguments = value.arguments if type(value.arguments) is tuple else (value.arguments,)
        for item in arguments:  # what a function, such as the loader of a compiled module, is called with
            yield path, item


def _join(path: str, name: str) -> str:
    if name.startswith("_") and name in _INTERNAL:
        return path
    return (f"{path}.{name}" if path else name)[:1000]


_WITH_CHILDREN = (Table, Instance, list, tuple)
_INTERNAL = frozenset(("_modules", "_parameters", "_buffers"))

_RATE_NAMES = ("p", "drop_prob", "drop_rate", "dropout", "prob")
_NN = "torch.nn.modules."


def judge(module: StoredModule) -> Evidence | None:
    """What the file says about ``module``, if its mode matters; None for modules that no mode changes.

    torch's own classes are judged by their file and name; those of others only where the name says that they drop and
    an attribute says how often.
    """
    kind, rate, harmless = _nature(module)
    if kind is None or module.training is None:
        return None
    hold = Hold.STORED if module.training and not harmless else Hold.OFF
    return Evidence(kind, hold, rate, module.path, module.cls.dotted)


def _nature(module: StoredModule) -> tuple[Kind | None, float | None, bool]:
    """The kind of the module's mode dependence, its rate, and whether its settings make it harmless."""
    get, home, name = module.attributes.get, module.cls.module, module.cls.name
    if home == f"{_NN}dropout":
        rate = _number(get("p"))
        return Kind.DROPOUT, rate, rate == 0
    if home == f"{_NN}rnn" or (home.startswith("torch.ao.nn.quantized.dynamic") and name in ("LSTM", "GRU")):
        rate = _number(get("dropout"))
        return (Kind.RECURRENT if rate is not None else None), rate, not rate or get("num_layers") == 1
    if home == f"{_NN}activation" and name == "MultiheadAttention":
        rate = _number(get("dropout"))
        return Kind.ATTENTION, rate, not rate
    if home == f"{_NN}activation" and name == "RReLU":
        return Kind.RANDOM_SLOPE, None, _number(get("lower")) == _number(get("upper"))
    if home in (f"{_NN}batchnorm", f"{_NN}instancenorm"):
        return Kind.BATCH_STATISTICS, None, get("track_running_stats") is not True
    if not home.startswith("torch.") and drops_by_name(name):
        rates = [rate for rate in map(_number, map(get, _RATE_NAMES)) if rate is not None]
        if rates:
            return Kind.DROPOUT, rates[0], rates[0] == 0
    return None, None, True


def _number(value: Value) -> float | None:
    return float(value) if type(value) in (int, float) else None
