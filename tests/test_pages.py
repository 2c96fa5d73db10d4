"""The pages of the rules are true: their examples are run."""

from __future__ import annotations

import re

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules
from dropout_lint.lint.rule import Rule

HEADINGS = ["What it does", "Why is this bad?", "Example", "Use instead", "When it stays silent", "Fix safety"]
MORE = ["At run time", "References"]
WITH_EXAMPLES = [rule for rule in all_rules() if "## Example" in rule.page()]


def code_of(rule: type[Rule]) -> str:
    return rule.code


def examples(rule: type[Rule]) -> list[str]:
    return re.findall(r"```python\n(.*?)```", rule.page(), re.S)


@pytest.mark.parametrize("rule", all_rules(), ids=code_of)
def test_a_page_has_its_headings_in_order(rule: type[Rule]) -> None:
    found = re.findall(r"^## (.*)$", rule.page(), re.M)
    wanted = HEADINGS + MORE if "Example" in found else [h for h in HEADINGS if h not in ("Example", "Use instead")]
    assert found == wanted
    assert rule.page().startswith(f"# {rule.name} ({rule.code})\n")


def test_only_the_tool_s_own_codes_have_no_example() -> None:
    assert {rule.code for rule in all_rules()} - {rule.code for rule in WITH_EXAMPLES} == {"DRP000", "DRP001", "DRP002"}


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=code_of)
def test_the_first_example_raises_the_code_and_no_other(rule: type[Rule]) -> None:
    found = {finding.code for finding in check("example.py", examples(rule)[0], all_rules())}
    assert found == {rule.code}


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=code_of)
def test_the_second_example_is_clean(rule: type[Rule]) -> None:
    assert check("example.py", examples(rule)[1], [rule for rule in all_rules() if rule.on]) == ()
    assert rule.code not in {finding.code for finding in check("example.py", examples(rule)[1], all_rules())}


@pytest.mark.parametrize("rule", all_rules(), ids=code_of)
def test_a_page_says_whether_there_is_a_fix(rule: type[Rule]) -> None:
    section = rule.page().partition("## Fix safety\n")[2].partition("\n## ")[0]
    assert ("There is no" in section) == (rule.fixable is None)


@pytest.mark.parametrize("rule", [rule for rule in all_rules() if rule.triggers.words], ids=code_of)
def test_messages_read_as_house_style_wants(rule: type[Rule]) -> None:
    assert not rule.message.endswith(".")
    assert not rule.help.endswith(".")
    assert rule.name == rule.name.lower()
