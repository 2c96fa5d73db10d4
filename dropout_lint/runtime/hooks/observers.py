"""Who is notified of what a thread does: the observer that it entered last, or that of the thread which started it.

Observers nest by thread.  Two threads that each enter one do not affect each other, and a thread that was given a
part of the work (DataParallel starts one for each device) belongs to the thread that started it.  Which one that was,
Python does not remember; a recorder in the place of `threading.Thread.start` does, from its installation on.

A thread whose parent is unknown (started by C++, or older than the recorder), and whose line has entered nothing,
is seen by the innermost observer of each other thread.
"""

from __future__ import annotations

import functools
import itertools
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Observer = Callable[[str, "float | None", "tuple[Any, ...]"], None]
"""Called with the operator, its drop probability and its arguments, in the thread and above the frame that ran it."""

Claims = Callable[[], bool]
"""Called in another thread, at an operator: is this part of what the observer wants to see?"""


@dataclass(frozen=True, eq=False)
class Entry:
    """An observer that is in force."""

    observer: Observer
    number: int  # entries are counted over the whole process
    nest: Nest  # of the thread that entered it
    claims: Claims | None  # None: it sees other threads as they come
    silences: bool  # no other observer is notified of what it sees


class Nest:
    """What one thread has entered, innermost last."""

    __slots__ = ("born", "entered", "parent", "thread")

    def __init__(self, parent: Nest | None, born: int, thread: threading.Thread | None = None) -> None:
        self.entered: tuple[Entry, ...] = ()
        self.parent = parent  # of the thread that started this one
        self.born = born  # number of the last entry before that
        self.thread = None if thread is None else weakref.ref(thread)

    @property
    def over(self) -> bool:
        """Whether its thread has ended and left nothing entered."""
        if self.thread is None or self.entered:
            return False
        alive = self.thread()
        return alive is None or not alive.is_alive()

    def shorten(self) -> None:
        """Leave out of the line what is over, so that a chain of timers does not grow for ever."""
        while self.parent is not None and self.parent.over:
            self.born, self.parent = self.parent.born, self.parent.parent


class _Thread(threading.local):
    nest: Nest | None = None
    inside = False  # below an operator that was reported already, or in a part that is not watched


thread = _Thread()
_lock = threading.RLock()
_numbers = itertools.count(1)
_last = 0
_NEST = "_dropout_lint_nest"

entries: tuple[Entry, ...] = ()
"""All that are in force in the process, oldest first.  Replaced, never changed: threads read it without the lock."""


def enter(observer: Observer, *, claims: Claims | None = None, silences: bool = False) -> None:
    """Notify ``observer`` of this thread, and of those that it starts, in place of what was entered before.

    With ``claims``, of other threads only what these say, and threads that are started from now on.
    """
    global entries, _last
    with _lock:
        nest = _here()
        _last = next(_numbers)
        entry = Entry(observer, _last, nest, claims, silences)
        nest.entered = (*nest.entered, entry)
        entries = (*entries, entry)


def leave(observer: Observer) -> None:
    """Stop notifying ``observer``, whichever thread entered it."""
    global entries
    with _lock:
        for entry in entries:
            if entry.observer is observer:
                entry.nest.entered = tuple(other for other in entry.nest.entered if other is not entry)
        entries = tuple(entry for entry in entries if entry.observer is not observer)


def told() -> tuple[Observer, ...]:
    """The observers to notify of what this thread does now."""
    if not entries:
        return ()
    nest = thread.nest or _here()
    own = nest.entered  # another thread may replace it between two looks
    return (own[-1].observer,) if own else _told_of_others(nest)


def tell(op: str, p: float | None, args: tuple[Any, ...]) -> None:
    """Notify the observers of this thread."""
    for observer in told():
        observer(op, p, args)


@dataclass(frozen=True, eq=False)
class Mark:
    """A moment in a thread."""

    number: int
    nest: Nest


def mark() -> Mark:
    """This moment, in this thread."""
    global _last
    record()
    with _lock:
        _last = next(_numbers)
        return Mark(_last, _here())


def is_since(moment: Mark) -> bool:
    """Whether this thread is that of ``moment``, or was started by it since, at whatever remove."""
    nest: Nest | None = _here()
    if nest is moment.nest:
        return True
    while nest is not None and nest.parent is not moment.nest:
        nest = nest.parent
    return nest is not None and nest.born >= moment.number


def _told_of_others(nest: Nest) -> tuple[Observer, ...]:
    now = entries
    for entry in reversed(now):
        if entry.claims is not None and entry.claims():
            return (entry.observer,)
    born, parent = nest.born, nest.parent
    while parent is not None:
        for entry in reversed(parent.entered):
            if entry.claims is None or entry.number <= born:
                return (entry.observer,)
        born, parent = parent.born, parent.parent
    innermost = {id(entry.nest): entry for entry in now if entry.claims is None}.values()
    silent = [entry.observer for entry in innermost if entry.silences]
    return tuple(silent or [entry.observer for entry in innermost])


def _here() -> Nest:
    nest = thread.nest
    if nest is None:
        nest = threading.current_thread().__dict__.get(_NEST) or Nest(None, 0)
        thread.nest = nest
    return nest


def record() -> None:
    """Put the recorder in place, once in a process."""
    original = threading.Thread.start
    if hasattr(original, "_dropout_lint_records"):
        return

    @functools.wraps(original)
    def start(self: threading.Thread) -> None:
        if _NEST not in self.__dict__:
            here = _here()
            here.shorten()
            self.__dict__[_NEST] = Nest(here, _last, self)
        original(self)

    start._dropout_lint_records = True  # type: ignore[attr-defined]
    threading.Thread.start = start  # type: ignore[method-assign]
