"""A fingerprint stays where a line moves, and is one in its file."""

from __future__ import annotations

import pytest

from dropout_lint.driver.fingerprints import fingerprints
from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules

HEAD = "from torch import nn\n"


def marks(text: str) -> list[str]:
    findings = check("x.py", text, [rule for rule in all_rules() if rule.on])
    return fingerprints(findings, lambda _: text.splitlines())


BEFORE = HEAD + "nn.Dropout(30)\n"

CASES = {
    "lines above": (HEAD + "\n\nx = 1\nnn.Dropout(30)\n", True),
    "another indentation": (HEAD + "if x:\n        nn.Dropout(30)\n", True),
    "other blanks": (HEAD + "nn.Dropout(30)   \n", True),
    "another rate": (HEAD + "nn.Dropout(40)\n", False),
    "a comment": (HEAD + "nn.Dropout(30)  # percent\n", False),
    "another name of the rule's function": (HEAD + "nn.Dropout2d(30)\n", False),
}


@pytest.mark.parametrize(("after", "same"), CASES.values(), ids=CASES)
def test_only_the_text_of_the_line_counts(after: str, same: bool) -> None:
    assert (marks(after) == marks(BEFORE)) == same


def test_equal_lines_are_told_apart_by_their_number() -> None:
    twice = marks(HEAD + "nn.Dropout(30)\nnn.Dropout(30)\n")
    assert len(set(twice)) == 2
    assert twice[:1] == marks(BEFORE)


def test_what_has_no_line_goes_by_its_message() -> None:
    findings = check("x.py", BEFORE, [rule for rule in all_rules() if rule.on])
    assert fingerprints(findings, lambda _: []) != fingerprints(findings, lambda _: BEFORE.splitlines())
