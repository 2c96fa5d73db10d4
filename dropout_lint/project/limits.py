"""Where a budget has ended an analysis: what is behind it was not analysed.

Budgets are of counted work, never of time, so that the same is found on every machine.  Each holds for one program, one
file or the files around it: files elsewhere change nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Spent(Enum):
    """The budget that was spent; the value says what that means for the place."""

    STEPS = "the program that starts here was given up: it takes too many steps"
    BARREN = "the program that starts here was given up: so far, it had made or run no model"
    ENTRIES = "in the program that starts here, a function that is called again and again was not followed each time"
    FILE = "the programs from here on were left out: those before them took all steps of this file"
    IMPORTERS = "of the files that import this one, only the nearest were followed"
    STARS = "this file imports all names of too many files: not all of them were looked into"
    WORDS = "what this file imports leads to modes in too many ways: those from further away were left out"
    PROJECT = "the project has too many files: only those around this one were searched for imports of it"


class Limit(NamedTuple):
    """A budget that was spent."""

    filename: str
    line: int  # of a function or statement; 0 is the file as a whole
    spent: Spent
