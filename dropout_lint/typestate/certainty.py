"""Does a model have layers that depend on the mode, whichever way its constructor takes?

A model that is loaded is built with the arguments that were saved with it.  Nobody here knows them, so of what they
choose between, only what all choices have in common counts.
"""

from __future__ import annotations

from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import Const, Value

_MARK = ("", "<made one>")  # no name of a program; where two ways meet, it is true if it is on both
_YES = Const(True)


def asked(state: State, *, already: bool) -> Value:
    """Ask from here on; ``already``: there is such a layer.  Returns what an outer question has seen."""
    around = state.shared.get(_MARK, _YES)
    state.share(*_MARK, Const(already))
    return around


def made_one(state: State) -> None:
    """A layer that depends on the mode is made here."""
    if state.shared.get(_MARK, _YES) != _YES:
        state.share(*_MARK, _YES)


def answered(state: State, around: Value) -> bool:
    """Whether such a layer was made on every way to here; go on with the outer question."""
    is_certain = state.shared[_MARK] == _YES
    if not is_certain:
        state.share(*_MARK, around)
    return is_certain
