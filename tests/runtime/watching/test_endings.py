"""A run that is killed leaves its reports, and ends as it would have ended unwatched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from dropout_lint.io.atomic_write import write_atomically  # noqa: E402
from dropout_lint.runtime.watching import endings, handle, writing  # noqa: E402
from dropout_lint.runtime.watching.handle import Watch  # noqa: E402
from dropout_lint.runtime.watching.pace import Pace  # noqa: E402
from tests.runtime.loops.parts import Net, sgd, train_epoch, validate  # noqa: E402

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals end processes in another way there")

_PATIENCE = 120  # seconds; only a test that hangs needs them

SCRIPT = """
import os, signal, sys, threading, time
{before}
import torch
from torch import nn
{watch}
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for epoch in range(2):
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(4, 4)).pow(2).mean().backward()
        optimizer.step()
    model.eval()
{after}
print("ready", flush=True)
{end}
"""

LOOP = "while True: time.sleep(0.01)"
WATCHED = ("-m", "dropout_lint.runtime", "--report=json=run.json", "--report=html=run.html", "run.py")
INSIDE = "from dropout_lint.runtime import watch\nwatch(report=['text', 'json=run.json', 'html=run.html'])"


def ended(
    folder: Path,
    *command: str,
    send: int | None = None,
    before: str = "",
    watch: str = "",
    after: str = "",
    end: str = LOOP,
) -> tuple[int, str, str]:
    """Exit status, output and errors of the script, which gets the signal ``send`` as soon as it is ready."""
    (folder / "run.py").write_text(SCRIPT.format(before=before, watch=watch, after=after, end=end))
    with open(folder / "errors", "w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *command],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    guard = threading.Timer(_PATIENCE, process.kill)
    guard.start()
    output = ""
    with process.stdout:
        for line in process.stdout:
            output += line
            if line == "ready\n" and send is not None:
                process.send_signal(send)
    status = process.wait()
    guard.cancel()
    return status, output, (folder / "errors").read_text("utf-8")


def report(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
    assert (folder / "run.html").read_text("utf-8").rstrip().endswith("</html>")
    return data


def names(data: dict[str, Any]) -> list[str]:
    return [finding["name"] for finding in data["findings"]]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGUSR1"])
def test_a_signal_that_kills_leaves_the_reports_and_kills(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    status, _, errors = ended(tmp_path, *WATCHED, send=number)
    assert status == -number
    assert "DRP303" in errors
    assert "1 finding in run.py (6 model calls, 6 optimizer steps, until it stopped early)" in errors
    data = report(tmp_path)
    assert data["ended"] == f"killed by {name}"
    assert names(data) == ["train-step-in-eval-mode"]


def test_a_watch_inside_the_script_writes_too(tmp_path: Path) -> None:
    status, _, errors = ended(tmp_path, "run.py", send=signal.SIGTERM, watch=INSIDE)
    assert status == -signal.SIGTERM
    assert "DRP303" in errors
    assert report(tmp_path)["ended"] == "killed by SIGTERM"


HANDLER = """
def handler(number, frame):
    print("handled", flush=True)
    sys.exit(7)
print(signal.signal(signal.SIGTERM, handler), signal.getsignal(signal.SIGTERM) is handler)
"""


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_handler_of_the_script_runs_alone_and_sees_no_other(tmp_path: Path, where: str) -> None:
    alone = ended(tmp_path, "run.py", send=signal.SIGTERM, **{where: HANDLER})
    watched = ended(tmp_path, *WATCHED, send=signal.SIGTERM, **{where: HANDLER})
    assert watched[:2] == alone[:2]
    assert watched[0] == 7
    assert "handled" in watched[1]
    assert report(tmp_path)["ended"] == "SystemExit: 7"


PASSES_ON = """
def handler(number, frame):
    print("saved", flush=True)
    signal.signal(number, signal.SIG_DFL)
    print(signal.getsignal(number), flush=True)
    os.kill(os.getpid(), number)
