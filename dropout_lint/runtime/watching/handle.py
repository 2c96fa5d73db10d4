"""What users hold: a watch that listens from the start, and reports once."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType

from dropout_lint.io.printable import printable
from dropout_lint.runtime.monitoring.distributed import rank_among_several
from dropout_lint.runtime.monitoring.monitor import DropoutMonitor
from dropout_lint.runtime.watching import endings
from dropout_lint.runtime.watching.collecting import collect
from dropout_lint.runtime.watching.hidden_steps import NOTICE, steps_are_hidden
from dropout_lint.runtime.watching.judging.findings import Confidence, RunFinding
from dropout_lint.runtime.watching.measuring import Measuring
from dropout_lint.runtime.watching.news import News
from dropout_lint.runtime.watching.outputs import parse_outputs, path_for_rank
from dropout_lint.runtime.watching.pace import Pace
from dropout_lint.runtime.watching.recorder import Recorder
from dropout_lint.runtime.watching.reporting import as_text
from dropout_lint.runtime.watching.reporting.report import RunReport
from dropout_lint.runtime.watching.session import Session
from dropout_lint.runtime.watching.writing import print_text, rendered, tell, write_at_the_end, write_so_far

_FINISHED = "finished"


def watch(
    *,
    report: str | Iterable[str] = "text",
    min_consecutive: int = 2,
    min_confidence: str = "low",
    quiet: bool = False,
    measure: bool = False,
    live: bool = False,
) -> Watch:
    """Watch every model and optimizer of this process from now on, and report at the end:

        watch()                                   # at the top of a script: reports when Python exits

        with watch(report=["text", "html=modes.html"]) as watching:
            train()
        assert not watching.findings

    ``report``: "text" (to standard error), "json", "html", each also as "json=FILE"; several as a list; none as ``()``.
    ``min_consecutive``: how many calls without gradients in a row, with no optimizer step between, make an evaluation.
    ``min_confidence``: "low", "medium" or "high".  ``quiet``: print nothing if nothing was found.
    ``measure``: repeat the first call without gradients at each line, on copies of its arguments, and say by how much
    the predictions differ.  Results and random numbers stay what they are; what a model keeps of its calls besides
    buffers sees one call more.
    ``live``: while the run goes on, the page loads itself again every few seconds.

    Models that are called, optimizers and exporters are found wherever they are used; results, random numbers and
    compiled graphs stay what they are.  Raises ValueError for what these cannot be.
    """
    return Watch(
        report=report,
        min_consecutive=min_consecutive,
        min_confidence=min_confidence,
        quiet=quiet,
        measure=measure,
        live=live,
    )


class Watch:
    """Watches every model and optimizer of the process, in all threads; see `watch`."""

    def __init__(
        self,
        *,
        report: str | Iterable[str] = "text",
        min_consecutive: int = 2,
        min_confidence: str = "low",
        quiet: bool = False,
        measure: bool = False,
        live: bool = False,
        command: Sequence[str] | None = None,
        on_finding: Callable[[RunFinding], object] | None = None,
    ) -> None:
        """``on_finding`` is called with each finding while the script runs, once, when it is certain."""
        self._outputs = parse_outputs(report)
        self._confidence = _confidence(min_confidence)
        if min_consecutive < 1:
            raise ValueError(f"min_consecutive is {min_consecutive}; it counts calls, from 1 on")
        self._quiet = quiet
        self._live = live
        if live and all(output.format != "html" for output in self._outputs):
            raise ValueError("live is for the page: add html to the reports")
        self._command = tuple(command if command is not None else sys.argv)
        self._directory = os.getcwd()
        self._pid = os.getpid()
        self._rank: int | None = None
        self._monitor = DropoutMonitor()
        self._session = Session(min_consecutive, lambda: self._monitor.events)
        self._recorder = Recorder(self._session, self._after_event, Measuring() if measure else None)
        self._ended = "running"
        self._pace = Pace() if any(output.path for output in self._outputs) else None
        self._writing = threading.RLock()
        self._on_finding = on_finding
        self._news = News()
        self._stopped: tuple[str, int, int] = (_FINISHED, 0, 0)  # how the trainer ended last, after how many events
        self._looking = Pace()
        self._monitor.start()
        self._recorder.start()
        atexit.register(self._at_exit)
        endings.begin(self._killed, self._recorder.is_busy)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish(error)

    @property
    def findings(self) -> tuple[RunFinding, ...]:
        """What was found so far, of the confidence that was requested."""
        return self.report().findings

    def report(self) -> RunReport:
        """Everything that is known so far."""
        return self._report(self._ended)

    def _report(self, ended: str) -> RunReport:
        with self._recorder.lock:
            report = collect(
                self._session,
                self._recorder.models,
                least=self._confidence,
                command=self._command,
                directory=self._directory,
                ended=ended,
                rank=self.rank,
                notices=[*_blind_spots(self._monitor), *self._recorder.notices],
            )
        endings.deliver()  # a signal may have come in the meantime
        return report

    @property
    def rank(self) -> int | None:
        """The rank of this process among several.  Once known, it stays: at exit the group may be gone."""
        if self._rank is None:
            self._rank = rank_among_several()
        return self._rank

    @property
    def is_over(self) -> bool:
        """Whether the reports are written, and nothing is listened to any more."""
        return self._ended != "running"

    def progress(self, *, epoch: float | None = None, loss: float | None = None) -> None:
        """Put the epoch that begins, or the training loss of now, on the timeline."""
        with self._recorder.lock:
            self._session.progress(epoch, loss)
        endings.deliver()

    def announce(self, *, at_the_end: bool = False) -> None:
        """Pass what is found, and not told yet, to ``on_finding``."""
        if self._on_finding is None or self.is_over or os.getpid() != self._pid:
            return
        with self._recorder.lock:
            new = self._news.of(self.findings, self._session.steps, at_the_end=at_the_end)
        endings.deliver()
        for finding in new:
            self._on_finding(finding)

    def write(self, error: BaseException | None = None) -> None:
        """Write the files as if the run ended here, by ``error`` or well; it may go on.

        If nothing more happens before the process ends, this is how the run has ended.
        """
        if self.is_over or os.getpid() != self._pid:
            return
        self._stopped = _describe(error), self._session.calls, self._session.steps
        self.announce(at_the_end=True)
        with endings.held(), self._writing:
            for path, content in self._contents(_describe(error))[1].items():
                try:
                    write_so_far(path, content)
                except OSError:  # at the end it happens again, and is reported
                    self._pace = None

    def finish(self, error: BaseException | None = None, *, script_is_over: bool = False) -> RunReport | None:
        """Stop listening, and write the reports; None if that was done before, or in another process than this.

        ``error`` is what ended the script, if anything did.  ``script_is_over``: no line of it runs after this.
        """
        ended = _describe(error)
        if script_is_over and ended == _FINISHED:
            self._session.script_is_over()
        self.announce(at_the_end=True)
        return self._finish(ended, drop_interrupt=isinstance(error, KeyboardInterrupt))

    def _at_exit(self) -> None:
        error = getattr(sys, "last_value", None)
        how, *events = self._stopped
        stopped = error is None and events == [self._session.calls, self._session.steps]
        ended = how if stopped else _describe(error)
        if ended == _FINISHED:
            self._session.script_is_over()
        self._finish(ended, drop_interrupt=isinstance(error, KeyboardInterrupt))

    def _killed(self, how: str) -> None:
        """The process is about to be ended; what it has printed and not written out is lost, as it would be."""
        self._finish(how, after_output=False)

    def _finish(self, ended: str, *, after_output: bool = True, drop_interrupt: bool = False) -> RunReport | None:
        if self._ended != "running" or os.getpid() != self._pid:
            return None
        self._ended = ended
        with endings.held(drop_interrupt=drop_interrupt):
            atexit.unregister(self._at_exit)
            self._recorder.stop()
            self._monitor.stop()
            with self._writing:  # another thread may be in the middle of it
                report = self._write_all(after_output)
            endings.end(self._killed)
        return report

    def _write_all(self, after_output: bool) -> RunReport:
        report, contents = self._contents()
        speaks = not report.rank
        if any(output.path is None for output in self._outputs) and speaks and (report.findings or not self._quiet):
            print_text(report, after_output=after_output)
        for path, content in contents.items():
            try:
                write_at_the_end(path, content)
            except OSError as error:  # the script's results must not be lost because of this
                tell(
                    printable(f"dropout-lint: cannot write {path!r}: {error.strerror}") + "\n",
                    after_output=after_output,
                )
                continue
            if speaks and not self._quiet:
                wrote = printable(as_text.shortened(path, self._directory))
                tell(f"dropout-lint: wrote {wrote}\n", after_output=after_output)
        return report

    def _after_event(self, events: int) -> None:
        """Tell what is found, and write the files of the run so far, if it is time; no warning need precede the end."""
        if self._on_finding is not None and self._looking.is_due(events):
            began = self._looking.now()
            self.announce()
            self._looking.written(events, began)
        pace = self._pace
        if pace is None or not pace.is_due(events) or not self._writing.acquire(blocking=False):
            return
        try:
            began = pace.now()
            with endings.held():
                for path, content in self._contents()[1].items():
                    write_so_far(path, content)
            pace.written(events, began)
        except Exception:  # at the end it happens again, and is reported
            self._pace = None
        finally:
            self._writing.release()

    def _contents(self, ended: str | None = None) -> tuple[RunReport, dict[str, bytes]]:
        """The report of now, and what each file is to hold."""
        with self._recorder.lock:  # what is rendered is what the recorder goes on to change
            report = self._report(ended or self._ended)
            return report, {
                path_for_rank(output.path, report.rank): rendered(output.format, report, live=self._live)
                for output in self._outputs
                if output.path is not None
            }


def _blind_spots(monitor: DropoutMonitor) -> list[str]:
    mechanism = monitor.mechanism
    spots = [str(mechanism)] if mechanism.blind_spots else []
    return [*spots, NOTICE] if steps_are_hidden() else spots


def _describe(error: BaseException | None) -> str:
    """How the script ended, in one line."""
    if error is None or (type(error) is SystemExit and error.code in (None, 0)):
        return _FINISHED
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _confidence(name: str) -> Confidence:
    try:
        return Confidence(name)
    except ValueError:
        choices = ", ".join(member.value for member in Confidence)
        raise ValueError(f"unknown confidence {name!r}; choices are {choices}") from None
