"""The bar begins before the first file is done, counts what needs work, and has no thread: workers are forked later."""

from __future__ import annotations

import threading

import pytest

from dropout_lint.cli.progress import ProgressBar


def test_the_bar_shows_the_work_before_the_first_of_it_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes the captured stream for a terminal
    before = threading.active_count()
    with ProgressBar() as progress:
        progress(0, 30)
        assert "0/30" in capsys.readouterr().err
        assert threading.active_count() == before
        progress(1, 30)
        assert "1/30" in capsys.readouterr().err


def test_little_work_has_no_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with ProgressBar() as progress:
        progress(0, 3)
    assert capsys.readouterr().err == ""
