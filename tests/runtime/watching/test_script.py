"""`dropout-lint watch`, as a command and as a module: the script runs as alone, and the report comes after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

BUGGY = """
import sys
print("path", sys.path[0])
print("argv", sys.argv)
print("main", __name__, __file__, __spec__, sys.modules["__main__"].__file__)
assert "torch" not in sys.modules
import torch
from torch import nn
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for epoch in range(2):
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(4, 4)).pow(2).mean().backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        scores = [float(model(torch.randn(4, 4)).mean()) for _ in range(2)]
print("weights", sum(float(p.double().sum()) for p in model.parameters()).hex(), "random", torch.rand(1).item())
if len(sys.argv) > 1 and sys.argv[1] == "exit":
    sys.exit(int(sys.argv[2]))
if len(sys.argv) > 1 and sys.argv[1] == "raise":
    raise ValueError("from the script")
if len(sys.argv) > 1 and sys.argv[1] == "interrupt":
    raise KeyboardInterrupt
"""


def run(*arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.py").write_text(BUGGY)
    return folder


WATCHED = ("-m", "dropout_lint.runtime")
COMMAND = (str(Path(sys.executable).with_name("dropout-lint")), "watch")
WAYS = pytest.mark.parametrize(
    "way", [WATCHED, ("-m", "dropout_lint", "watch"), COMMAND], ids=["runtime", "package", "command"]
)


@WAYS
def test_the_script_runs_as_it_would_alone(script: Path, way: tuple[str, ...]) -> None:
    alone = run("project/train.py", "exit", "3", cwd=script.parent)
    watched = run(*way, "--strict", "project/train.py", "exit", "3", cwd=script.parent)
    assert alone.stdout.startswith("path")
    assert watched.stdout == alone.stdout
    assert watched.returncode == alone.returncode == 3


def test_the_report_says_what_where_since_when(script: Path) -> None:
    reports = ("--report", "json=modes.json", "--report", "html")
    result = run(*WATCHED, "--strict", *reports, "train.py", cwd=script)
    assert result.returncode == 1
    assert "train.py:15: DRP303 `Sequential` is in eval mode while `SGD` trains it" in result.stderr
    assert "3 of 6 optimizer steps: step 4 to 6" in result.stderr
    assert "`2` (Dropout, p=0.5)" in result.stderr
    assert "train.py:17  `eval()` of `Sequential` was called last here" in result.stderr
    assert "1 finding in train.py (10 model calls, 6 optimizer steps)" in result.stderr

    data = json.loads((script / "modes.json").read_text("utf-8"))
    assert (data["schema"], data["version"], data["ended"]) == ("dropout-lint/watch", 1, "finished")
    assert [finding["name"] for finding in data["findings"]] == ["train-step-in-eval-mode"]
    assert (script / "dropout-lint-report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "question",
    [
        "import importlib.util\nassert importlib.util.find_spec('torch') is not None",
        "import importlib.util\nfor _ in range(3):\n    importlib.util.find_spec('torch')",
        "import importlib.metadata, importlib.machinery\nimportlib.machinery.PathFinder.find_spec('torch')",
        "import asking",  # a library that asks and imports it later
    ],
)
def test_whoever_asks_where_torch_is_before_it_is_imported_does_not_blind_the_watcher(
    script: Path, question: str
) -> None:
    (script / "asking.py").write_text(
        "import importlib.util\nHAS_TORCH = importlib.util.find_spec('torch') is not None\n"
    )
    (script / "train.py").write_text(f"{question}\n{BUGGY}")
    result = run(*WATCHED, "--strict", "train.py", cwd=script)
    assert result.returncode == 1
    assert "DRP303 `Sequential` is in eval mode while `SGD` trains it" in result.stderr


def test_a_script_that_only_asks_where_torch_is_leaves_nothing_to_watch(script: Path) -> None:
    (script / "train.py").write_text(
        "import importlib.util, sys\nimportlib.util.find_spec('torch')\nassert 'torch' not in sys.modules\n"
    )
    result = run(*WATCHED, "train.py", cwd=script)
    assert result.returncode == 0
    assert "the script did not import torch" in result.stderr


@WAYS
def test_an_exception_shows_the_script_alone_and_the_report_comes_too(script: Path, way: tuple[str, ...]) -> None:
    alone = run("train.py", "raise", cwd=script)
    watched = run(*way, "train.py", "raise", cwd=script)
    assert watched.returncode == alone.returncode == 1
    assert watched.stderr.endswith(alone.stderr)
    assert "until it stopped early" in watched.stderr
    assert "DRP303" in watched.stderr


@WAYS
def test_an_interrupt_ends_it_as_it_would_alone(script: Path, way: tuple[str, ...]) -> None:
    alone = run("train.py", "interrupt", cwd=script)
    watched = run(*way, "train.py", "interrupt", cwd=script)
    assert watched.returncode == alone.returncode
    assert "DRP303" in watched.stderr


@WAYS
def test_a_module_is_run_as_python_does(script: Path, way: tuple[str, ...]) -> None:
    (script / "package").mkdir()
    (script / "package" / "__init__.py").write_text("")
    (script / "package" / "job.py").write_text(BUGGY.replace("__spec__, ", "__spec__.name, "))
    alone = run("-m", "package.job", "a", "b", cwd=script)
    watched = run(*way, "-m", "package.job", "a", "b", cwd=script)
    assert alone.stdout.startswith("path")
    assert watched.stdout == alone.stdout
    assert "DRP303" in watched.stderr


def test_only_the_first_rank_prints_and_each_writes_its_own_file(script: Path) -> None:
    second = run(
        *WATCHED, "--report", "json=r.json", "train.py", cwd=script, environment={"RANK": "1", "WORLD_SIZE": "2"}
    )
    assert second.stderr == ""
    assert sorted(path.name for path in script.glob("*.json")) == ["r.rank1.json"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a script"),
        (["--report", "xml", "x.py"], "unknown report format 'xml'; formats are text, json, html"),
        (["--report", "json=no/such/folder/r.json", "x.py"], "its folder does not exist"),
        (["--min-consecutive", "0", "x.py"], "counts calls, from 1 on"),
        (["--live", "x.py"], "--live is for the page: add --report html"),
        (["no/such/script.py"], "there is no file 'no/such/script.py'"),
    ],
    ids=["no script", "format", "folder", "count", "live", "missing"],
)
def test_a_mistake_in_the_options_is_an_error_with_the_choices(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from dropout_lint.runtime.__main__ import main

    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert says in capsys.readouterr().err


LAST = """
import os, sys
class Last:
    def __del__(self, write=os.write):
        write(1, b"deleted")
