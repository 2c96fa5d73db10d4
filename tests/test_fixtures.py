"""The fixtures: each rule finds what is marked, at the place that is marked, and nothing else."""

from __future__ import annotations

import ast
import re
import runpy
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest

from dropout_lint.driver.fix_rounds import fix_text, is_fixable
from dropout_lint.finding import Finding
from dropout_lint.lint.file_check import lint_text
from dropout_lint.lint.registry import all_rules
from dropout_lint.render import Report
from dropout_lint.render.full import render
from tests.conftest import ROOT

FIXTURES = ROOT / "fixtures"
BAD = sorted(FIXTURES.glob("DRP*/bad.py"))
GOOD = sorted(FIXTURES.glob("DRP*/good.py"))
NOT_BY_A_FILE = {"DRP001"}  # a crash of the tool: tests/test_engine.py makes one

_MARK = re.compile(r"(?P<code>DRP\d{3})(?: @(?P<column>\d+))?")


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def findings_in(text: str, filename: str = "fixture.py") -> tuple[Finding, ...]:
    return lint_text(filename, text, all_rules()).findings


def expected_in(text: str) -> list[tuple[int, str, int | None]]:
    """Line, code and column of each mark.  A mark is a whole comment, so that ``# noqa: DRP101`` is none."""
    marks = []
    for number, line in enumerate(text.splitlines(), start=1):
        _, hash_sign, comment = line.rpartition("#")
        if hash_sign and re.fullmatch(r"(?: DRP\d{3}(?: @\d+)?)+", comment):
            for mark in _MARK.finditer(comment):
                marks.append((number, mark["code"], int(mark["column"]) if mark["column"] else None))
    return marks


def disagreements(text: str, found: Sequence[Finding]) -> list[str]:
    """What is marked and not found, found and not marked, or found at another column."""
    marked = expected_in(text)
    reported = [(finding.span.start.line, finding.code) for finding in found]
    problems = [f"not found: line {line} {code}" for line, code, _ in marked if (line, code) not in reported]
    problems += [
        f"not marked: line {line} {code}" for line, code in reported if (line, code) not in [m[:2] for m in marked]
    ]
    columns = {(line, code): column for line, code, column in marked if column is not None}
    for finding in found:
        column = columns.get((finding.span.start.line, finding.code), finding.span.start.column)
        if column != finding.span.start.column:
            problems.append(f"column {finding.span.start.column}, not {column}: line {finding.span.start.line}")
    return problems


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_what_is_marked_is_found_and_nothing_else(path: Path) -> None:
    text = path.read_text("utf-8")
    assert expected_in(text), "a fixture that marks nothing proves nothing"
    assert disagreements(text, findings_in(text)) == []


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_near_misses_are_silent(path: Path) -> None:
    assert [f"{f.span.start.line}: {f.code} {f.message}" for f in findings_in(path.read_text("utf-8"))] == []


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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("from torch import nn\nnn.Dropout(30)\n", "not marked: line 2 DRP101"),
        ("from torch import nn\nnn.Dropout(0.3)  # DRP101\n", "not found: line 2 DRP101"),
        ("from torch import nn\nnn.Dropout(30)  # DRP101 @3\n", "column 12, not 3: line 2"),
        ("from torch import nn\nnn.Dropout(30)  # DRP102\n", "not found: line 2 DRP102"),
    ],
    ids=["unmarked finding", "missing finding", "wrong column", "wrong code"],
)
def test_a_wrong_fixture_is_refused(text: str, problem: str) -> None:
    assert problem in disagreements(text, findings_in(text))
