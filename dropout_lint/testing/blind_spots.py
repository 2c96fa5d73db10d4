"""Says, once in a process, what an assertion that holds could not have seen."""

from __future__ import annotations

import warnings

from dropout_lint.runtime.hooks.mechanism import Mechanism
from dropout_lint.warning import BlindSpotWarning

_told = False


def tell_blind_spots(mechanism: Mechanism) -> None:
    """Warn of what ``mechanism`` does not see, if anything, at the line that called the assertion."""
    global _told
    if mechanism.blind_spots and not _told:
        _told = True
        warnings.warn(f"{mechanism}; `assert_deterministic` sees more", BlindSpotWarning, stacklevel=3)
