"""Hostile files are refused, or answered, in half a gigabyte; nothing in them is run, imported or written."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.artifacts.hostile import CANARY, hostile
from tests.conftest import ROOT, clean_environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of memory are set with `resource`")

INSPECT = """
import resource, sys
from dropout_lint.cli import main
from dropout_lint import checking
from dropout_lint.artifacts import inspect_file
from dropout_lint import artifact_checking
from dropout_lint.render import renderer
renderer("concise")
"".encode("cp437")  # names in a zip
resource.setrlimit(resource.RLIMIT_AS, (768 << 20, 768 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
forbidden = ("os.system", "subprocess", "os.exec", "os.posix_spawn", "os.fork", "socket", "import", "exec", "pickle",
    "ctypes", "os.remove", "os.rename", "os.mkdir", "shutil", "marshal", "code.__new__")
target = sys.argv[1]
def watch(event, arguments):
    if event.startswith(forbidden) and not (event == "import" and arguments[0].partition(".")[0] in ALLOWED):
        print("FORBIDDEN", event, arguments[:1])
    if event == "open" and isinstance(arguments[0], str) and arguments[0] not in (target, "/dev/null"):
        print("OPENED", arguments)
ALLOWED = frozenset(sys.stdlib_module_names)
sys.addaudithook(watch)
sys.exit(main(["artifacts", "--output-format", "concise", target]))
"""


def inspect(path: Path) -> subprocess.CompletedProcess[str]:
    """The command on ``path``, in a process with little memory, under an audit hook."""
    return subprocess.run(
        [sys.executable, "-c", INSPECT, str(path)],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )


NAMES = [name for name, _ in hostile(Path("/tmp"))]
ANSWERED = {
    # Harmless ones: there is something to say about them, and nothing in them is run.
    **dict.fromkeys(
        ("reduce.pkl", "reduce.pt", "inst.pkl", "obj.pkl", "stack_global.pkl", "newobj.pkl", "build.pkl", "eval.pkl"),
        "holds no module",
    ),
    **dict.fromkeys(("nested_load.pkl", "lists.pkl", "memo.pkl", "huge_long.pkl", "digits.pkl"), "holds no module"),
    **dict.fromkeys(("exponential.pt", "recursion.pt"), "too long to follow"),
    "wide_tuples.pt": "All checks passed",
    "odd_nodes.pt2": "All checks passed",
    "no_graph.pt2": "All checks passed",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_does_no_harm(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(dict(hostile(tmp_path))[name]())
    result = inspect(tmp_path / name)
    (tmp_path / name).unlink()
    assert list(tmp_path.iterdir()) == [], f"{CANARY}: something was run"
    assert "Traceback" not in result.stderr
    assert "FORBIDDEN" not in result.stdout
    assert "OPENED" not in result.stdout
    if name in ANSWERED:
        assert (result.returncode, ANSWERED[name] in result.stdout + result.stderr) == (0, True), result.stderr
    else:
        assert result.returncode == 2, result.stdout + result.stderr
        (line,) = result.stderr.splitlines()
        assert line.startswith("error: ")
        assert name in line
        assert len(line) < 400


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 25


def test_the_audit_can_fail(tmp_path: Path) -> None:
    """The hook would see a pickle that is loaded: the same file, loaded."""
    (tmp_path / "reduce.pkl").write_bytes(dict(hostile(tmp_path))["reduce.pkl"]())
    code = INSPECT.rpartition("sys.exit")[0] + "import pickle\npickle.load(open(target, 'rb'))\n"
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "reduce.pkl")],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "FORBIDDEN os.system" in result.stdout
    assert (tmp_path / CANARY).exists()


def test_things_that_are_no_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    (tmp_path / "loop.pt").symlink_to(tmp_path / "loop.pt")
    (tmp_path / "nowhere.pt").symlink_to(tmp_path / "missing")
    (tmp_path / "zero.pt").symlink_to("/dev/zero")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket.pt"))
    for name in ("pipe.pt", "loop.pt", "nowhere.pt", "zero.pt", "socket.pt", "missing.pt", "x" * 300):
        result = inspect(tmp_path / name)
        assert (result.returncode, "Traceback" in result.stderr) == (2, False), result.stderr
        assert result.stderr.startswith("error: ")
    server.close()
