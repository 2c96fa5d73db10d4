"""What programs get of a page is what people read there."""

from __future__ import annotations

import pytest

from dropout_lint.finding import Applicability
from dropout_lint.lint import page
from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules, rule_by_code
from dropout_lint.lint.rule import Rule
from tests.conftest import ROOT

WITH_EXAMPLES = [rule for rule in all_rules() if "## Example" in rule.page()]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_the_texts_are_whole_and_hold_no_template(rule: type[Rule]) -> None:
    told = page.sections(rule)
    assert list(told) == [line[3:] for line in rule.page().splitlines() if line.startswith("## ")]
    assert all(told.values())
    for text in (page.summary(rule), page.paragraph(rule, "What it does"), page.paragraph(rule, "Why is this bad?")):
        assert text
        assert "{" not in text
        assert "\n" not in text


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.code)
def test_example_and_repair_are_code(rule: type[Rule]) -> None:
    example, repair = page.code(rule, "Example"), page.code(rule, "Use instead")
    assert example is not None
    assert repair is not None
    assert rule.code in {finding.code for finding in check("x.py", example, all_rules())}
    assert rule.code not in {finding.code for finding in check("x.py", repair, all_rules())}


def test_a_rule_with_fixes_of_both_kinds_says_both() -> None:
    assert page.fixes(rule_by_code("DRP104")) == ("safe", "unsafe")
    assert page.fixes(rule_by_code("DRP101")) == ("unsafe",)
    assert page.fixes(rule_by_code("DRP102")) == ()


@pytest.mark.checkout
@pytest.mark.parametrize("rule", [rule for rule in all_rules() if rule.fixable], ids=lambda rule: rule.code)
def test_the_kinds_of_fixes_are_those_that_the_fixtures_show(rule: type[Rule]) -> None:
    path = ROOT / "fixtures" / rule.code / "bad.py"
    found = check(str(path), path.read_text("utf-8"), [rule])
    kinds = {finding.fix.applicability for finding in found if finding.fix is not None}
    shown = [kind.value for kind in (Applicability.SAFE, Applicability.UNSAFE) if kind in kinds]
    assert not shown or set(shown) <= set(page.fixes(rule))
