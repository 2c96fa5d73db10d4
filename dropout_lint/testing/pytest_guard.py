"""The guard that the pytest plugin sets around each test: it watches for dropout at inference, and warns or fails."""

from __future__ import annotations

from collections.abc import Generator
from fnmatch import fnmatchcase

import pytest

from dropout_lint.runtime import DropoutEvent, DropoutMonitor, install
from dropout_lint.warning import DropoutLintWarning

_SHOWN = 10  # events in one message; a test that loops over models can have hundreds
_MARKER = "active_dropout"
_FIXTURE = "dropout_guard"  # it was set up before, so that the guard, the inner one, would take what it waits for


class Guard:
    """A pytest plugin that is registered while the guard is on.

    Args:
        mode: ``warn`` or ``fail``.
        ignore: patterns of ``module:Class`` whose dropout is meant.
        no_grad: report models in train mode while gradients are off, too.
    """

    def __init__(self, mode: str, ignore: tuple[str, ...], *, no_grad: bool) -> None:
        self.mode = mode
        self.ignore = ignore
        self.no_grad = no_grad
        self.mechanism = install()

    def pytest_report_header(self) -> str | None:
        """What this torch does not let the guard see, if anything."""
        return f"dropout-guard: {self.mechanism}" if self.mechanism.blind_spots else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the test itself, without its fixtures.  Its own failure comes first, with what was seen added to it."""
        if item.get_closest_marker(_MARKER) or _FIXTURE in getattr(item, "fixturenames", ()):
            return (yield)
        with DropoutMonitor(no_grad="report" if self.no_grad else "ignore") as monitor:
            try:
                result = yield
            except BaseException:
                self._add_section(item, monitor)
                raise
        events = self._judged(monitor)
        if events:
            self._report(item, _message(events))
        return result

    def _judged(self, monitor: DropoutMonitor) -> list[DropoutEvent]:
        return [event for event in monitor.events if not self._ignores(event)]

    def _ignores(self, event: DropoutEvent) -> bool:
        return any(fnmatchcase(module, pattern) for module in event.module_stack for pattern in self.ignore)

    def _add_section(self, item: pytest.Item, monitor: DropoutMonitor) -> None:
        events = self._judged(monitor)
        if events:
            item.add_report_section("call", "dropout-guard", _message(events))

    def _report(self, item: pytest.Item, message: str) -> None:
        if self.mode == "fail":
            pytest.fail(message, pytrace=False)
        try:
            item.warn(DropoutLintWarning(message))
        except DropoutLintWarning:  # `-W error`: then it is a failure like any other, without our own frames
            pytest.fail(message, pytrace=False)


def _message(events: list[DropoutEvent]) -> str:
    lines = ["dropout ran in a model that is in eval mode:" if len(events) == 1 else f"{len(events)} places dropped:"]
    lines += [str(event) for event in events[:_SHOWN]]
    if len(events) > _SHOWN:
        lines.append(f"... and {len(events) - _SHOWN} more")
    lines.append(f'If it is meant: @pytest.mark.{_MARKER}(reason="..."), or `dropout_guard_ignore` in the ini file')
    return "\n".join(lines)
