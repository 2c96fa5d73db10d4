"""From a stack frame to the line that a reader wants to see: outside torch, and outside every installed library."""

from __future__ import annotations

import dis
from enum import IntEnum
from functools import lru_cache
from types import CodeType, FrameType

from dropout_lint.runtime.record.events import Place
from dropout_lint.runtime.stack.frames import is_outside_torch, is_users

_MOST = 20_000  # code objects or places that are remembered


class _Whose(IntEnum):
    TORCH = 0  # torch itself, or this package
    LIBRARY = 1  # installed, or of Python
    USER = 2


_whose: dict[CodeType, _Whose] = {}
_places: dict[tuple[CodeType, int], Place] = {}


def _owner(code: CodeType) -> _Whose:
    whose = _whose.get(code)
    if whose is None:
        file = code.co_filename
        whose = _Whose.TORCH if not is_outside_torch(file) else _Whose.USER if is_users(file) else _Whose.LIBRARY
        if len(_whose) >= _MOST:
            _whose.clear()
        _whose[code] = whose
    return whose


def outside_torch(frame: FrameType | None) -> FrameType | None:
    """The innermost frame from ``frame`` outwards that belongs neither to torch nor to this package."""
    while frame is not None and _owner(frame.f_code) is _Whose.TORCH:
        frame = frame.f_back
    return frame


def place_of(frame: FrameType | None) -> Place:
    """The line that ``frame`` is at, and the innermost line of the user's own code that called it.

    The second is looked up once for each first; a library's line that is reached from several places of the user's code
    keeps the one that reached it first.
    """
    frame = outside_torch(frame)
    if frame is None:
        return Place.at("<unknown>", 0)
    key = (frame.f_code, frame.f_lasti)
    place = _places.get(key)
    if place is None:
        user: FrameType | None = frame
        while user is not None and _owner(user.f_code) is not _Whose.USER:
            user = user.f_back
        user = user or frame
        place = Place(frame.f_code.co_filename, frame.f_lineno, user.f_code.co_filename, user.f_lineno)
        if len(_places) >= _MOST:
            _places.clear()
        _places[key] = place
    return place


def result_is_discarded(frame: FrameType | None) -> bool:
    """Whether the call that ``frame`` is in the middle of is a statement of its own, or goes to a name like ``_``.

    An evaluation whose result is thrown away is none; such calls gather statistics (batch norm, calibration), warm
    up, or fill the lazy shapes.
    """
    return frame is not None and _is_discarded(frame.f_code, frame.f_lasti)


@lru_cache(maxsize=1024)
def _is_discarded(code: CodeType, offset: int) -> bool:
    for instruction in dis.get_instructions(code):
        if instruction.offset > offset and instruction.opname not in ("CACHE", "NOT_TAKEN"):
            if instruction.opname.startswith("STORE_"):
                return isinstance(instruction.argval, str) and not instruction.argval.strip("_")
            return instruction.opname == "POP_TOP"
    return False
