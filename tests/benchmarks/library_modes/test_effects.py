"""The effect of a call follows from the flags that were seen, and torch still does what the file says."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from benchmarks.library_modes import effects, table
from benchmarks.library_modes.__main__ import DATA, PAGE, differences
from benchmarks.library_modes.effects import Observation, Start
from benchmarks.library_modes.registry import Probe, probes

Flags = tuple[bool, ...]
BEFORE: dict[Start, Flags] = {
    "train": (True, True, True),
    "eval": (False, False, False),
    "frozen": (True, False, True),
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
    after: Callable[[Flags], Flags], raising: Callable[[Flags], Flags] = same, saw: bool | None = None, error: str = ""
) -> dict[Start, Observation]:
    during = frozenset() if saw is None else frozenset({(saw, True)})
    return {
        start: Observation(
            flags,
            (raising if start == "raising" else after)(flags),
            during,
            error="RuntimeError" if start == "raising" else error,
        )
        for start, flags in BEFORE.items()
    }


@pytest.mark.parametrize(
    ("observations", "effect"),
    [
        (seen(same), "keeps"),
        (seen(same, saw=False), "restores exactly"),
        (seen(flat, saw=False), "restores flatly"),
        (seen(off), "leaves eval"),
        (seen(off, off), "leaves eval"),
        (seen(on), "leaves train"),
        (seen(root_off), "depends on the start"),
        (seen(same, off, saw=False), "restores exactly; leaves eval if it raises"),
        (seen(flat, off, saw=False), "restores flatly; leaves eval if it raises"),
        (seen(same, error="ValueError"), "not measured"),
        ({}, "not measured"),
    ],
)
def test_the_effect_follows_from_the_flags(observations: dict[Start, Observation], effect: str) -> None:
    assert effects.effect(observations) == effect


def test_an_effect_is_not_told_from_some_of_the_starts() -> None:
    observations = seen(same)
    del observations["frozen"]
    assert effects.effect(observations) == "not measured"


@pytest.mark.checkout
def test_the_page_is_what_the_file_says() -> None:
    rows = list(csv.DictReader(io.StringIO(DATA.read_text("utf-8"))))
    assert table.page(rows) == PAGE.read_text("utf-8")
    assert table.to_csv(rows) == DATA.read_text("utf-8")


def test_every_probe_was_measured() -> None:
    rows = list(csv.DictReader(io.StringIO(DATA.read_text("utf-8"))))
    assert {(row["library"], row["call"]) for row in rows} == {(one.library, one.text) for one in probes()}


def test_torch_does_what_the_file_says() -> None:
    assert differences() == []


def test_a_call_that_fails_is_reported_with_its_error_and_not_judged() -> None:
    from benchmarks.library_modes.observing import observe

    def broken(model: object, x: object) -> None:
        raise ValueError("no such option")

    found = observe(Probe("torch", "torch.broken", "broken(model)", broken, watched=True))
    assert {one.error for one in found.values()} == {"ValueError"}
    assert effects.effect(found) == "not measured"
