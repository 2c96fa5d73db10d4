"""The effect of a call follows from the flags that were seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.library_modes import effects
from benchmarks.library_modes.effects import Observation, Start

Flags = tuple[bool, ...]
BEFORE: dict[Start, Flags] = {
    "train": (True, True, True),
    "eval": (False, False, False),
    "frozen": (True, False, True),
    "mixed": (False, False, True),
    "raising": (True, True, True),
}


def same(flags: Flags) -> Flags:
    return flags


def flat(flags: Flags) -> Flags:
    return (flags[0],) * len(flags)


def off(flags: Flags) -> Flags:
    return (False,) * len(flags)


def on(flags: Flags) -> Flags:
    return (True,) * len(flags)


def root_off(flags: Flags) -> Flags:
    return (False, *flags[1:])


def seen(
    after: Callable[[Flags], Flags],
    raising: Callable[[Flags], Flags] = same,
    saw: bool | None = None,
    error: str = "",
    added: Callable[[Flags], Flags] = lambda flags: (),
    returned: Callable[[Flags], Flags] = lambda flags: (),
    in_a_copy: bool = False,
) -> dict[Start, Observation]:
    during = frozenset() if saw is None else frozenset({(saw, True)})
    return {
        start: Observation(
            flags,
            (raising if start == "raising" else after)(flags),
            added(flags),
            during,
            in_a_copy,
            "another" if returned(flags) else "",
            returned(flags),
            error="RuntimeError" if start == "raising" else error,
        )
        for start, flags in BEFORE.items()
    }


@pytest.mark.parametrize(
    ("observations", "effect"),
    [
        (seen(same), "keeps"),
        (seen(same, saw=False), "restores exactly"),
        (seen(same, saw=False, in_a_copy=True), "keeps"),
        (seen(flat, saw=False), "restores flatly"),
        (seen(off), "leaves eval"),
        (seen(off, off), "leaves eval"),
        (seen(on), "leaves train"),
        (seen(root_off), "depends on the start: mixed from train and frozen, kept from eval and mixed"),
        (seen(same, off, saw=False), "restores exactly; leaves eval if it raises"),
        (seen(flat, off, saw=False), "restores flatly; leaves eval if it raises"),
        (seen(same, error="ValueError"), "not measured"),
        (seen(same, added=on), "keeps; new modules: train"),
        (seen(same, added=flat), "keeps"),
        ({}, "not measured"),
    ],
)
def test_the_effect_follows_from_the_flags(observations: dict[Start, Observation], effect: str) -> None:
    assert effects.effect(observations) == effect


def test_an_effect_is_not_told_from_some_of_the_starts() -> None:
    observations = seen(same)
    del observations["frozen"]
    assert effects.effect(observations) == "not measured"


def test_what_a_call_refuses_is_told_beside_what_it_does_to_the_rest() -> None:
    refused = seen(same, error="AssertionError: only for eval")
    observations = {**seen(same), "train": refused["train"], "frozen": refused["frozen"]}
    assert effects.effect(observations) == "keeps; raises from train and frozen"
    assert effects.errors(observations) == "AssertionError: only for eval"


@pytest.mark.parametrize(
    ("came_back", "words"),
    [
        (on, "another in train"),
        (same, "another in its modes"),
        (flat, "another in the mode of the root"),
        (lambda flags: (True, *flags), "another in its modes, and a root of its own in train"),
        (lambda flags: (flags[0], True), "another in train from train and frozen, mixed from eval and mixed"),
    ],
)
def test_the_mode_of_what_came_back_is_set_against_that_of_the_model(
    came_back: Callable[[Flags], Flags], words: str
) -> None:
    assert effects.returned(seen(same, returned=came_back)) == words


def test_where_forward_ran_is_told_once_for_all_starts() -> None:
    assert effects.during(seen(same, saw=False)) == "eval"
    assert effects.during(seen(same)) == ""
    own = {start: Observation(flags, flags, during=frozenset({(flags[0], False)})) for start, flags in BEFORE.items()}
    assert effects.during(own) == "its mode without gradients"
