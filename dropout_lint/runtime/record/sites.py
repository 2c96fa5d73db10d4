"""Which lines called which model, and how: what a static finding at such a line is compared with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dropout_lint.runtime.record.events import Call, Export, Kind, Modes, Place, Root, Switch

_MOST = 4096  # lines that are kept


@dataclass(slots=True)
class Site:
    """A line that calls a root from outside."""

    place: Place
    model: str
    calls: Counter[tuple[str, bool]] = field(default_factory=Counter)  # ("train" | "eval" | "mixed", gradients on)


@dataclass(slots=True)
class SwitchSite:
    """A line that sets a mode."""

    place: Place
    model: str  # class name of the module that it was called on
    training: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class ExportSite:
    """A line that exports a model."""

    place: Place
    exporter: str
    model: str
    mode: str
    call: int  # number of the last call before it


def mode_word(root: Root, modes: Modes) -> str:
    """ "train", "eval", or "mixed" where the layers that matter disagree."""
    words = {on for layer, on in zip(root.layers, modes.layers) if layer.kind is not Kind.MODE_DEPENDENT}
    if len(words) == 2:
        return "mixed"
    return "train" if (words.pop() if words else modes.root) else "eval"


class Sites:
    """Collects lines."""

    def __init__(self) -> None:
        self.calls: dict[tuple[Place, str], Site] = {}
        self.switches: dict[tuple[Place, str, bool], SwitchSite] = {}
        self.exports: list[ExportSite] = []
        self._words: dict[tuple[int, Modes], str] = {}

    def call(self, call: Call, root: Root) -> None:
        """Take in one call."""
        key = (call.place, root.name)
        site = self.calls.get(key)
        if site is None:
            if len(self.calls) >= _MOST:
                return
            site = self.calls[key] = Site(call.place, root.name)
        word = self._words.get((root.number, call.modes))
        if word is None:
            word = mode_word(root, call.modes)
            if len(self._words) < _MOST:
                self._words[root.number, call.modes] = word
        site.calls[word, call.grad_enabled] += 1

    def switch(self, switch: Switch) -> None:
        """Take in one call of `train` or `eval`."""
        key = (switch.place, switch.receiver, switch.training)
        if key not in self.switches and len(self.switches) >= _MOST:
            return
        self.switches.setdefault(key, SwitchSite(switch.place, switch.receiver, switch.training)).count += 1

    def export(self, export: Export, call: int) -> None:
        """Take in one export."""
        if len(self.exports) < _MOST:
            word = mode_word(export.root, export.modes)
            self.exports.append(ExportSite(export.place, export.exporter, export.root.name, word, call))
