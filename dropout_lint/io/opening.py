"""Opening a path that may be anything: a device, a pipe, a folder, nothing at all.

Everything that the tool reads is opened here.  The author of a repository chooses what is under which name, and
`open` on a pipe that nobody writes to, or on some devices, never returns.
"""

from __future__ import annotations

import errno
import io
import os
import stat

SOURCE_BYTES = 500_000_000
"""More than this is no source, no notebook and no report of a run; one such file must not take all memory."""
SETTINGS_BYTES = 10_000_000
"""The same for what people write by hand: configuration, patterns to ignore, knowledge files."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def open_regular(path: str | os.PathLike[str]) -> io.FileIO:
    """The file at ``path``, opened for reading and unbuffered, if it is a regular one (or a link to one).

    Raises OSError for all else, names that no file can have among it; `strerror` says in words what is wrong.
    """
    try:
        # Opening some devices has effects, so the path is checked first; what may have replaced it in between
        # is
        # opened without blocking, and checked again.
        _refuse_others(os.stat(path).st_mode, path)
        descriptor = os.open(path, _FLAGS)
    except ValueError:  # a NUL, or a surrogate that encodes no byte
        raise OSError(errno.EINVAL, "no file can have this name", os.fspath(path)) from None
    try:
        _refuse_others(os.fstat(descriptor).st_mode, path)
        return io.FileIO(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: str | os.PathLike[str], most: int = SOURCE_BYTES) -> bytes:
    """What the regular file at ``path`` holds.  Raises OSError: see `open_regular`; and where it is more than ``most``
    bytes.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size <= most:
            data = file.readall()
            if data is None:  # some files of /proc say that they are regular, and have nothing to give yet
                raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), os.fspath(path))
            if len(data) <= most:
                return data
    raise OSError(errno.EFBIG, f"larger than {most // 1_000_000} MB", os.fspath(path))


def _refuse_others(mode: int, path: str | os.PathLike[str]) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"{kind}, not a file", os.fspath(path))
