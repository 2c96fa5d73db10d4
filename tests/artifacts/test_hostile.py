"""Hostile files are refused, or answered, in half a gigabyte; nothing in them is run, imported or written."""

from __future__ import annotations

import json
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
import json, os, resource, sys
from dropout_lint.artifacts import Unreadable, inspect_file
from dropout_lint.artifacts.inspection import read_file

LIMIT = 768 << 20
FORBIDDEN = ("os.system", "subprocess", "os.exec", "os.posix_spawn", "os.fork", "socket", "import", "exec", "pickle",
    "ctypes", "os.remove", "os.rename", "os.mkdir", "shutil", "marshal", "code.__new__")

def inspect(path):
    try:
        content = read_file(path)
    except Unreadable as error:
        return f"refused: {error}"
    return f"answered: {len(inspect_file(path))} {content.remarks}"

harmless, *targets = sys.argv[1:]
inspect(harmless)  # whatever is imported on first use is imported now
"".encode("cp437")  # how zips spell names
resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
events, watching = [], False

def watch(event, arguments):
    opened = arguments[0] if event == "open" else None
    if watching and (event.startswith(FORBIDDEN) or type(opened) is str and opened not in (path, os.devnull)):
        events.append([event, repr(arguments[:1])[:200]])

sys.addaudithook(watch)
for path in targets:
    events.clear()
    watching = True
    try:
        said = inspect(path)
    except BaseException as error:
        said = f"raised: {type(error).__name__}: {error}"
    watching = False
    print(json.dumps([path, said, events]), flush=True)
"""


def inspect(*paths: Path) -> dict[str, tuple[str, list[list[str]]]]:
    """What is said of each of ``paths``, and what was done that nobody may do; in one process with little memory."""
    done = subprocess.run(
        [sys.executable, "-c", INSPECT, str(paths[0].parent / "harmless.pkl"), *map(str, paths)],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(path).name: (said, events) for path, said, events in lines}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, list[list[str]]]]:
    """What is said of every hostile file; only those stay on disk."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "harmless.pkl").write_bytes(b"N.")
    made = dict(hostile(folder))
    for name, content in made.items():
        (folder / name).write_bytes(content())
    told = inspect(*(folder / name for name in made))
    for name in made:
        (folder / name).unlink()
    assert [path.name for path in folder.iterdir()] == ["harmless.pkl"], f"{CANARY}: something was run"
    return told


NAMES = [name for name, _ in hostile(Path("/tmp"))]
ANSWERED = {
    # Harmless ones: there is something to say about them, and nothing in them is run.
    **dict.fromkeys(
        ("reduce.pkl", "reduce.pt", "inst.pkl", "obj.pkl", "stack_global.pkl", "newobj.pkl", "build.pkl", "eval.pkl"),
        "holds no module",
    ),
    **dict.fromkeys(("nested_load.pkl", "lists.pkl", "memo.pkl", "huge_long.pkl", "digits.pkl"), "holds no module"),
    **dict.fromkeys(("exponential.pt", "recursion.pt"), "too long to follow"),
    "wide_tuples.pt": "()",
    "odd_nodes.pt2": "()",
    "shared.pkl": "holds no module",
    "wide.pkl": "holds no module",
    "scopes.onnx": "()",
    "no_graph.pt2": "()",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_does_no_harm(name: str, outcomes: dict[str, tuple[str, list[list[str]]]]) -> None:
    said, events = outcomes[name]
    assert events == []
    if name in ANSWERED:
        assert said.startswith("answered: 0 ")
        assert ANSWERED[name] in said
    else:
        assert said.startswith("refused: ")
    assert len(said) < 300


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 25


def test_the_audit_can_fail(tmp_path: Path) -> None:
    """The hook sees a pickle that is loaded: the same file, by a reader that loads."""
    (tmp_path / "harmless.pkl").write_bytes(b"N.")
    (tmp_path / "reduce.pkl").write_bytes(dict(hostile(tmp_path))["reduce.pkl"]())
    loads = "import pickle\ndef inspect(path):\n    return str(pickle.load(open(path, 'rb')))\nharmless, *targets"
    done = subprocess.run(
        [sys.executable, "-c", INSPECT.replace("harmless, *targets", loads), *map(str, sorted(tmp_path.iterdir()))],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "os.system" in done.stdout
    assert (tmp_path / CANARY).exists()


def test_things_that_are_no_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    (tmp_path / "loop.pt").symlink_to(tmp_path / "loop.pt")
    (tmp_path / "nowhere.pt").symlink_to(tmp_path / "missing")
    (tmp_path / "zero.pt").symlink_to("/dev/zero")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket.pt"))
    (tmp_path / "harmless.pkl").write_bytes(b"N.")
    names = ("pipe.pt", "loop.pt", "nowhere.pt", "zero.pt", "socket.pt", "missing.pt", "x" * 300, ".")
    for name, (said, events) in inspect(*(tmp_path / name for name in names)).items():
        assert said.startswith("refused: "), name
        assert events == []
    server.close()
