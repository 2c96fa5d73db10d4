"""While a project is edited at random, cached answers are those of a run without a cache, however files are named.

A modest number of edits here; ``CACHE_EDITS=2000 pytest tests/test_cache_stays_right.py`` makes more, and
``CACHE_SEED`` others.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple
from unittest import mock

import pytest

from dropout_lint import cli
from dropout_lint.driver import cache as cache_module
from dropout_lint.flake8_plugin import Choices, Plugin, _project
from dropout_lint.knowledge import extended
from tests.conftest import Run, clean_environment
from tests.edited_project import EditedProject

EDITS = int(os.environ.get("CACHE_EDITS", "60"))
SEED = int(os.environ.get("CACHE_SEED", "7"))


class Told(NamedTuple):
    """What a run says."""

    code: int
    out: str
    err: str


def check(*words: str | Path, cwd: Path, stdin: bytes = b"") -> Told:
    """Run ``check`` in this process, as if it had been started in ``cwd``."""
    extended.cache_clear()  # kept for one run
    out, err = io.StringIO(), io.StringIO()
    before = os.getcwd()
    os.chdir(cwd)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        ):
            code = cli.main(["check", "-j1", *map(str, words)])
    finally:
        os.chdir(before)
    return Told(code, out.getvalue(), err.getvalue())


class Way(NamedTuple):
    """A folder to be in, and what to call the files from there."""

    cwd: Path
    paths: tuple[str, ...] = ()


def ways(project: EditedProject, link: Path, random: Random) -> Iterator[Way]:
    """How a project may be named."""
    root = project.root
    files = [str(path.relative_to(root)) for path in project.files() if path.exists()]
    some = random.sample(files, min(len(files), 3))
    yield Way(root)
    yield Way(root, (".",))
    yield Way(root, tuple(files))
    yield Way(root, tuple(some))
    yield Way(root, (*some, *(f"./{name}" for name in some), str(root)))
    yield Way(root.parent, (root.name,))
    yield Way(root.parent, (str(root),))
    yield Way(link)
    yield Way(root.parent, (str(link),))
    yield Way(root.parent, (link.name, root.name))
    for folder in ("pkg", "tests", "pkg/inner", "linked"):
        if (root / folder).is_dir():
            yield Way(root / folder)
            yield Way(root / folder, ("..",))
            yield Way(root / folder, ("../base.py", "../net.py", "."))
            yield Way(root, (f"{folder}/../base.py", f"{folder}/..", folder))


def findings(told: Told) -> list[tuple[object, ...]]:
    """What a run with ``--output-format json`` found, place and code of each."""
    return [
        (each["filename"], each["location"]["row"], each["location"]["column"], each["code"])
        for each in json.loads(told.out)
    ]


def by_flake8(path: Path, cwd: Path) -> list[tuple[object, ...]]:
    """What the plugin of flake8 finds in the file at ``path``."""
    _project.cache_clear()
    before = os.getcwd()
    os.chdir(cwd)
    try:
        name = os.path.relpath(path)
        text = path.read_text("utf-8")
        plugin = Plugin(ast.parse(text), text.splitlines(keepends=True), name)
        with mock.patch.object(Plugin, "choices", Choices()):
            return sorted((str(path), line, column + 1, text[:6]) for line, column, text, _ in plugin.run())
    finally:
        os.chdir(before)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def differences(
    project: EditedProject, link: Path, kept: Path, random: Random, counts: dict[str, int]
) -> Iterator[str]:
    """Where an answer from the cache in ``kept`` is another than that without."""
    root = project.root
    for way in random.sample(list(ways(project, link, random)), 2):
        words = [*way.paths, "--output-format", random.choice(["json", "concise", "full"])]
        words += random.choice([[], [], [], [], [], ["--isolated"]])  # one result is kept for each file
        fresh = check(*words, "--no-cache", cwd=way.cwd)
        counts["compared"] += 1
        counts["findings"] += fresh.out.count("DRP")
        if check(*words, "--cache-dir", kept, cwd=way.cwd) != fresh:
            yield f"check {' '.join(words)} in {way.cwd}"
    draw = random.random()
    files = [path for path in project.files() if path.is_file() and _parses(path)]
    path = random.choice(files) if files else None
    if draw < 0.15:
        yield from _fix_differs(project, random.choice([Way(root), Way(root, (".",)), Way(root, (str(root),))]), kept)
        counts["fixed"] += 1
    elif draw < 0.4 and path is not None:
        way = Way(root, (str(path.relative_to(root)), "--isolated", "--output-format", "json"))
        known = findings(check(*way.paths, "--cache-dir", kept, cwd=root))
        if by_flake8(path, root) != known:
            yield f"flake8 {path}"
        counts["flake8"] += 1
    elif draw < 0.6 and path is not None:
        named = str(path.relative_to(root))
        words = ["--isolated", "--output-format", "json"]
        known = findings(check(named, *words, "--cache-dir", kept, cwd=root))
        told = check("-", "--stdin-filename", named, *words, cwd=root, stdin=path.read_bytes())
        if findings(told) != known:
            yield f"stdin as {path}"
        counts["stdin"] += 1


def _fix_differs(project: EditedProject, way: Way, kept: Path) -> Iterator[str]:
    words = [*way.paths, "--fix", "--unsafe-fixes"]
    told = []
    for how in (["--no-cache"], ["--cache-dir", str(kept)]):
        with _restored(project.root, project.elsewhere):  # a fix goes through links
            told.append((check(*words, *how, cwd=way.cwd), contents(project.root), contents(project.elsewhere)))
    if told[0] != told[1]:
        yield f"{' '.join(words)} in {way.cwd}"


@contextlib.contextmanager
def _restored(*folders: Path) -> Iterator[None]:
    """What happens in ``folders`` is undone."""
    saved = {folder: folder.with_name(f"saved {folder.name}") for folder in folders}
    for folder, copy in saved.items():
        shutil.copytree(folder, copy, symlinks=True)
    yield
    for folder, copy in saved.items():
        for entry in os.scandir(folder):
            shutil.rmtree(entry) if entry.is_dir(follow_symlinks=False) else os.unlink(entry)
        shutil.copytree(copy, folder, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(copy)


def _parses(path: Path) -> bool:
    try:
        ast.parse(path.read_text("utf-8"))
    except (SyntaxError, ValueError):
        return False
    return True


def test_edits_at_random_leave_no_answer_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.delenv("DROPOUT_LINT_CACHE_DIR", raising=False)
    random = Random(SEED)
    counts = dict.fromkeys(("compared", "findings", "fixed", "flake8", "stdin", "changed"), 0)
    stale: list[str] = []
    last = ""
    for number in range(EDITS):
        if number % 20 == 0:  # a new project: after many edits little is left that fits together
            around = tmp_path / str(number)
            around.mkdir()
            project = EditedProject(around / "project", around / "elsewhere", random)
            link = around / "link"
            link.symlink_to(project.root, target_is_directory=True)
        edit = project.edit()
        # With 0, files that have just been written are not read again if size and times are as they were.
        monkeypatch.setattr(cache_module, "_RACY", random.choice([0, 2_000_000_000]))
        stale += [f"{number}: {edit}: {each}" for each in differences(project, link, around / "cache", random, counts)]
        now = check("--no-cache", "--output-format", "concise", cwd=project.root).out
        counts["changed"] += now != last
        last = now
    for name, count in counts.items():
        record_property(name, count)
    print(f"{EDITS} edits, seed {SEED}: {counts}; stale: {len(stale)}")
    assert not stale, "\n".join(stale)
    assert counts["changed"] > EDITS // 5, "the edits change too little to show anything"


def test_programs_of_their_own_agree_with_their_cache(tmp_path: Path, run: Run) -> None:
    random = Random(SEED)
    project = EditedProject(tmp_path / "project", tmp_path / "elsewhere", random)
    for _ in range(4):
        project.edit()
        words = ["-m", "dropout_lint", "check", "--output-format", "concise"]
        fresh = run(*words, "--no-cache", cwd=project.root)
        cached = run(*words, cwd=project.root)
        assert (cached.returncode, cached.stdout, cached.stderr) == (fresh.returncode, fresh.stdout, fresh.stderr)


def test_two_runs_at_once_share_a_cache(tmp_path: Path, run: Run) -> None:
    project = EditedProject(tmp_path / "project", tmp_path / "elsewhere", Random(SEED))
    command = [sys.executable, "-m", "dropout_lint", "check", "--output-format", "concise"]
    fresh = run(*command[1:], "--no-cache", cwd=project.root).stdout
    for _ in range(2):
        running = [
            subprocess.Popen(
                command, cwd=project.root, env=clean_environment(), stdout=subprocess.PIPE, encoding="utf-8"
            )
            for _ in range(3)
        ]
        assert {program.communicate(timeout=120)[0] for program in running} == {fresh}
    assert run(*command[1:], cwd=project.root).stdout == fresh
