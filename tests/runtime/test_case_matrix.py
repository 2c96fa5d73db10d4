"""The case matrix: misuse is found by the tier that should find it, by layer and line; what is right is quiet."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator

import pytest
import torch

from dropout_lint import testing
from dropout_lint.runtime import DropoutMonitor
from dropout_lint.runtime.modules.exported import refuses_modes
from tests.runtime.cases import CASES, Case

MISUSE = [case for case in CASES if case.misuse]
LEGITIMATE = [case for case in CASES if not case.misuse]
TIERS = ("state", "default", "strict")


def params(cases: list[Case]) -> list[object]:
    """The cases as parameters; those that no tier gets right are expected to fail, and must."""
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.xfail(reason=case.missed)] if case.missed else [])
        for case in cases
    ]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep torch's own warnings about what the cases do out of the way, and their random numbers the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        yield


def said(check: Callable[..., object], *args: object, **kwargs: object) -> str:
    """The message of a failed assertion, or nothing."""
    try:
        check(*args, **kwargs)
    except AssertionError as failure:
        return str(failure)
    return ""


def watched(case: Case) -> str:
    """What a monitor saw while the case was played, as text."""
    scene = case.build()
    with torch.set_grad_enabled(case.grad), DropoutMonitor(no_grad="ignore" if case.grad else "report") as monitor:
        scene.play()
    return "\n".join(map(str, monitor.events))


def verdict(case: Case, tier: str) -> str:
    """What one tier says about a case.  Cases that are more than one call, or need gradients, are watched instead."""
    scene = case.build()
    if tier == "state":
        said_of_flags = said(testing.assert_eval_mode, scene.model)
        if refuses_modes(scene.model):  # its `eval()` raises, and always will
            return said_of_flags
        return said_of_flags or said(testing.assert_eval_propagates, scene.model)
    if case.grad or scene.run is not None:
        return watched(case)
    check = testing.assert_no_active_dropout if tier == "default" else testing.assert_deterministic
    return said(check, scene.model, *scene.args, **scene.kwargs)


@pytest.mark.parametrize("case", params(MISUSE))
def test_misuse_is_found_by_its_tier(case: Case) -> None:
    assert verdict(case, case.tier)


@pytest.mark.parametrize("case", params([case for case in MISUSE if case.tier == "state"]))
def test_what_the_state_shows_is_found_in_one_forward_pass_too(case: Case) -> None:
    assert verdict(case, "default")


@pytest.mark.parametrize("case", params([case for case in MISUSE if case.lines]))
def test_the_finding_names_the_line(case: Case) -> None:
    said_by_tier = verdict(case, "default" if case.tier == "state" else case.tier)
    assert any(f"{case.file}:{line}" in said_by_tier for line in case.lines), said_by_tier


@pytest.mark.parametrize("case", params(MISUSE))
def test_the_finding_has_the_code_of_the_rule(case: Case) -> None:
    assert case.code in verdict(case, case.tier)


@pytest.mark.parametrize("case", params([case for case in MISUSE if case.layer]))
def test_the_finding_names_the_layer(case: Case) -> None:
    assert re.search(rf"(?<![\w.]){re.escape(case.layer)}(?!\w)", verdict(case, case.tier))


@pytest.mark.parametrize("case", params(LEGITIMATE))
def test_what_is_legitimate_is_quiet(case: Case) -> None:
    for tier in TIERS[: TIERS.index(case.tier) + 1]:
        if tier != "state" or not case.grad:  # a step of training is in train mode
            assert verdict(case, tier) == ""


def test_the_default_tier_finds_at_least_29_of_the_36_cases_of_the_design_and_the_strict_one_all() -> None:
    design = [case for case in MISUSE if case.design]
    assert len(design) == 36
    assert sum(bool(verdict(case, "default")) for case in design) >= 29
    assert [case.name for case in design if not verdict(case, "strict")] == []


def test_the_matrix_is_as_large_as_it_says() -> None:
    assert len([case for case in LEGITIMATE if case.design]) == 10
    assert len([case for case in MISUSE if not case.design]) >= 20
    assert len([case for case in LEGITIMATE if not case.design]) >= 20
    assert len({(case.misuse, case.name) for case in CASES}) == len(CASES)
