"""What tests share: a clean environment to run programs in, and the switch that rewrites expected output."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

_MEDDLING = ("PYTHON", "PYTEST", "VIRTUAL_ENV", "GIT_", "PRE_COMMIT", "DROPOUT_LINT", "FORCE_COLOR", "NO_COLOR")

# `--hypothesis-profile=long` is for people who hunt: a hundred times as many examples, and others on each run.
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("long", deadline=None, max_examples=10_000, suppress_health_check=_SLOW, print_blob=True)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regen", action="store_true", help="rewrite the fixtures' expected output instead of comparing")


@pytest.fixture(scope="session")
def regen(request: pytest.FixtureRequest) -> bool:
    """Whether expected output is to be rewritten.  Refused in CI, where nobody would look at the difference."""
    wanted = bool(request.config.getoption("--regen"))
    if wanted and os.environ.get("CI"):
        raise pytest.UsageError("--regen is for people: CI compares")
    return wanted


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without what would colour, widen or redirect the programs under test; ``extra`` is added."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_MEDDLING)}
    return {**kept, "COLUMNS": "120", "PYTHONIOENCODING": "utf-8", **extra}


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a program to its end: ``run(*words, cwd=..., stdin=..., env=...)``; with ``-m`` first, this Python."""

    def run_program(
        *words: str | Path, cwd: Path, stdin: str = "", env: Mapping[str, str] | None = None, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        command = [str(word) for word in words]
        if command[0] == "-m":
            command.insert(0, sys.executable)
        return subprocess.run(
            command,
            cwd=cwd,
            input=stdin,
            env=dict(clean_environment() if env is None else env),
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    return run_program


@pytest.fixture
def broken_monitors_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong inside of a monitor is raised, not only warned of."""
    pytest.importorskip("torch")
    from dropout_lint.runtime.monitoring import monitor

    monkeypatch.setattr(monitor, "_debugging", True)
