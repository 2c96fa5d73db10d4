"""One effect per call, from what was seen of the model before, during and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Start = Literal["train", "eval", "frozen", "mixed", "raising"]
STARTS: tuple[Start, ...] = ("train", "eval", "frozen", "mixed", "raising")
"""All in train; all in eval; in train, a part in eval; in eval, dropout in train; in train, and forward raises."""
WORKING = STARTS[:4]


@dataclass(frozen=True)
class Observation:
    """One call on one model.  A flag is the ``training`` of one module; the root comes first."""

    before: tuple[bool, ...]
    after: tuple[bool, ...]
    """Of the modules that were there and still are."""
    added: tuple[bool, ...] = ()
    """Of the modules that are there since the call."""
    during: frozenset[tuple[bool, bool]] = frozenset()
    """What forward saw: the flag of a module that is not frozen, and whether gradients were recorded."""
    in_a_copy: bool = False
    """Whether what ran was no module of this model."""
    returned: str = ""
    returned_flags: tuple[bool, ...] = ()
    """Of what came back, without the modules that it shares with the model."""
    buffers: tuple[str, ...] = ()
    error: str = ""


Seen = Mapping[Start, Observation]


def mode(flags: tuple[bool, ...]) -> str:
    """``train``, ``eval``, or ``mixed`` when modules differ."""
    return "train" if all(flags) else "mixed" if any(flags) else "eval"


def effect(seen: Seen) -> str:
    """What the call does to modes; ``not measured`` when it failed on every model that works."""
    if not all(start in seen for start in WORKING):
        return "not measured"
    works = {start: seen[start] for start in WORKING if not seen[start].error}
    if not works:
        return "not measured"
    found = [_of_old(works), *_of_new(works), *_refused(seen)]
    raising = seen.get("raising")
    if raising and raising.error and raising.after != raising.before:
        ends = f"leaves {mode(raising.after)}"
        if ends != found[0]:
            found.append(f"{ends} if it raises")
    return "; ".join(found)


def _of_old(works: Seen) -> str:
    if all(one.after == one.before for one in works.values()):
        touched = any(
            _ran(one).startswith("eval" if one.before[0] else "train") and not one.in_a_copy for one in works.values()
        )
        return "restores exactly" if touched else "keeps"
    modes = {mode(one.after) for one in works.values()}
    if len(modes) == 1 and modes != {"mixed"}:
        return f"leaves {modes.pop()}"
    if all(set(one.after) == {one.before[0]} for one in works.values()):
        return "restores flatly"
    return "depends on the start: " + by_start({start: _after(one) for start, one in works.items()})


def _after(one: Observation) -> str:
    return "kept" if one.after == one.before else mode(one.after)


def _of_new(works: Seen) -> list[str]:
    if all(set(one.added) <= {one.before[0]} for one in works.values()):
        return []
    return ["new modules: " + by_start({start: mode(one.added) for start, one in works.items() if one.added})]


def _refused(seen: Seen) -> list[str]:
    starts = [start for start in WORKING if seen[start].error]
    return [f"raises from {' and '.join(starts)}"] if starts else []


def by_start(words: Mapping[Start, str]) -> str:
    """One word if it is the same from every start, else which one from which."""
    if len(set(words.values())) <= 1:
        return next(iter(words.values()), "")
    starts: dict[str, list[str]] = {}
    for start, word in words.items():
        starts.setdefault(word, []).append(start)
    return ", ".join(f"{word or 'nothing'} from {' and '.join(found)}" for word, found in starts.items())


def during(seen: Seen) -> str:
    """In which mode forward ran, from all starts."""
    words = _each(seen, _ran)
    if len(set(words.values())) > 1 and all(words[start].split(" ")[0] == _root(seen[start]) for start in words):
        return by_start({start: word.replace(_root(seen[start]), "its mode", 1) for start, word in words.items()})
    return by_start(words)


def _ran(one: Observation) -> str:
    flags = sorted({"train" if flag else "eval" for flag, _ in one.during})
    without = " without gradients" if {grad for _, grad in one.during} == {False} else ""
    return " and ".join(flags) + without + (" in a copy" if one.in_a_copy else "")


def _root(one: Observation) -> str:
    return mode(one.before[:1])


def returned(seen: Seen) -> str:
    """What came back, from all starts: its mode is set against that of the model."""
    works = {start: seen[start] for start in WORKING if start in seen and not seen[start].error}
    kinds = {one.returned for one in works.values()}
    if len(kinds) != 1 or not all(one.returned_flags for one in works.values()):
        return by_start({start: one.returned for start, one in works.items()})
    return f"{kinds.pop()} {_mode_of_returned(works)}"


def _mode_of_returned(works: Seen) -> str:
    modes = {start: mode(one.returned_flags) for start, one in works.items()}
    if len(set(modes.values())) == 1:
        return f"in {modes.popitem()[1]}"
    if all(modes[start] == mode(one.before) for start, one in works.items()):
        return "in its modes"
    if all(modes[start] == _root(one) for start, one in works.items()):
        return "in the mode of the root"
    if all(one.returned_flags[0] and mode(one.returned_flags[1:]) == mode(one.before) for one in works.values()):
        return "in its modes, and a root of its own in train"
    return "in " + by_start(modes)


def changed(seen: Seen) -> str:
    """Whether buffers changed, from which starts."""
    words = _each(seen, lambda one: "changed" if one.buffers else "")
    return by_start(words).removesuffix(f", nothing from {' and '.join(start for start in words if not words[start])}")


def errors(seen: Seen) -> str:
    """What it raised, from all starts that raised."""
    return by_start({start: seen[start].error for start in WORKING if seen[start].error})


def _each(seen: Seen, word: Callable[[Observation], str]) -> dict[Start, str]:
    return {start: word(seen[start]) for start in WORKING if start in seen and not seen[start].error}
