"""How many steps the analysis of one program is worth: the more it has to do with modules, the more.

Steps are counted, not seconds, so that the same is found on every machine.  Most programs that have made no module
after a while never make one: of those that are known to misuse modes, scripts need up to 390 steps to make one whose
mode matters, or to run one, and functions that nobody calls need 210.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_STEPS = 4_000  # of one root: a function or a script, with all that it calls


@dataclass(frozen=True, slots=True)
class Budget:
    """Of one root: the steps until a module whose mode matters is made, and until one is run."""

    until_made: int
    until_run: int

    def steps(self, *, made: bool, ran: bool) -> int:
        """How many there may be, by what has happened so far."""
        return min(MOST_STEPS, MOST_STEPS if ran else self.until_run if made else self.until_made)


OF_SCRIPT = Budget(until_made=600, until_run=1_000)
OF_FUNCTION = Budget(until_made=300, until_run=400)  # a script first parses options and loads data
