"""Takes the code out of an archive: Python files and notebooks, and nothing that could land outside of the folder."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

SUFFIXES = (".py", ".ipynb")


class UnsafeArchive(Exception):
    """An archive with a member that points out of it."""


def unpack(archive: Path, folder: Path) -> int:
    """Write the code in ``archive`` below ``folder``; returns the number of files.

    The one folder at the top of an sdist is left out, so that paths start in the folder of its PKG-INFO.  Links are
    neither followed nor made.  Raises `UnsafeArchive`, and what `tarfile` and `zipfile` raise for broken archives.
    """
    count = 0
    for name, data in _wheel(archive) if archive.suffix == ".whl" else _sdist(archive):
        target = folder.joinpath(*inner_parts(name, archive.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        count += 1
    return count


def inner_parts(name: str, archive: str) -> tuple[str, ...]:
    """The parts of the member ``name``.  Raises `UnsafeArchive` if they lead, on any system, out of the folder."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or any(part == ".." or "\\" in part or ":" in part for part in parts):
        raise UnsafeArchive(f"{archive}: the member {name!r} points out of the archive; nothing of it is kept")
    return parts


def _wheel(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if not member.is_dir() and member.filename.endswith(SUFFIXES):
                yield member.filename, opened.read(member)


def _sdist(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for member in opened:
            if not member.isfile() or not member.name.endswith(SUFFIXES):
                continue
            _, slash, name = member.name.removeprefix("./").partition("/")
            file = opened.extractfile(member)
            if file is not None:
                yield (name if slash else member.name), file.read()
