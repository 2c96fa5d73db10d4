"""Ends of a process that run no `finally` and no exit handler: signals that kill it, and `os._exit`.

Where a signal would kill, there is a handler that lets the watchers write and then has the process killed by the same
signal, so that its exit status is what it would be.  The script does not see it: `signal.signal` and `signal.getsignal`
show the default in its place.  A handler of the script's own stays the only one, whether it comes before or after.

As on Ctrl-C, Python runs a handler in the main thread, between two of its own instructions; a signal that comes while
the main thread is inside a long call of C waits for its end.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

Finish = Callable[[str], object]
"""Writes the reports; called with a few words on how the process ended."""

_NAMES = ("SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGXCPU")
"""What people and schedulers end a process with.  Slurm and others send the last three as a warning."""
_NUMBERS = {int(getattr(signal, name)): name for name in _NAMES if hasattr(signal, name)}

_waiting: dict[Finish, Callable[[], bool]] = {}  # -> whether it must not be called at this moment
_originals: dict[str, Any] = {}
_replacements: dict[str, Any] = {}
_pid = 0
_holds = 0  # parts of the main thread's work that must not be interrupted
pending: int | None = None
"""The signal that came in such a moment."""


def begin(finish: Finish, busy: Callable[[], bool]) -> None:
    """Call ``finish`` before the process is ended.  ``busy``: whether the thread that runs now has work half done."""
    global _pid
    if not _waiting:
        _pid = os.getpid()
        _install()
    _waiting[finish] = busy


def end(finish: Finish) -> None:
    """Call it no more."""
    if _waiting.pop(finish, None) is not None and not _waiting:
        _remove()


def deliver() -> None:
    """Do what the ``pending`` signal requests, if this is the main thread, and it may be done."""
    if pending is not None and _is_main_thread():
        _handler(pending, None)


@contextlib.contextmanager
def held(*, drop_interrupt: bool = False) -> Iterator[None]:
    """Let signals wait while a file is written.

    A Ctrl-C then raises KeyboardInterrupt at the end, unless one is on its way already: ``drop_interrupt``.
    """
    global _holds
    if not _is_main_thread():
        yield
        return
    interrupts: list[int] = []
    is_default = _call("getsignal", signal.SIGINT) is signal.default_int_handler
    if is_default:
        _call("signal", signal.SIGINT, lambda number, frame: interrupts.append(number))
    _holds += 1
    try:
        yield
    finally:
        _holds -= 1
        if is_default:
            _call("signal", signal.SIGINT, signal.default_int_handler)
        if not _holds:
            deliver()
        if interrupts and not drop_interrupt:
            raise KeyboardInterrupt


def _handler(number: int, frame: FrameType | None) -> None:
    global pending
    if os.getpid() == _pid:
        if _holds or any(busy() for busy in _waiting.values()):
            pending = number
            return
        pending = None
        _finish(f"killed by {_NUMBERS[number]}")
    _call("signal", number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _finish(how: str) -> None:
    for finish in reversed(list(_waiting)):
        with contextlib.suppress(Exception):  # the process ends all the same
            finish(how)


def _is_main_thread() -> bool:
    """The only one that may set handlers, and in which they run."""
    return threading.get_ident() == threading.main_thread().ident


def _call(name: str, *arguments: Any) -> Any:
    """`signal.signal` or `signal.getsignal`, the real one."""
    return _originals.get(name, getattr(signal, name))(*arguments)


def _install() -> None:
    _register_at_fork()
    for module, name, replacement in (
        (signal, "signal", _shown_signal),
        (signal, "getsignal", _shown_getsignal),
        (os, "_exit", _exit),
    ):
        original = _originals[name] = getattr(module, name)
        _replacements[name] = functools.wraps(original)(functools.partial(replacement, original))
        setattr(module, name, _replacements[name])
    if _is_main_thread():  # others may set no handler
        for number in _NUMBERS:
            if _call("getsignal", number) == signal.SIG_DFL:
                _call("signal", number, _handler)


def _remove() -> None:
    for number in _NUMBERS:
        if _call("getsignal", number) is _handler:
            with contextlib.suppress(ValueError):  # another thread; without watchers, the handler does the default
                _call("signal", number, signal.SIG_DFL)
    for module, name in ((signal, "signal"), (signal, "getsignal"), (os, "_exit")):
        if getattr(module, name) is _replacements.pop(name):  # else somebody has put another one in place since
            setattr(module, name, _originals[name])
    _originals.clear()


def _shown_signal(original: Callable[..., Any], number: Any, handler: Any) -> Any:
    before = original(number, handler)
    if int(number) in _NUMBERS and isinstance(handler, int) and handler == signal.SIG_DFL and _waiting:
        original(number, _handler)
    return signal.SIG_DFL if before is _handler else before


def _shown_getsignal(original: Callable[..., Any], number: Any) -> Any:
    handler = original(number)
    return signal.SIG_DFL if handler is _handler else handler


def _exit(original: Callable[..., Any], status: int) -> None:
    if os.getpid() == _pid:
        _finish(f"os._exit({status})")
    original(status)


class _Forking(threading.local):
    mask: set[int | signal.Signals] | None = None  # of the signals that this thread blocked before


_forking = _Forking()


@functools.cache
def _register_at_fork() -> None:
    """A child that is forked has nothing to write, and is killed as it would be.

    Python forgets what comes between the fork and its own first steps in the child, and a parent that terminates the
    child at once is that quick.  So such signals wait until the default is in force.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork, after_in_parent=_unblock, after_in_child=_in_child)


def _before_fork() -> None:
    if _waiting:
        _forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, _NUMBERS)


def _unblock() -> None:
    mask, _forking.mask = _forking.mask, None
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _in_child() -> None:
    global pending, _holds
    pending, _holds = None, 0
    if _waiting:
        _waiting.clear()
        _remove()
    _unblock()
