"""A monitor never raises in the user's forward; here it does, so that a broken one cannot pass for a quiet one."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _broken_monitors_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from dropout_lint.runtime.monitoring import monitor

    monkeypatch.setattr(monitor, "_debugging", True)
