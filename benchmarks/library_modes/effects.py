"""One effect per call, from what was seen of the model before, during and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Start = Literal["train", "eval", "frozen", "raising"]
STARTS: tuple[Start, ...] = ("train", "eval", "frozen", "raising")
"""All in train; all in eval; in train but for one part in eval; in train, and forward raises."""


@dataclass(frozen=True)
class Observation:
    """One call on one model.  A flag is the ``training`` of one module; the root comes first."""

    before: tuple[bool, ...]
    after: tuple[bool, ...]
    during: frozenset[tuple[bool, bool]] = frozenset()
    """What forward saw: the flag of a module that is not frozen, and whether gradients were recorded."""
    returned: str = ""
    buffers: tuple[str, ...] = ()
    error: str = ""


def mode(flags: tuple[bool, ...]) -> str:
    """``train``, ``eval``, or ``mixed`` when modules differ."""
    return "train" if all(flags) else "mixed" if any(flags) else "eval"


def effect(seen: Mapping[Start, Observation]) -> str:
    """What the call does to modes; ``not measured`` when it failed on a model that works."""
    working = [seen[start] for start in STARTS[:3] if start in seen]
    if len(working) < 3 or any(one.error for one in working):
        return "not measured"
    found = _without_errors(working)
    raising = seen.get("raising")
    if raising and raising.error and raising.after != raising.before:
        ends = f"leaves {mode(raising.after)}"
        return found if ends == found else f"{found}; {ends} if it raises"
    return found


def _without_errors(working: list[Observation]) -> str:
    if all(one.after == one.before for one in working):
        touched = any(flag != one.before[0] for one in working for flag, _ in one.during)
        return "restores exactly" if touched else "keeps"
    modes = [mode(one.after) for one in working]
    if modes == ["train", "eval", "train"]:
        return "restores flatly"
    return f"leaves {modes[0]}" if len(set(modes)) == 1 and modes[0] != "mixed" else "depends on the start"
