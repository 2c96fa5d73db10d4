"""Opening a file that may be anything: a device, a pipe, a folder, nothing at all."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from dropout_lint.artifacts.limits import Unreadable


def open_regular(path: str) -> BinaryIO:
    """The file at ``path``, opened for reading, if it is a regular one (or a link to one).

    Raises `Unreadable` for all else.  Opened without blocking: a pipe that nobody writes to would never return.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except IsADirectoryError:
        raise Unreadable("a folder, not a file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    raise Unreadable(f"{kinds.get(stat.S_IFMT(mode), 'no regular file')}, not a file")
