"""Finds mistakes with dropout and with train/eval mode in PyTorch code, before and while it runs."""

from __future__ import annotations

import os.path

from dropout_lint.version import VERSION as __version__
from dropout_lint.warning import BlindSpotWarning, DropoutLintWarning

__all__ = ["BlindSpotWarning", "DropoutLintWarning", "__version__"]

# An installed package has its rules inside.  In a checkout they are beside it, where people look for them; the import
# system then has to know, because nothing is installed.
_here = os.path.dirname(os.path.abspath(__file__))
_checkout = os.path.dirname(_here)
if not os.path.isdir(os.path.join(_here, "rules")) and os.path.isfile(os.path.join(_checkout, "rules", "__init__.py")):
    __path__.append(_checkout)
