"""A monitor never raises in the user's forward; here it does, so that a broken one cannot pass for a quiet one."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _broken_monitors_raise(broken_monitors_raise: None) -> None:
    pass
