"""The fixtures: each rule finds what is marked, at the place that is marked, and nothing else."""

from __future__ import annotations

import ast
import runpy
import warnings
from pathlib import Path

import pytest

from dropout_lint.driver.fix_rounds import fix_text, is_fixable
from dropout_lint.finding import Finding
from dropout_lint.lint.file_check import lint_text
from dropout_lint.lint.registry import all_rules
from dropout_lint.render.full import render
from dropout_lint.render.report import Report
from dropout_lint.testing.rules import assert_findings, assert_no_findings
from tests.conftest import ROOT

FIXTURES = ROOT / "fixtures"
BAD = sorted(FIXTURES.glob("DRP*/bad.py"))
GOOD = sorted(FIXTURES.glob("DRP*/good.py"))
NOT_BY_A_FILE = {"DRP001"}  # a crash of the tool: tests/lint/test_engine.py makes one


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def findings_in(text: str, filename: str = "fixture.py") -> tuple[Finding, ...]:
    return lint_text(filename, text, all_rules()).findings


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_what_is_marked_is_found_and_nothing_else(path: Path) -> None:
    assert_findings(path.read_text("utf-8"), filename="fixture.py")


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_near_misses_are_silent(path: Path) -> None:
    assert_no_findings(path.read_text("utf-8"), filename="fixture.py")


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_the_output_is_exact(path: Path, regen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)
    name = f"{path.parent.name}/bad.py"
    text = path.read_text("utf-8")
    shown = render(Report(findings_in(text, name), lambda _: text.encode()))
    expected = path.with_suffix(".txt")
    if regen:
        expected.write_text(shown, "utf-8")
    assert shown == expected.read_text("utf-8")


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_fixes_give_the_fixed_file_and_are_final(path: Path, regen: bool) -> None:
    text = path.read_text("utf-8")
    if not any(is_fixable(finding, unsafe=True) for finding in findings_in(text)):
        assert not path.with_name("fixed.py").exists()
        return
    fixed = fix_text(text, findings_in, unsafe=True)
    assert fixed.refused == ()
    ast.parse(fixed.text)
    again = fix_text(fixed.text, findings_in, unsafe=True)
    assert again.text == fixed.text
    assert again.applied == ()
    expected = path.with_name("fixed.py")
    if regen:
        expected.write_text(fixed.text, "utf-8")
    assert fixed.text == expected.read_text("utf-8")


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_safe_fixes_leave_the_unsafe_ones_alone(path: Path) -> None:
    text = path.read_text("utf-8")
    fixed = fix_text(text, findings_in, unsafe=False)
    unsafe = [finding for finding in findings_in(text) if finding.fix and not is_fixable(finding, unsafe=False)]
    assert len([finding for finding in fixed.remaining if finding.fix]) == len(unsafe)


@pytest.mark.parametrize(
    "path", [path for path in sorted(FIXTURES.glob("DRP*/*.py")) if path.parent.name != "DRP000"], ids=name_of
)
def test_fixtures_are_programs_that_run(path: Path) -> None:
    pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runpy.run_path(str(path), run_name="__main__")


def test_every_rule_has_fixtures() -> None:
    missing = [
        f"{rule.code}/{name}"
        for rule in all_rules()
        for name in ("bad.py", "good.py")
        if rule.code not in NOT_BY_A_FILE and not (FIXTURES / rule.code / name).exists()
    ]
    assert missing == []


def test_every_rule_finds_something_in_its_own_fixture() -> None:
    silent = [
        path.parent.name
        for path in BAD
        if path.parent.name not in {finding.code for finding in findings_in(path.read_text("utf-8"))}
    ]
    assert silent == []
