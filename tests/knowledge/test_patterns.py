"""Regular expressions in knowledge files: those that a name could keep busy are refused, and all others are taken."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from dropout_lint.knowledge import KnowledgeError, extended, standard
from dropout_lint.knowledge.limits import LONGEST
from dropout_lint.knowledge.patterns import TooManyWays, compiled
from tests.conftest import ROOT, Run

ENDLESS = [
    "(a+)+b",
    "(a|a)*b",
    "(a|ab)*c",
    "(?:a?){40}b",
    "a?" * 40 + "b",
    ".*.*.*.*b",
    r"(\w+\s?)*b",
    "(?i)([a-z]*A)*b",
    "(((a*)*)*)*b",
    "a{0,90}" * 5 + "b",
    "(a*)*+b" if sys.version_info >= (3, 11) else "(a*)*b",
]
PLAIN = [
    r"lib\.\w+\.\w+\.\w+\.\w+\.[A-Z]\w*",
    r"(?:\w+\.)+Model",
    r"(?:a|b|cd)*",
    r"lib\.(?:models\.\w+\.\w+\.)?(?:Bert|GPT2?|T5)(?:Model|For[A-Z]\w+)\.from_pretrained",
    r".*-\d+-.*",
    r"[^\]]+\]",
    r"(?P<a>x+)y",
    r"a{3}\.b{2,5}",
    "",
]


@pytest.mark.parametrize("text", ENDLESS)
def test_a_pattern_with_too_many_ways_is_refused(text: str) -> None:
    with pytest.raises(TooManyWays, match="too many ways"):
        compiled(text)


@pytest.mark.parametrize("text", PLAIN)
def test_a_pattern_as_people_write_them_is_taken(text: str) -> None:
    assert compiled(text).pattern == text


@pytest.mark.parametrize("text", ["(", "a{99999999999}", "(" * 50_000, "[z-a]"])
def test_what_is_no_pattern_is_told_to_be_none(text: str) -> None:
    with pytest.raises(re.error):
        compiled(text)


def test_brackets_in_brackets_are_refused() -> None:
    with pytest.raises(TooManyWays, match="brackets"):
        compiled("(" * 90 + ")" * 90)


def test_a_refused_pattern_is_named_with_file_and_entry(tmp_path: Path) -> None:
    (tmp_path / "facts.toml").write_text("[[factory]]\npattern = '(a+)+b'\nmode = 'train'\nlayers = []\n", "utf-8")
    with pytest.raises(
        KnowledgeError, match=r"facts.toml: \[\[factory\]\] number 1 .*'\(a\+\)\+b' in `pattern` may take"
    ):
        extended((tmp_path / "facts.toml",))


def test_names_longer_than_any_are_compared_with_nothing() -> None:
    assert standard().factory("torchvision.models.resnet50") is not None
    assert standard().factory("torchvision.models.resnet50" + "0" * LONGEST) is None


def test_a_pattern_that_would_take_for_ever_stops_no_run(tmp_path: Path, run: Run) -> None:
    (tmp_path / "facts.toml").write_text("[[factory]]\npattern = '(\\w+)+!'\nmode = 'train'\nlayers = []\n", "utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.dropout-lint]\nknowledge = ["facts.toml"]\n', "utf-8")
    (tmp_path / "x.py").write_text((ROOT / "fixtures" / "DRP301" / "bad.py").read_text("utf-8"), "utf-8")
    done = run("-m", "dropout_lint", "check", "--no-cache", cwd=tmp_path, timeout=120)
    assert (done.returncode, done.stdout, done.stderr.count("may take for ever")) == (2, "", 1)


def test_our_own_patterns_pass_the_check_that_those_of_projects_do() -> None:
    for factory in standard().factories:
        for pattern in (factory.pattern, *factory.when):
            assert compiled(pattern.pattern).pattern == pattern.pattern
