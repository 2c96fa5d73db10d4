"""Writing a file so that it is never half written, and so that nothing that somebody else wrote is lost.

The new content is written to a file beside it, which then takes its place.  A process that is killed before leaves
that file behind; the next write to the folder removes it.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from contextlib import suppress
from pathlib import Path

from dropout_lint.io.opening import read_regular

if sys.platform != "win32":
    import fcntl

_SUFFIX = ".dropout-lint.tmp"
_OURS = re.compile(rf"\.\w+{re.escape(_SUFFIX)}")


class ChangedMeanwhile(OSError):
    """The file no longer has the content that it was expected to have."""


def write_atomically(path: Path, data: bytes, *, expected: bytes | None = None) -> None:
    """Replace the content of ``path``: a reader, at any moment, sees the old content or the new.

    The file keeps its mode and its owner; a symbolic link stays one, and its target is written.  Raises OSError, with
    the old content in place, if it cannot be done, or if the file is not to be written to; `ChangedMeanwhile` if the
    file has another content than ``expected``.  No system call replaces a file on such a condition, so it is read as
    the last thing before: what somebody writes between this read and the rename that follows it at once is lost.
    """
    target = Path(os.path.realpath(path))
    old = target.stat() if target.exists() else None
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(target.parent)
    handle, temporary = _new_file(target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if old is not None and hasattr(os, "geteuid") and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
                with suppress(OSError):  # only root may give files away
                    os.chown(temporary, old.st_uid, old.st_gid)
            os.chmod(temporary, 0o666 & ~_umask() if old is None else stat.S_IMODE(old.st_mode))
            if sys.platform == "win32":
                file.close()  # there, a file that is open cannot be moved; elsewhere, closing gives up the lock
            if expected is not None and not _holds(target, expected):
                raise ChangedMeanwhile(errno.EBUSY, "the file was changed meanwhile", str(path))
            os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _holds(target: Path, expected: bytes) -> bool:
    try:
        return read_regular(target) == expected
    except FileNotFoundError:
        return False


def _new_file(folder: Path) -> tuple[int, str]:
    """A new file in ``folder``, open and locked: as long as its writer lives, it is no leftover."""
    import tempfile  # here: most runs write nothing

    while True:
        handle, name = tempfile.mkstemp(prefix=".", suffix=_SUFFIX, dir=folder)
        if sys.platform == "win32":
            return handle, name
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.path.exists(name):
            return handle, name
        os.close(handle)  # somebody took it for a leftover before it was locked


def _remove_leftovers(folder: Path) -> None:
    """Remove the files that killed writers left in ``folder``."""
    with suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.path for entry in entries if _OURS.fullmatch(entry.name)]:
            with suppress(OSError):  # a writer holds it, or it is gone
                _remove_leftover(name)


def _remove_leftover(name: str) -> None:
    if sys.platform == "win32":
        os.unlink(name)  # refused while the file is open
        return
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