signal.signal(signal.SIGTERM, handler)
"""


def test_a_handler_that_passes_the_signal_on_leaves_the_reports(tmp_path: Path) -> None:
    alone = ended(tmp_path, "run.py", send=signal.SIGTERM, after=PASSES_ON)
    watched = ended(tmp_path, *WATCHED, send=signal.SIGTERM, after=PASSES_ON)
    assert watched[:2] == alone[:2]
    assert watched[0] == -signal.SIGTERM
    assert "saved" in watched[1]
    assert report(tmp_path)["ended"] == "killed by SIGTERM"


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    ignores = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    end = "os.kill(os.getpid(), signal.SIGHUP)\nprint('alive')"
    status, output, _ = ended(tmp_path, *WATCHED, before=ignores, end=end)
    assert (status, "alive" in output) == (0, True)
    assert report(tmp_path)["ended"] == "finished"


def test_what_cannot_be_caught_leaves_the_last_report_that_was_written(tmp_path: Path) -> None:
    status, _, errors = ended(tmp_path, *WATCHED, send=signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert errors == ""
    data = report(tmp_path)
    assert data["ended"] == "running"
    assert data["totals"]["calls"] >= 3  # half of what was to be told, at least


def test_an_exit_past_all_handlers_leaves_the_reports(tmp_path: Path) -> None:
    status, _, errors = ended(tmp_path, *WATCHED, end="os._exit(3)")
    assert status == 3
    assert "DRP303" in errors
    assert report(tmp_path)["ended"] == "os._exit(3)"


def test_an_exception_in_the_middle_leaves_the_reports(tmp_path: Path) -> None:
    status, _, errors = ended(tmp_path, *WATCHED, end="raise ValueError('no more')")
    assert status == 1
    assert report(tmp_path)["ended"] == "ValueError: no more"
    assert "DRP303" in errors


FORKED = """
import multiprocessing
context = multiprocessing.get_context("fork")
def work(how):
    model(torch.ones(1, 4))
    if how == "exit":
        os._exit(5)
    time.sleep(60 if how == "wait" else 0)
for how in ("wait", "wait", "wait", "exit", "return"):
    process = context.Process(target=work, args=(how,))
    process.start()
    if how == "wait":
        process.terminate()
    process.join()
    print(how, process.exitcode, os.path.exists("run.json") and "killed" in open("run.json").read(), flush=True)
"""


def test_forked_processes_end_as_they_would_and_write_nothing(tmp_path: Path) -> None:
    status, output, errors = ended(tmp_path, *WATCHED, end=FORKED)
    assert status == 0, errors
    assert output.splitlines()[1:] == [*["wait -15 False"] * 3, "exit 5 False", "return 0 False"]
    assert errors.count("model calls") == 1
    assert report(tmp_path)["ended"] == "finished"


def test_a_watch_of_another_thread_leaves_signals_alone(tmp_path: Path) -> None:
    thread = "def begin():\n    from dropout_lint.runtime import watch\n    watch(report='json=run.json')\n"
    thread += "thread = threading.Thread(target=begin)\nthread.start()\nthread.join()"
    status, _, errors = ended(tmp_path, "run.py", send=signal.SIGTERM, watch=thread)
    assert (status, errors) == (-signal.SIGTERM, "")
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["ended"] == "running"


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The signals that would have killed this process."""
    numbers: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: numbers.append(number))
    return numbers


def test_a_signal_in_the_middle_of_an_event_waits_for_its_end(tmp_path: Path, killed: list[int]) -> None:
    watch = Watch(report=f"json={tmp_path / 'run.json'}", quiet=True)
    with watch._recorder.lock:
        signal.raise_signal(signal.SIGTERM)
        assert killed == []
        assert watch.report().ended == "running"
    Net().eval()(torch.ones(2, 6))
    assert killed == [signal.SIGTERM]
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["ended"] == "killed by SIGTERM"
    assert watch.finish() is None


