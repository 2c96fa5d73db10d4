"""A path is opened only if it is a regular file: a run never waits for a pipe or a device."""

from __future__ import annotations

import ast
import errno
import json
import os
import sys
from pathlib import Path

import pytest

from dropout_lint.io.opening import open_regular, read_regular
from tests.conftest import ROOT, Run

BAD = "import torch\nfrom torch import nn\nnn.Dropout(30)\n"
MODEL = """

class Net(Base):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)


net = Net()
net.train()
with torch.no_grad():
    net(1)
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")


def reason(path: str | Path, most: int = 100) -> str:
    with pytest.raises(OSError, match=r"\S") as raised:
        read_regular(path, most)
    return str(raised.value.strerror)


@posix
def test_pipes_devices_folders_and_large_files_are_refused_in_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "large").write_bytes(bytes(101))
    (tmp_path / "fits").write_bytes(bytes(100))
    assert reason(tmp_path / "pipe") == reason(tmp_path / "link") == "a pipe, not a file"
    assert reason(tmp_path) == "a folder, not a file"
    assert reason("/dev/null") == "a device, not a file"
    assert reason(tmp_path / "large").startswith("larger than ")
    assert reason("nul\0") == reason("\ud800") == "no file can have this name"
    assert reason(tmp_path / "nothing") == os.strerror(errno.ENOENT)
    assert read_regular(tmp_path / "fits", 100) == bytes(100)


def test_a_descriptor_is_closed_when_the_file_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    with open_regular(tmp_path / "x") as file:
        number = file.fileno()
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(number)


@posix
@pytest.mark.parametrize(
    "name",
    ["net.py", "pyproject.toml", ".gitignore", ".ignore", "facts.toml", "run.json", "helper.py", ".git/info/exclude"],
)
def test_a_pipe_under_any_name_stops_no_run(name: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / "part").mkdir()
    (tmp_path / "bad.py").write_text(f"from part.helper import Base\n{BAD}{MODEL}", "utf-8")
    (tmp_path / "part" / "pyproject.toml").write_text('[tool.dropout-lint]\nknowledge = ["facts.toml"]\n', "utf-8")
    (tmp_path / "part" / "facts.toml").write_text("", "utf-8")
    (tmp_path / "part" / "bad.py").write_text(BAD, "utf-8")
    place = tmp_path / name if name.startswith(".git/") else tmp_path / "part" / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    words = ["--with-runtime", "part/run.json"] if name == "run.json" else []
    paths = [".", "part/net.py"] if name == "net.py" else ["."]
    done = run("-m", "dropout_lint", "check", "--no-cache", *words, *paths, cwd=tmp_path, timeout=120)
    assert "\nbad.py:4:12: DRP101" in f"\n{done.stdout}"
    if name == "helper.py":  # nothing but a file can be imported
        assert (done.returncode, done.stderr) == (1, "")
    else:
        assert (done.returncode, done.stderr.count("error: ")) == (2, 1)
        assert f"{name}: a pipe, not a file" in done.stderr


@posix
def test_a_pipe_in_the_place_of_the_cache_stops_no_run(tmp_path: Path, run: Run) -> None:
    (tmp_path / "bad.py").write_text(BAD, "utf-8")
    (tmp_path / ".dropout_lint_cache").mkdir()
    for number in range(16):
        os.mkfifo(tmp_path / ".dropout_lint_cache" / f"results-{number:02}.json")
    done = run("-m", "dropout_lint", "check", cwd=tmp_path, timeout=120)
    assert (done.returncode, "DRP101" in done.stdout, done.stderr) == (1, True, "")


@posix
def test_a_folder_that_is_gone_is_told_in_words(tmp_path: Path, run: Run) -> None:
    gone = (
        "import os; from dropout_lint.cli import main; os.mkdir('x'); os.chdir('x'); os.rmdir('../x'); main(['check'])"
    )
    done = run(sys.executable, "-c", gone, cwd=tmp_path)
    assert done.stderr == "error: the current folder cannot be found: No such file or directory\n"


@pytest.mark.checkout
def test_nothing_of_the_linter_opens_a_file_to_read_it_but_here() -> None:
    """`dev` reads this repository, and what runs beside a user's own model reads what that has imported."""
    elsewhere = ("dev.py", "runtime", "testing")
    found = []
    for path in sorted([*(ROOT / "dropout_lint").rglob("*.py"), *(ROOT / "rules").glob("*.py")]):
        home = ROOT / "dropout_lint" if path.parent.name != "rules" else ROOT
        if path.name == "opening.py" or path.relative_to(home).parts[0] in elsewhere:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and reads(node):
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


def reads(call: ast.Call) -> bool:
    """Whether ``call`` opens a file by its name, and not to write it."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr in ("read_text", "read_bytes")
    if not isinstance(call.func, ast.Name) or call.func.id != "open":
        return False
    return len(call.args) < 2 or not (isinstance(call.args[1], ast.Constant) and "w" in str(call.args[1].value))


def test_the_search_for_reading_calls_can_fail() -> None:
    calls = ["open(x)", "open(x, 'rb')", "Path(x).read_text()", "open(x, 'w')", "file.open(entry)"]
    parsed = [ast.parse(call, mode="eval").body for call in calls]
    assert [isinstance(call, ast.Call) and reads(call) for call in parsed] == [True, True, True, False, False]


def test_a_file_that_cannot_be_read_is_said_to_be_missing_in_every_format(tmp_path: Path, run: Run) -> None:
    (tmp_path / "good.py").write_text("x = 1\n", "utf-8")
    said = {}
    for name in ("full", "concise", "junit", "sarif", "github", "json", "gitlab", "rdjson"):
        done = run(
            "-m", "dropout_lint", "check", "--no-cache", "--output-format", name, "good.py", "no.py", cwd=tmp_path
        )
        assert (done.returncode, done.stderr) == (2, "error: no.py: no such file or folder\n")
        said[name] = done.stdout
    for name in ("full", "concise"):
        assert said[name] == "No findings.\nNot everything was checked: 1 error.\n"
    assert 'tests="1" failures="0" errors="1"' in said["junit"]
    assert "No findings" not in said["junit"]
    (told,) = json.loads(said["sarif"])["runs"][0]["invocations"]
    assert (told["executionSuccessful"], len(told["toolExecutionNotifications"])) == (False, 1)
    assert said["github"] == "::error title=dropout-lint::no.py: no such file or folder\n"
