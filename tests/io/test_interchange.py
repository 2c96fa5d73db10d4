"""TOML and JSON from untrusted sources: a value, or one error that says what is wrong."""

from __future__ import annotations

import pytest

from dropout_lint.io.interchange import Malformed, quoted, read_json, read_toml


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 10_000, "a number of too many digits"),
        (b'"\xff"', "not utf-8: byte 0xff invalid start byte"),
        (b"{", "Expecting property name"),
        (b"", "Expecting value"),
    ],
)
def test_json_that_cannot_be_read_says_why(data: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read_json(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a = " + b"[" * 100_000, "nested too deeply|nesting"),
        (b"a = " + b"9" * 10_000, "a number of too many digits"),
        (b'a = "\xff"', "not utf-8: byte 0xff invalid start byte"),
        (b"a", "Expected '='"),
    ],
)
def test_toml_that_cannot_be_read_says_why(data: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read_toml(data)


def test_what_can_be_read_is_read() -> None:
    assert read_json(b'{"a": [1, 1e999]}') == {"a": [1, float("inf")]}
    assert read_toml(b"\xef\xbb\xbfa = 0xff\n") == {"a": 255}


def test_a_value_is_quoted_in_part_if_it_is_long_and_in_words_if_it_cannot_be() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert quoted([1, "a"]) == "[1, 'a']"
    assert quoted("a" * 1000) == "'" + "a" * 119 + "..."
    assert quoted(1 << 20_000) == "a number of too many digits"
    assert quoted(deep) == "a value that is nested too deeply"
