"""The zip that torch packs its files into, read with suspicion: nothing is extracted, nothing is read past a bound.

The standard library decodes; this module bounds what it is given to do.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import BinaryIO

from dropout_lint.artifacts.readers.limits import CENTRAL_DIRECTORY, ZIP_BYTES, ZIP_ENTRIES, Unreadable

_TROUBLE = (
    zipfile.BadZipFile,
    NotImplementedError,  # a compression or a version of zip that Python lacks
    RuntimeError,
    zlib.error,
    EOFError,
    struct.error,
    ValueError,  # offsets before the start, names that do not decode
    OverflowError,
    OSError,
)
_TRICK = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\\|\0")


class _Bounded(io.RawIOBase):
    """``file``, which refuses reads of a size that only a forged zip needs.

    `zipfile` reads a central directory of any size into memory at once, and makes an object for every 46 bytes of it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        data = self._file.read(CENTRAL_DIRECTORY + 1 if size is None or size < 0 else min(size, CENTRAL_DIRECTORY + 1))
        if len(data) > CENTRAL_DIRECTORY:
            raise Unreadable("the zip's list of entries is larger than torch ever writes it")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


class Container:
    """The entries of a zip by name.  Raises `Unreadable` for a zip that torch would not have written."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(_Bounded(file))
        except _TROUBLE as error:
            raise Unreadable(f"broken zip: {error}") from None
        entries = self._zip.infolist()
        if len(entries) > ZIP_ENTRIES:
            raise Unreadable(f"a zip of {len(entries)} entries: more than {ZIP_ENTRIES}")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._left = ZIP_BYTES
        for entry in entries:
            name = entry.orig_filename
            if _TRICK.search(name):
                raise Unreadable(f"a zip with a name that points outside of it: {name[:80]!r}")
            if name in self._entries:
                raise Unreadable(f"a zip with two entries called {name[:80]!r}")
            self._entries[name] = entry

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all entries, in the zip's order."""
        return tuple(self._entries)

    def read(self, name: str, limit: int) -> bytes:
        """The content of the entry ``name``, at most ``limit`` bytes.  Raises `Unreadable`."""
        entry = self._entries[name]
        if entry.flag_bits & 1:
            raise Unreadable(f"{name[:80]!r} is encrypted")
        # LZMA allocates what the entry's header requests, and torch's own reader knows neither it nor bzip2.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(f"{name[:80]!r} is compressed in a way that torch does not read")
        if entry.file_size > self._left:
            raise Unreadable(f"a zip whose entries are longer than {ZIP_BYTES} bytes together")
        if entry.file_size > limit:
            raise Unreadable(f"{name[:80]!r} is {entry.file_size} bytes long: more than {limit}")
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(limit + 1)
        except _TROUBLE as error:
            raise Unreadable(f"{name[:80]!r} cannot be read: {error}") from None
        if len(data) > limit or len(data) != entry.file_size:
            raise Unreadable(f"{name[:80]!r} is not as long as the zip says")
        self._left -= len(data)
        return data
