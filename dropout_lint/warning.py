"""The category of the warnings that the run-time side gives, so that `-W` and `filterwarnings` can name it."""

from __future__ import annotations


class DropoutLintWarning(UserWarning):
    """Dropout ran where it should not have: ``-W error::dropout_lint.DropoutLintWarning`` makes an error of it."""