def test_a_signal_while_a_report_is_written_on_the_way_waits_until_it_is_whole(
    tmp_path: Path, killed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"

    def interrupted(target: Path, content: bytes) -> None:
        if not path.exists():
            signal.raise_signal(signal.SIGTERM)
        assert not killed
        write_atomically(target, content)

    monkeypatch.setattr(writing, "write_atomically", interrupted)
    Watch(report=f"json={path}", quiet=True)
    Net().eval()(torch.ones(2, 6))
    assert killed == [signal.SIGTERM]
    assert json.loads(path.read_text("utf-8"))["ended"] == "killed by SIGTERM"
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, as it does unless a shell has started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_while_the_report_is_written_waits_until_it_is_whole(
    tmp_path: Path, killed: list[int], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "run.json"
    original = write_atomically

    def interrupted(target: Path, content: bytes) -> None:
        signal.raise_signal(getattr(signal, name))
        original(target, content)
        signal.raise_signal(getattr(signal, name))

    watch = Watch(report=f"json={path}", quiet=True)
    monkeypatch.setattr(writing, "write_atomically", interrupted)
    if name == "SIGINT":
        with pytest.raises(KeyboardInterrupt):
            watch.finish()
    else:
        watch.finish()
    assert killed == ([signal.SIGTERM] if name == "SIGTERM" else [])
    assert json.loads(path.read_text("utf-8"))["ended"] == "finished"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_does_not_cost_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    original = write_atomically
    watch = Watch(report=f"json={path}", quiet=True)

    def interrupted(target: Path, content: bytes) -> None:
        signal.raise_signal(signal.SIGINT)
        original(target, content)

    monkeypatch.setattr(writing, "write_atomically", interrupted)
    watch.finish(KeyboardInterrupt())
    assert json.loads(path.read_text("utf-8"))["ended"] == "KeyboardInterrupt"


def test_everything_is_put_back_in_its_place() -> None:
    before = signal.signal, signal.getsignal, os._exit, signal.getsignal(signal.SIGTERM)
    with Watch(report=()), Watch(report=()):
        assert signal.getsignal(signal.SIGTERM) == before[-1] == signal.SIG_DFL
        assert endings._call("getsignal", signal.SIGTERM) is endings._handler
    assert (signal.signal, signal.getsignal, os._exit, signal.getsignal(signal.SIGTERM)) == before


class Always(Pace):
    """Always due."""

    def is_due(self, events: int) -> bool:
        return True


def test_a_reader_never_sees_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle, "Pace", Always)
    path, seen, stop = tmp_path / "run.json", list[str](), threading.Event()

    def read() -> None:
        while not stop.is_set():
            if path.exists():
                seen.append(json.loads(path.read_text("utf-8"))["ended"])

    reader = threading.Thread(target=read)
    reader.start()
    with Watch(report=f"json={path}", quiet=True):
        model = Net()
        train_epoch(model, sgd(model), 20)
    stop.set()
    reader.join(_PATIENCE)
    assert set(seen) <= {"running", "finished"}
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def watched_run(report: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """What is found in a run, and all that the run computed."""
    torch.manual_seed(0)
    model, frozen = Net(), nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.5)).eval()
    frozen[1].training = True
    optimizer = sgd(model)
    with Watch(report=report, quiet=True) as watch:
        for _ in range(3):
            train_epoch(model, optimizer)
            validate(model)
            validate(frozen)
            model.eval()
    return watch.findings, [*model.state_dict().values(), torch.get_rng_state()]


def test_writing_while_it_runs_changes_neither_the_run_nor_its_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings, computed = watched_run(())
    monkeypatch.setattr(handle, "Pace", Always)
    again, other = watched_run([f"json={tmp_path / 'run.json'}", f"html={tmp_path / 'run.html'}"])
    assert again == findings
    assert len(findings) >= 2
    assert all(torch.equal(one, two) for one, two in zip(computed, other))


def test_a_folder_that_cannot_be_written_to_stops_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(writing, "write_atomically", refuse)
    with Watch(report=f"json={tmp_path / 'run.json'}", quiet=True) as watch:
        Net().eval()(torch.ones(2, 6))
    assert watch.report().notices == ()
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["ended"] == "finished"


def test_writing_takes_a_hundredth_of_the_run_whatever_a_report_costs() -> None:
    time, spent, written = 0.0, 0.0, 0
    pace = Pace(lambda: time)
    for events in range(1, 200_001):
        time += 0.01
        if pace.is_due(events):
            began = pace.now()
            time += 0.25
            spent += 0.25
            written += 1
            pace.written(events, began)
    assert written >= 20
    assert spent <= 0.01 * time + 0.1 + 2 * 0.25


def test_a_burst_of_events_is_told_at_least_in_half() -> None:
    time, told = 0.0, 0
    pace = Pace(lambda: time)
    for events in range(1, 1001):
        time += 0.0001
        if pace.is_due(events):
            pace.written(events, pace.now())
            told = events
    assert told >= 500