last = Last()
print(sys.argv, flush=True)
"""


def test_the_words_after_the_script_are_its_own_and_it_ends_as_alone(script: Path) -> None:
    (script / "other.py").write_text(LAST)
    words = ("other.py", "--add-noqa", "--strict", "-m", "x", "--", "--help")
    alone = run(*words, cwd=script)
    assert alone.stdout == "['other.py', '--add-noqa', '--strict', '-m', 'x', '--', '--help']\ndeleted"
    for way in (WATCHED, ("-m", "dropout_lint", "watch")):
        assert run(*way, *words, cwd=script).stdout == alone.stdout


def test_the_command_says_the_same_of_a_mistake_and_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    from dropout_lint.cli import main

    assert main(["watch", "--report", "xml", "x.py"]) == 2
    assert "error: unknown report format 'xml'; formats are text, json, html" in capsys.readouterr().err
    assert main(["watch"]) == 2
    assert main(["--help"]) == 0
    assert "run a training script and watch it" in capsys.readouterr().out


def test_watch_at_the_top_of_a_script_reports_at_the_end(script: Path) -> None:
    text = BUGGY.replace("import torch\n", "import torch\nfrom dropout_lint.runtime import watch\nwatch()\n", 1)
    (script / "train.py").write_text(text)
    result = run("train.py", cwd=script)
    assert result.returncode == 0
    assert result.stderr.count("DRP303") == 1


DISTRIBUTED = """
import atexit
import os
# Threads of gloo may outlive its group, and abort a process that ends in the usual way (torch 2.13).  The report is
# written before this.
atexit.register(os._exit, 0)
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
torch.set_num_threads(1)
dist.init_process_group("gloo")
torch.manual_seed(0)
model = DistributedDataParallel(nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1)))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for epoch in range(2):
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(4, 4)).pow(2).mean().backward()
        optimizer.step()
    if dist.get_rank() == 1:
        model.eval()
dist.destroy_process_group()
"""


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no processes that work together")
def test_each_process_of_torchrun_reports_by_itself_and_the_first_alone_prints(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(DISTRIBUTED)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    watched = ("--module", "dropout_lint.runtime", "--report=json=report.json", "train.py")
    done = run(*torchrun, *watched, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / name).read_text()) for name in ("report.json", "report.rank1.json"))
    assert (first["rank"], second["rank"]) == (0, 1)
    assert first["findings"] == []
    assert [finding["name"] for finding in second["findings"]] == ["train-step-in-eval-mode"]
    assert "train-step-in-eval-mode" not in done.stderr
