"""A file is replaced whole, also where the system knows no users."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dropout_lint.io.atomic_write import ChangedMeanwhile, write_atomically


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_bytes(b"theirs")
    with pytest.raises(ChangedMeanwhile):
        write_atomically(path, b"ours", expected=b"what was read")
    assert path.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["net.py"]


def test_it_writes_where_there_is_no_effective_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python in a browser has `os.chown`, and no `os.geteuid`."""
    path = tmp_path / "net.py"
    path.write_bytes(b"before")
    monkeypatch.delattr(os, "geteuid", raising=False)
    monkeypatch.delattr(os, "getegid", raising=False)
    write_atomically(path, b"after", expected=b"before")
    assert path.read_bytes() == b"after"
