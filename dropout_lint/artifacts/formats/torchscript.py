"""TorchScript: what `torch.jit.save` writes, scripted, traced or frozen."""

from __future__ import annotations

import ast
import io
from collections import Counter
from collections.abc import Iterator

from dropout_lint.artifacts.readers.limits import CODE_BYTES, PICKLE_BYTES, SOURCE_BYTES, Unreadable
from dropout_lint.artifacts.readers.pickle_reader import read_pickle
from dropout_lint.artifacts.readers.stored_modules import class_of
from dropout_lint.artifacts.readers.zip_container import Container
from dropout_lint.artifacts.torchscript.code import Code, code_entries
from dropout_lint.artifacts.torchscript.interpreter import Interpreter
from dropout_lint.artifacts.torchscript.source_ranges import SourceRanges
from dropout_lint.artifacts.torchscript.values import OutOfSteps, Reached
from dropout_lint.artifacts.values.evidence import Content, Evidence, Hold, Kind, Place
from dropout_lint.artifacts.values.operators import drops_by_name, judge

_TOO_LONG = "holds code that is too long to follow to its end: the rest was not judged"


def holds_torchscript(names: tuple[str, ...]) -> bool:
    """Whether a zip with these entries is one that `torch.jit.save` wrote."""
    return any(True for _ in code_entries(names)) and any(name.endswith("data.pkl") for name in names)


def read(container: Container) -> Content:
    """The evidence in the module's ``forward``, as the file stores it and as `eval()` would leave it.

    Without a ``forward``, all methods count.  Methods that ``forward`` does not reach run only if a user chooses to.
    """
    code = Code()
    for entry in code_entries(container.names):
        code.add(entry, container.read(entry, CODE_BYTES))
    data = next(name for name in container.names if name.rpartition("/")[2] == "data.pkl")
    root = read_pickle(io.BytesIO(container.read(data, PICKLE_BYTES)))
    cls = class_of(root)
    if cls is None or cls.dotted not in code.classes:
        raise Unreadable("holds TorchScript code, but no module that it is of")
    methods = tuple(code.classes[cls.dotted].methods)
    places = _Places(container)
    finished = True
    runs = []
    for training in (False, None):
        interpreter = Interpreter(code, training, places)
        try:
            for method in ("forward",) if "forward" in methods else methods:
                interpreter.run(root, method)
        except OutOfSteps:
            finished = False
        runs.append(interpreter.reached)
    evidence = tuple(_evidence(*runs))
    random = sorted({r.name for r in runs[0] if r.operator is None and not drops_by_name(r.owner)})
    remarks = [f"draws random numbers in either mode: {', '.join(random)}"] if random else []
    return Content("TorchScript module", evidence, tuple(remarks if finished else [*remarks, _TOO_LONG]))


def _evidence(after_eval: list[Reached], as_stored: list[Reached]) -> Iterator[Evidence]:
    """What is on even after `eval()` is baked in; what is on besides, as the file stores its flags, `eval()` clears."""
    baked: Counter[Evidence] = Counter()
    drawn: Counter[tuple[str, str]] = Counter()
    for reached in after_eval:
        if reached.operator is None:
            drawn[reached.layer, reached.name] += 1
        found = _judged(reached, Hold.BAKED)
        if found is not None and found.hold is Hold.BAKED:
            baked[found] += 1
            yield found
    for reached in as_stored:
        found = _judged(reached, Hold.BAKED)
        if found is not None and baked[found] > 0:
            baked[found] -= 1
        elif reached.operator is None and drawn[reached.layer, reached.name] > 0:
            drawn[reached.layer, reached.name] -= 1
        else:
            stored = _judged(reached, Hold.STORED)
            if stored is not None:
                yield stored


def _judged(reached: Reached, on: Hold) -> Evidence | None:
    if reached.operator is None:
        # Random numbers are evidence where `eval()` would stop them, and in a layer that is there to drop.
        dropping = drops_by_name(reached.owner)
        if not dropping and on is Hold.BAKED:
            return None
        kind, hold, rate = Kind.DROPOUT if dropping else Kind.NOISE, Hold.BAKED, None
    else:
        kind = reached.operator.kind
        judged, rate = judge(reached.operator, reached.arguments)
        if judged is None:
            return None
        hold = judged
    operation, owner = f"torch.{reached.name}", reached.owner or None
    hold = on if hold is Hold.BAKED else hold
    return Evidence(kind, hold, rate, reached.layer, owner, operation, reached.place, reached.certain)


class _Places:
    """The user's line for a statement of the file's code; the tables are read at their first use."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._left = SOURCE_BYTES
        self._known: dict[tuple[str, int, int], Place | None] = {}
        self._tables: dict[str, tuple[SourceRanges, list[int]] | None] = {}

    def __call__(self, entry: str, node: ast.AST) -> Place | None:
        if entry not in self._tables:
            self._tables[entry] = self._load(entry)
        table = self._tables[entry]
        if table is None:
            return None
        ranges, starts = table
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        key = (entry, line, column)
        if key not in self._known:
            # Python counts a carriage return as the end of a line, too; torch writes none into its code.
            self._known[key] = ranges.place(starts[line - 1] + column) if line <= len(starts) else None
        return self._known[key]

    def _load(self, entry: str) -> tuple[SourceRanges, list[int]] | None:
        name = f"{entry}.debug_pkl"
        if name not in self._container.names:
            return None
        try:
            data = self._container.read(name, self._left)
        except Unreadable:
            return None
        self._left -= len(data)
        ranges = SourceRanges(data)
        starts, offset = [], 0
        for line in self._container.read(entry, CODE_BYTES).split(b"\n"):
            starts.append(offset)
            offset += len(line) + 1
        return ranges, starts
