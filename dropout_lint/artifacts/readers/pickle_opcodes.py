"""The instructions of a pickle, one after the other, by the tables of the standard library's `pickletools`.

`pickletools.genops` would do, but for memory: it reads every argument, and an argument can be as long as the file.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Iterator
from typing import BinaryIO

from dropout_lint.artifacts.readers.inert import OPAQUE, Global, Value
from dropout_lint.artifacts.readers.limits import PICKLE_OPCODES, STRING_BYTES, Unreadable

_OPCODES = {operation.code: operation for operation in pickletools.opcodes}
_WIDTHS = {-2: "<B", -3: "<i", -4: "<I", -5: "<Q"}  # how a length is written, by pickletools' markers
_NUMBERS = {"BININT": "<i", "BININT1": "<B", "BININT2": "<H", "BINFLOAT": ">d"}


def operations(file: BinaryIO) -> Iterator[tuple[str, Value]]:
    """The instructions of the pickle at ``file``'s position: name and argument of each.  Raises `Unreadable`.

    Strings that are too long to be a name, and numbers that are too large to be a rate, are `OPAQUE`: they are stepped
    over and take no memory.  The pickle ends with STOP; what follows is left unread.
    """
    for _ in range(PICKLE_OPCODES):
        code = file.read(1)
        operation = _OPCODES.get(code.decode("latin-1"))
        if operation is None:
            raise Unreadable("holds a pickle that ends too early" if not code else "holds a broken pickle")
        yield operation.name, _argument(file, operation)
    raise Unreadable(f"holds a pickle of more than {PICKLE_OPCODES} instructions")


def _argument(file: BinaryIO, operation: pickletools.OpcodeInfo) -> Value:
    name, argument = operation.name, operation.arg
    if argument is None:
        return None
    if name in ("GLOBAL", "INST"):
        return Global(_text_line(file), _text_line(file))
    if argument.n == -1:
        return _text_line(file, "raw-unicode-escape" if name == "UNICODE" else "utf-8")
    if argument.n > 0:
        data = _exactly(file, argument.n)
        if name in _NUMBERS:
            return struct.unpack(_NUMBERS[name], data)[0]
        return int.from_bytes(data, "little")  # an index into the memo, a version, a frame's length
    (length,) = struct.unpack(_WIDTHS[argument.n], _exactly(file, struct.calcsize(_WIDTHS[argument.n])))
    if length < 0:
        raise Unreadable("holds a broken pickle: a negative length")
    if length > STRING_BYTES:
        _skip(file, length)
        return OPAQUE
    data = _exactly(file, length)
    if "UNICODE" in name:
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise Unreadable(f"holds a broken pickle: a text that is not UTF-8: {error.reason}") from None
    if "LONG" in name:
        return int.from_bytes(data, "little", signed=True) if length <= 16 else OPAQUE
    return data.decode("latin-1") if "STRING" in name else OPAQUE


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise Unreadable("holds a pickle that ends too early")
    return data


def _skip(file: BinaryIO, size: int) -> None:
    end = file.seek(0, 1) + size
    if end > file.seek(0, 2):
        raise Unreadable("holds a pickle that ends too early")
    file.seek(end)


def _text_line(file: BinaryIO, encoding: str = "utf-8") -> str:
    line = file.readline(STRING_BYTES)
    if not line.endswith(b"\n"):
        raise Unreadable("holds a pickle with a line that is too long, or that does not end")
    return line[:-1].decode(encoding, "replace")
