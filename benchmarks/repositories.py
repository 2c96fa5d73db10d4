"""The repositories of the mode labels, each at the commit named, unpacked like the packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.labels import Label
from benchmarks.packages import HERE
from benchmarks.unpack import unpack

FOLDER = HERE / ".repositories"  # ignored by git
_MARKER = ".commit"
_TOP = "README.md"  # left empty at the top of what is unpacked: by it the top of a project is known, and it is no code
_CODE = ":(glob)**/*.py"
_NOTEBOOKS = ":(glob)**/*.ipynb"  # only where wanted: copies that leave out large files leave out some of those
_HOST = "https://github.com"


class NoRepository(Exception):
    """A repository, or its commit, that cannot be had."""


def wanted(labels: Sequence[Label]) -> dict[str, str]:
    """The repositories of ``labels`` and their commits.  Raises ValueError if one is wanted at two commits."""
    found: dict[str, str] = {}
    for label in labels:
        if label.commit is not None and found.setdefault(label.where, label.commit) != label.commit:
            raise ValueError(f"{label.id}: {label.where} is labelled at {found[label.where]} and at {label.commit}")
    return found


def present(folder: Path = FOLDER) -> list[tuple[str, Path]]:
    """The repositories that were fetched, as owner/name, and the folders of their code."""
    return [(marker.parent.name.replace("+", "/", 1), marker.parent) for marker in sorted(folder.glob(f"*/{_MARKER}"))]


def has(name: str, commit: str, folder: Path = FOLDER) -> bool:
    """Whether the code of ``name`` at ``commit`` is there."""
    try:
        return (_place(name, folder) / _MARKER).read_text("ascii").strip() == commit
    except OSError:
        return False


def install(name: str, commit: str, local: Path | None, folder: Path = FOLDER, *, notebooks: bool = False) -> int:
    """Unpack ``name`` at ``commit`` from a copy below ``local``, or from GitHub; returns the number of files.

    No label is in a notebook, so they are left out unless ``notebooks``.  Raises `NoRepository`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder) as scratch:
        archive, fresh = Path(scratch) / "code.tar", Path(scratch) / "code"
        fresh.mkdir()
        source = _fetched(name, commit, Path(scratch)) if local is None else _local(name, local)
        # The prefix plays the part of the top folder of an sdist, which is left out.
        code = _patterns(name, commit, source) if notebooks else [_CODE]
        _git(name, "--git-dir", str(source), "archive", "--prefix=top/", f"--output={archive}", commit, *code)
        files = unpack(archive, fresh)
        if not (fresh / _TOP).exists():
            (fresh / _TOP).touch()
        (fresh / _MARKER).write_text(commit + "\n", "ascii")
        target = _place(name, folder)
        if target.exists():
            shutil.rmtree(target)
        os.replace(fresh, target)
    return files


def _place(name: str, folder: Path) -> Path:
    return folder / name.replace("/", "+", 1)


def _fetched(name: str, commit: str, scratch: Path) -> Path:
    """A new git directory that holds ``commit`` and nothing before it."""
    target = scratch / "git"
    _git(name, "init", "--quiet", "--bare", str(target))
    _git(name, "--git-dir", str(target), "fetch", "--quiet", "--depth=1", f"{_HOST}/{name}", commit)
    return target


def _local(name: str, local: Path) -> Path:
    """The git directory of ``name`` below ``local``: a clone or bare, at owner/name or owner+name or one deeper."""
    for place in _candidates(name, local):
        if (place / "HEAD").is_file() and (place / "objects").is_dir():
            return place
    raise NoRepository(f"{name}: no git directory at {local / name} or {_place(name, local)}")


def _candidates(name: str, local: Path) -> Iterator[Path]:
    for root in (local / name, _place(name, local), local / f"{name}.git"):
        for place in (root, *(sorted(root.iterdir()) if root.is_dir() else ())):
            yield place
            yield place / ".git"


def _patterns(name: str, commit: str, source: Path) -> list[str]:
    """The patterns of code that some file answers to: git refuses one that none does."""
    listed = _git(name, "--git-dir", str(source), "ls-tree", "-r", "--name-only", commit).splitlines()
    wanted = ((".py", _CODE), (".ipynb", _NOTEBOOKS))
    return [pattern for suffix, pattern in wanted if any(file.endswith(suffix) for file in listed)]


def _git(name: str, *arguments: str) -> str:
    # No user's or system's settings: a filter or hook of theirs would run on code that nobody here has read.
    environment = {
        **os.environ,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        raise NoRepository(f"{name}: git: {done.stderr.strip()}")
    return done.stdout
