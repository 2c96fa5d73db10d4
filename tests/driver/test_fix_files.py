"""Fixes: only the edited spans change, files are never half written, and a second run changes nothing."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dropout_lint.cli import main
from dropout_lint.driver import fix_files
from dropout_lint.driver.fix_files import fix_file
from dropout_lint.driver.fix_rounds import fix_text
from dropout_lint.finding import Applicability, Edit, Finding, Fix, Position, Severity, Span
from dropout_lint.io import atomic_write
from dropout_lint.io.atomic_write import ChangedMeanwhile, write_atomically
from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules
from dropout_lint.syntax.splicing import apply_edits
from tests.conftest import ROOT

RULES = [rule for rule in all_rules() if rule.on]
HEAD = "import torch\nfrom torch import nn\n"
CALL = "nn.Dropout(rate=0.3)"
FIXED = "nn.Dropout(p=0.3)"


def at(line: int, start: int, end: int, content: str, applicability: Applicability = Applicability.SAFE) -> Finding:
    span = Span(Position(line, start), Position(line, end))
    fix = Fix("do it", (Edit(span, content),), applicability)
    return Finding("DRP999", "test", "message", "", "x.py", span, Severity.WARNING, fix=fix)


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + CALL).encode(),
        b"\xef\xbb\xbf" + (HEAD + CALL + "\n").encode(),
        (HEAD + CALL + "\n").replace("\n", "\r\n").encode(),
        (HEAD + CALL + "\n").replace("\n", "\r").encode(),
        ("# -*- coding: latin-1 -*-\n# caf\xe9\n" + HEAD + CALL).encode("latin-1"),
        (HEAD + "x = 1\x0c\n" + CALL + "   \n\n\n").encode(),
        (HEAD + "y = 'é世界'; " + CALL + "; z = 'é'\n").encode(),
        (HEAD + "def f():\n\tif 1:\n\t\t" + CALL + "\n").encode(),
    ],
    ids=["no last newline", "bom", "crlf", "cr", "latin-1", "form feed", "wide characters", "tabs"],
)
def test_only_the_edited_span_changes(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(data)
    outcome = fix_file(path, RULES, unsafe=False, write=True)
    assert len(outcome.applied) == 1
    assert path.read_bytes() == data.replace(CALL.encode(), FIXED.encode())
    assert fix_file(path, RULES, unsafe=True, write=True).applied == ()


def test_mode_and_symbolic_links_survive(tmp_path: Path) -> None:
    target, link = tmp_path / "real.py", tmp_path / "link.py"
    target.write_text(HEAD + CALL, "utf-8")
    target.chmod(0o751)
    link.symlink_to(target)
    fix_file(link, RULES, unsafe=False, write=True)
    assert link.is_symlink()
    assert target.read_text("utf-8") == HEAD + FIXED
    assert stat.S_IMODE(target.stat().st_mode) == 0o751


def test_a_file_that_is_not_to_be_written_to_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.py"
    path.write_text(HEAD + CALL, "utf-8")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    outcome = fix_file(path, RULES, unsafe=False, write=True)
    assert outcome.error == f"{path}: cannot write: Permission denied"
    assert path.read_text("utf-8") == HEAD + CALL
    assert [finding.code for finding in outcome.result.findings] == ["DRP104"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text(HEAD + CALL, "utf-8")
    os.chown(path, 12345, 54321)
    fix_file(path, RULES, unsafe=False, write=True)
    assert path.read_text("utf-8") == HEAD + FIXED
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


def test_a_character_that_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    data = b"# coding: ascii\n" + (HEAD + CALL).encode()
    path.write_bytes(data)
    rule = next(rule for rule in RULES if rule.code == "DRP104")

    class Accented(rule):  # type: ignore[valid-type, misc]
        def _fix(self, call: object, keyword: object) -> Fix:
            return Fix("x", (Edit(Span(Position(4, 1), Position(4, 1)), "é = "),), Applicability.SAFE)

    outcome = fix_file(path, [Accented], unsafe=False, write=True)
    assert outcome.error is not None
    assert "ascii cannot hold 'é'" in outcome.error
    assert path.read_bytes() == data


def test_overlapping_fixes_wait_for_the_next_round() -> None:
    def found(text: str) -> list[Finding]:
        findings = []
        if "aa" in text:
            findings.append(at(1, text.index("aa") + 1, text.index("aa") + 3, "b"))
        if "ac" in text:
            findings.append(at(1, text.index("ac") + 1, text.index("ac") + 3, "d"))
        return findings

    fixed = fix_text("aac", found, unsafe=False)
    assert (fixed.text, len(fixed.applied)) == ("bc", 1)


def test_fixes_that_undo_each_other_end() -> None:
    fixed = fix_text("a", lambda text: [at(1, 1, 2, "b" if text == "a" else "a")], unsafe=False)
    assert fixed.text in ("a", "b")


def test_a_fix_that_breaks_the_text_is_refused_and_others_go_on() -> None:
    def found(text: str) -> list[Finding]:
        broken = [at(1, 1, 2, "((")]
        return [*broken, at(2, 1, 2, "z")] if "y" in text else broken

    fixed = fix_text("x\ny\n", found, unsafe=False)
    assert fixed.text == "x\nz\n"
    assert [reason for _, reason in fixed.refused] == ["the result would not be valid Python"]


def test_unsafe_fixes_wait_to_be_asked_for() -> None:
    finding = at(1, 1, 2, "y", Applicability.UNSAFE)
    assert fix_text("x", lambda text: [finding] if text == "x" else [], unsafe=False).text == "x"
    assert fix_text("x", lambda text: [finding] if text == "x" else [], unsafe=True).text == "y"


def test_two_findings_with_one_edit_are_both_fixed() -> None:
    one = at(1, 1, 2, "y")
    fixed = fix_text("x", lambda text: [one, one._replace(message="other")] if text == "x" else [], unsafe=False)
    assert (fixed.text, len(fixed.applied)) == ("y", 2)


def test_edits_are_applied_from_the_end() -> None:
    edits = [Edit(Span(Position(1, 1), Position(1, 2)), "long"), Edit(Span(Position(1, 3), Position(1, 3)), "!")]
    assert apply_edits("abc", edits) == "longb!c"


@pytest.mark.parametrize("step", ["fsync", "replace", "fdopen"])
def test_a_failure_at_any_step_leaves_the_old_file(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")

    def die(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"dropout_lint.io.atomic_write.os.{step}", die)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.py"]


def test_a_file_that_changed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"theirs")
    with pytest.raises(ChangedMeanwhile):
        write_atomically(path, b"ours", expected=b"old")
    assert path.read_bytes() == b"theirs"
    path.unlink()
    with pytest.raises(ChangedMeanwhile):  # nor does it come back
        write_atomically(path, b"ours", expected=b"old")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--fix", "--add-noqa"])
def test_what_an_editor_writes_in_between_stays(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edited, other = tmp_path / "edited.py", tmp_path / "other.py"
    for path in (edited, other):
        path.write_text(HEAD + CALL + "\n", "utf-8")
    saved = "import torch\n" + HEAD + CALL + "  # edited\n"

    def save_first(path: Path, data: bytes, *, expected: bytes | None = None) -> None:
        if path.name == edited.name:
            edited.write_text(saved, "utf-8")
        write_atomically(path, data, expected=expected)

    monkeypatch.setattr(fix_files, "write_atomically", save_first)
    assert main(["check", "--isolated", "--no-cache", option, str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert edited.read_text("utf-8") == saved
    assert f"error: {edited}: changed while it was being worked on, and is left as it is now: run again\n" in err
    assert other.read_text("utf-8") != HEAD + CALL + "\n"
    if option == "--fix":
        assert f"{edited}:4:" in out  # what stands in the file now, with its line


def test_comments_are_written_for_what_the_file_says_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.py"
    path.write_text(HEAD + CALL + "\n", "utf-8")
    annotate = fix_files.annotate_file

    def edit_first(path: Path, *others: Any) -> fix_files.Annotated:
        path.write_text("import sys\n" + HEAD + CALL + "\n", "utf-8")
        return annotate(path, *others)

    monkeypatch.setattr("dropout_lint.cli.fix.annotate_file", edit_first)
    assert main(["check", "--isolated", "--no-cache", "--add-noqa", str(tmp_path)]) == 0
    assert path.read_text("utf-8") == "import sys\n" + HEAD + CALL + "  # noqa: DRP104\n"


def test_what_killed_writers_left_is_removed_and_what_others_write_is_not(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    (tmp_path / ".abcd1234.dropout-lint.tmp").write_bytes(b"half")
    (tmp_path / ".abcd1234.tmp").write_bytes(b"not ours")
    handle, name = atomic_write._new_file(tmp_path)
    write_atomically(path, b"new")
    os.close(handle)
    assert {entry.name for entry in tmp_path.iterdir()} == {"x.py", ".abcd1234.tmp", Path(name).name}
    write_atomically(path, b"newer")
    assert {entry.name for entry in tmp_path.iterdir()} == {"x.py", ".abcd1234.tmp"}


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 252 + ".py")
    path.write_bytes(b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_killed_writer_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    old, new = b"o" * 3_000_000, b"n" * 3_000_000
    path.write_bytes(old)
    code = (
        "import sys\nfrom pathlib import Path\nfrom dropout_lint.io.atomic_write import write_atomically\n"
        "path = Path(sys.argv[1])\nprint('go', flush=True)\n"
        "while True:\n    write_atomically(path, b'n' * 3_000_000)\n    write_atomically(path, b'o' * 3_000_000)\n"
    )
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(3):
            assert path.read_bytes() in (old, new)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert path.read_bytes() in (old, new)
    assert not [entry for entry in tmp_path.iterdir() if entry.suffix == ".py" and entry != path]


@pytest.mark.parametrize("kill", ["SIGKILL", "SIGTERM"])
def test_a_killed_run_leaves_whole_files_and_the_next_one_finishes(kill: str, tmp_path: Path) -> None:
    old, new = HEAD + CALL + "\n", HEAD + FIXED + "\n"
    paths = [tmp_path / f"file{number:02}.py" for number in range(40)]
    for path in paths:
        path.write_text(old, "utf-8")
    command = [sys.executable, "-m", "dropout_lint", "check", "--isolated", "--fix", str(tmp_path)]
    while all(path.read_text("utf-8") == old for path in paths):  # killed in the middle, however fast the machine
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
        while process.poll() is None and paths[5].read_text("utf-8") == old:
            assert {path.read_text("utf-8") for path in paths} <= {old, new}
        process.send_signal(signal.Signals[kill])
        process.wait()
    assert {path.read_text("utf-8") for path in paths} <= {old, new}
    assert subprocess.run(command, capture_output=True, cwd=ROOT, check=False).returncode == 0
    assert {path.read_text("utf-8") for path in paths} == {new}
    assert {entry.name for entry in tmp_path.iterdir() if entry.is_file()} == {path.name for path in paths}
    before = [path.stat().st_mtime_ns for path in paths]
    assert subprocess.run(command, capture_output=True, cwd=ROOT, check=False).returncode == 0
    assert [path.stat().st_mtime_ns for path in paths] == before


STEPS = ["mkstemp", "flock", "fsync", "chmod", "replace"]
KILLED_AT = """
import os, fcntl, signal, sys, tempfile
from pathlib import Path
from dropout_lint.io.atomic_write import write_atomically
def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)
holder = {"mkstemp": tempfile, "flock": fcntl}.get(sys.argv[2], os)
setattr(holder, sys.argv[2], die)
write_atomically(Path(sys.argv[1]), b"new")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("step", STEPS)
def test_a_writer_killed_at_any_step_leaves_the_old_file_and_the_next_tidies_up(step: str, tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    killed = subprocess.run([sys.executable, "-c", KILLED_AT, str(path), step], check=False, cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir() if entry.suffix == ".py"] == ["x.py"]
    write_atomically(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.py"]


def test_a_notebook_is_fixed_cell_by_cell(tmp_path: Path) -> None:
    code: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells: list[dict[str, object]] = [
        {**code, "source": ["%matplotlib inline\n", "from torch import nn"]},
        {"cell_type": "markdown", "metadata": {}, "source": [CALL]},
        {**code, "source": ["x = 1\n", CALL]},
    ]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    fix_file(path, RULES, unsafe=False, write=True)
    cells[2]["source"] = ["x = 1\n", FIXED]
    assert path.read_text("utf-8") == json.dumps(content, indent=1) + "\n"


def test_fixes_of_real_rules_are_final() -> None:
    text = HEAD + "\n".join([CALL, "nn.LSTM(8, 8, dropout=0.3)", "nn.Dropout(False)", "nn.Dropout(keep_prob=x + 1)"])
    fixed = fix_text(text, lambda text: check("x.py", text, RULES), unsafe=True)
    assert "nn.Dropout(p=1 - (x + 1))" in fixed.text
    assert "nn.LSTM(8, 8)" in fixed.text
    assert fix_text(fixed.text, lambda text: check("x.py", text, RULES), unsafe=True).text == fixed.text
