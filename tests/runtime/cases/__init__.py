"""The case matrix as data: small models, each with what has to be found, by which tier, and at which line.

The ``design_`` modules hold the table that the checker was developed with: 36 cases of misuse and 10 legitimate ones.
The ``new_`` modules were written before its code and without it in view, so they say more about models not yet tried.
"""

from __future__ import annotations

from tests.runtime.cases import (
    design_functional,
    design_layers,
    design_legitimate,
    design_random,
    new_functional,
    new_layers,
    new_legitimate,
    new_random,
    new_threads,
    new_training,
)
from tests.runtime.cases.case import CASES, Case, Scene

__all__ = [
    "CASES",
    "Case",
    "Scene",
    "design_functional",
    "design_layers",
    "design_legitimate",
    "design_random",
    "new_functional",
    "new_layers",
    "new_legitimate",
    "new_random",
    "new_threads",
    "new_training",
]
