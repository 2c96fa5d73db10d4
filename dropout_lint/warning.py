"""The categories of the warnings that the run-time side gives, so that `-W` and `filterwarnings` can name it."""

from __future__ import annotations


class DropoutLintWarning(UserWarning):
    """Dropout ran where it should not have: ``-W error::dropout_lint.DropoutLintWarning`` makes an error of it."""


class BlindSpotWarning(UserWarning):
    """A check passed that cannot see all that it should, because this torch cannot override kernels.

    It is not a `DropoutLintWarning`: who makes errors of those wants to hear of dropout, not of an old torch.
    """
