"""What users hold: a watch that listens from the start, and reports once."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TextIO

from dropout_lint.printable import printable
from dropout_lint.runtime.monitor import DropoutMonitor
from dropout_lint.runtime.watching import as_html, as_json, as_text
from dropout_lint.runtime.watching.collecting import collect
from dropout_lint.runtime.watching.findings import Confidence, RunFinding
from dropout_lint.runtime.watching.outputs import Output, parse_outputs, path_for_rank, rank_of_process
from dropout_lint.runtime.watching.recorder import Recorder
from dropout_lint.runtime.watching.report import RunReport
from dropout_lint.runtime.watching.session import Session
from dropout_lint.runtime.watching.stepping import NOTICE, steps_are_hidden


def watch(
    *,
    report: str | Iterable[str] = "text",
    min_consecutive: int = 2,
    min_confidence: str = "low",
    quiet: bool = False,
) -> Watch:
    """Watch every model and optimizer of this process from now on, and report at the end::

        watch()                                   # at the top of a script: reports when Python exits

        with watch(report=["text", "html=modes.html"]) as watching:
            train()
        assert not watching.findings

    ``report``: "text" (to standard error), "json", "html", each also as "json=FILE"; several as a list; none as ``()``.
    ``min_consecutive``: how many calls without gradients in a row, with no optimizer step between, make an evaluation.
    ``min_confidence``: "low", "medium" or "high".  ``quiet``: print nothing if nothing was found.

    Models that are called, optimizers and exporters are found wherever they are used; results, random numbers and
    compiled graphs stay what they are.  Raises ValueError for what these cannot be.
    """
    return Watch(report=report, min_consecutive=min_consecutive, min_confidence=min_confidence, quiet=quiet)


class Watch:
    """Watches every model and optimizer of the process, in all threads; see `watch`."""

    def __init__(
        self,
        *,
        report: str | Iterable[str] = "text",
        min_consecutive: int = 2,
        min_confidence: str = "low",
        quiet: bool = False,
        command: Sequence[str] | None = None,
    ) -> None:
        self._outputs = parse_outputs(report)
        self._confidence = _confidence(min_confidence)
        if min_consecutive < 1:
            raise ValueError(f"min_consecutive is {min_consecutive}; it counts calls, from 1 on")
        self._quiet = quiet
        self._command = tuple(command if command is not None else sys.argv)
        self._directory = os.getcwd()
        self._pid = os.getpid()
        self._monitor = DropoutMonitor()
        self._session = Session(min_consecutive, lambda: self._monitor.events)
        self._recorder = Recorder(self._session)
        self._ended = "running"
        self._monitor.start()
        self._recorder.start()
        atexit.register(self._at_exit)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish(error)

    @property
    def findings(self) -> tuple[RunFinding, ...]:
        """What was found so far, of the confidence that was asked for."""
        return self.report().findings

    def report(self) -> RunReport:
        """Everything that is known so far."""
        return collect(
            self._session,
            self._recorder.models,
            least=self._confidence,
            command=self._command,
            directory=self._directory,
            ended=self._ended,
            rank=rank_of_process(),
            notices=[*_blind_spots(self._monitor), *self._recorder.notices],
        )

    def finish(self, error: BaseException | None = None) -> RunReport | None:
        """Stop listening, and write the reports; None if that was done before, or in another process than this.

        ``error`` is what ended the script, if anything did.
        """
        if self._ended != "running" or os.getpid() != self._pid:
            return None
        self._ended = _describe(error)
        atexit.unregister(self._at_exit)
        self._recorder.stop()
        self._monitor.stop()
        report = self.report()
        for output in self._outputs:
            self._write(output, report)
        return report

    def _at_exit(self) -> None:
        self.finish(getattr(sys, "last_value", None))

    def _write(self, output: Output, report: RunReport) -> None:
        stream = sys.__stderr__ if sys.stderr is None else sys.stderr
        if output.path is None:
            if not report.rank and (report.findings or not self._quiet) and stream is not None:
                _print(as_text.render(report, color=_wants_color(stream)), stream)
            return
        render = {"text": as_text.render, "json": as_json.render, "html": as_html.render}[output.format]
        path = path_for_rank(output.path, report.rank)
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(render(report))
        except OSError as error:  # the script's results must not be lost because of this
            if stream is not None:
                _print(f"dropout-lint: cannot write {path!r}: {error.strerror}\n", stream)
            return
        if not report.rank and not self._quiet and stream is not None:
            _print(f"dropout-lint: wrote {printable(as_text.shortened(path, self._directory))}\n", stream)


def _blind_spots(monitor: DropoutMonitor) -> list[str]:
    mechanism = monitor.mechanism
    spots = [str(mechanism)] if mechanism.blind_spots else []
    return [*spots, NOTICE] if steps_are_hidden() else spots


def _describe(error: BaseException | None) -> str:
    """How the script ended, in one line."""
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return "finished"
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _confidence(name: str) -> Confidence:
    try:
        return Confidence(name)
    except ValueError:
        choices = ", ".join(member.value for member in Confidence)
        raise ValueError(f"unknown confidence {name!r}; choices are {choices}") from None


def _wants_color(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _print(text: str, stream: TextIO) -> None:
    """Print after what the script printed.  A stream that is closed is not our affair."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        pass
