"""Zips: what is read, what is refused, and that every bound can bind."""

from __future__ import annotations

import io

import pytest

from dropout_lint.artifacts.readers import zip_container
from dropout_lint.artifacts.readers.limits import Unreadable
from dropout_lint.artifacts.readers.zip_container import Container
from tests.artifacts.hostile import zip_of


def opened(data: bytes) -> Container:
    return Container(io.BytesIO(data))


def test_entries_are_read_by_name() -> None:
    made = opened(zip_of({"a/b": b"one", "c": b"two"}))
    assert made.names == ("a/b", "c")
    assert made.read("c", 10) == b"two"


def test_an_entry_longer_than_the_limit_is_refused() -> None:
    made = opened(zip_of({"a": b"x" * 11}))
    assert len(made.read("a", 11)) == 11
    with pytest.raises(Unreadable, match="11 bytes long: more than 10"):
        made.read("a", 10)


@pytest.mark.parametrize("name", ["../a", "a/../b", "/a", "\\a", "C:/a", "c:a", "a\\b", "a/.."])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="points outside"):
        opened(zip_of({name: b""}))


@pytest.mark.parametrize("name", ["..a", "a/..b/c", "m/.data/version", "ä/b"])
def test_a_name_that_only_looks_like_it_is_not(name: str) -> None:
    assert opened(zip_of({name: b""})).names == (name,)


def test_a_wrong_checksum_is_refused() -> None:
    data = bytearray(zip_of({"a": b"hello, hello"}, compression=0))
    data[data.index(b"hello")] ^= 1
    with pytest.raises(Unreadable, match="cannot be read"):
        opened(bytes(data)).read("a", 100)


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_container, "ZIP_ENTRIES", 2)
    with pytest.raises(Unreadable, match="3 entries"):
        opened(zip_of({"a": b"", "b": b"", "c": b""}))
