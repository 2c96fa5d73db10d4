"""Regular expressions that are compiled at their first use."""

from __future__ import annotations

import re

import pytest

from dropout_lint.io.late_pattern import late


def test_it_does_what_the_compiled_one_does() -> None:
    pattern, compiled = late(r"(?P<word>a+)b", re.IGNORECASE), re.compile(r"(?P<word>a+)b", re.IGNORECASE)
    for text in ("xAAb ab", "", "b"):
        assert pattern.findall(text) == compiled.findall(text)
        assert pattern.sub("-", text) == compiled.sub("-", text)
        one, other = pattern.search(text, 1), compiled.search(text, 1)
        assert (one and one.span("word")) == (other and other.span("word"))
        assert bool(pattern.match(text)) == bool(compiled.match(text))
    assert pattern.pattern == compiled.pattern


def test_it_is_compiled_at_the_first_use_and_not_before() -> None:
    pattern = late("(")
    with pytest.raises(re.error):
        pattern.search("x")


def test_the_second_use_is_that_of_the_compiled_one() -> None:
    pattern = late("a")
    assert pattern.search("a")
    assert pattern.search.__self__ == re.compile("a")  # type: ignore[attr-defined]
