"""The pytest plugin: its options, its marker and its fixture.

Every pytest run of an environment loads this module, so it imports nothing heavy; the guard comes in, and torch with
it, where it was requested.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dropout_lint.io.printable import printable

if TYPE_CHECKING:
    from dropout_lint.runtime import DropoutMonitor

MODES = ("off", "warn", "fail")
MARKER = "active_dropout"

_OPTION, _INI, _INI_IGNORE, _INI_NO_GRAD = (
    "--dropout-guard",
    "dropout_guard",
    "dropout_guard_ignore",
    "dropout_guard_no_grad",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--dropout-guard=MODE`` and the ini options.  The mode is required: an optional one would swallow a path."""
    group = parser.getgroup("dropout-lint", "dropout and train/eval mode")
    group.addoption(
        _OPTION,
        metavar="MODE",
        default=None,
        help="what happens to a test in which dropout runs in a model that is in eval mode: off, warn or fail",
    )
    parser.addini(_INI, f"default of {_OPTION}: off, warn or fail", default="off")
    parser.addini(
        _INI_IGNORE,
        "modules whose dropout is meant, one a line, as module:Class with wildcards, such as my.tts:*Prenet",
        type="linelist",
        default=[],
    )
    parser.addini(
        _INI_NO_GRAD,
        "also report models that are in train mode while gradients are off",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, if it is on, the guard: now, before any test has started a thread."""
    config.addinivalue_line(
        "markers", f"{MARKER}(reason): dropout at inference is meant in this test; the reason says why"
    )
    mode = guard_mode(config)
    if mode == "off" or config.option.collectonly or _only_distributes(config):
        return
    try:
        from dropout_lint.testing.pytest_guard import Guard
    except (ImportError, OSError, AttributeError) as error:  # a torch that is broken, or a folder of that name
        raise pytest.UsageError(f"{_needs_torch(mode)}; importing it fails: {error.__cause__ or error}") from error

    config.pluginmanager.register(
        Guard(mode, tuple(config.getini(_INI_IGNORE)), no_grad=bool(config.getini(_INI_NO_GRAD))), "dropout-guard"
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    """One line if the guard is on, and nothing if it is off."""
    mode = guard_mode(config)
    return None if mode == "off" else f"dropout-guard: {mode}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker without a reason, whether the guard is on or off."""
    marker = item.get_closest_marker(MARKER)
    if marker is not None and not _reason(marker):
        pytest.fail(f'@pytest.mark.{MARKER} needs a reason: {MARKER}(reason="Monte-Carlo dropout")', pytrace=False)


@pytest.fixture
def dropout_guard(request: pytest.FixtureRequest) -> Iterator[DropoutMonitor]:
    """A monitor that is on during this test: ``dropout_guard.events`` is what dropped.

    The test judges the events; the guard of the command line stays out of it.
    """
    try:
        from dropout_lint.runtime import DropoutMonitor
    except ImportError as error:
        if error.name != "torch":  # it is there, and broken
            raise
        pytest.skip("the fixture dropout_guard needs torch: install 'dropout-lint[torch]'")

    with DropoutMonitor(no_grad=_no_grad(request.config)) as monitor:
        yield monitor


def guard_mode(config: pytest.Config) -> str:
    """The mode in force: the command line's, or else that of the ini file.

    Raises:
        pytest.UsageError: it is none of `MODES`, or it is on and torch is not installed.
    """
    given: Any = config.getoption(_OPTION)
    mode = str(config.getini(_INI) if given is None else given).strip()
    if mode not in MODES:
        where = f"{_INI} in {config.inipath or 'the configuration'}" if given is None else _OPTION
        raise pytest.UsageError(printable(f"{where}: unknown mode `{mode}`; choose from {', '.join(MODES)}"))
    if mode != "off" and not _has_torch():
        raise pytest.UsageError(_needs_torch(mode))
    return mode


def _has_torch() -> bool:
    """Whether `import torch` may work.  A folder of that name is no torch, and a finder may refuse to look."""
    try:
        spec = importlib.util.find_spec("torch")
    except ImportError:
        return False
    except ValueError:  # somebody has put something in its place
        return True
    return spec is not None and spec.origin is not None


def _needs_torch(mode: str) -> str:
    return (
        f"{_OPTION}={mode}: the guard needs torch; install 'dropout-lint[torch]', or switch it off with {_OPTION}=off"
    )


def _only_distributes(config: pytest.Config) -> bool:
    """Whether this process gives the tests to others (pytest-xdist), and runs none."""
    return getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput")


def _no_grad(config: pytest.Config) -> Any:
    return "report" if config.getini(_INI_NO_GRAD) else "ignore"


def _reason(marker: pytest.Mark) -> str:
    """The reason that the marker gives, by keyword or as its only argument; empty without one."""
    given = marker.kwargs.get("reason", marker.args[0] if len(marker.args) == 1 else "")
    return given.strip() if isinstance(given, str) else ""
