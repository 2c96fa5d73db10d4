"""The wire format of protocol buffers: fields of a message, one after the other, without copying what is not needed.

This is protobuf's own encoding document (https://protobuf.dev/programming-guides/encoding/) and no more: messages stay
where they are in the file, so a model of any size costs no memory, and weights are stepped over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from dropout_lint.artifacts.readers.limits import MESSAGE_FIELDS, STRING_BYTES, Unreadable

_64_BITS = (1 << 64) - 1
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Message:
    """A message, or a string, or packed numbers: the bytes of ``data`` from ``start`` to ``end``."""

    data: mmap | bytes
    start: int
    end: int

    def fields(self) -> Iterator[tuple[int, int | Message]]:
        """Each field's number and value: an int (fixed-width ones as unsigned), or a part of the file.

        Raises `Unreadable` where the bytes are no message.
        """
        place, count = self.start, 0
        while place < self.end:
            count += 1
            if count > MESSAGE_FIELDS:
                raise Unreadable(f"holds a message of more than {MESSAGE_FIELDS} fields")
            key, place = self._varint(place)
            number, wire = key >> 3, key & 7
            if number == 0:
                raise _broken()
            if wire == _VARINT:
                value, place = self._varint(place)
                yield number, value
            elif wire == _LENGTH:
                length, place = self._varint(place)
                if length > self.end - place:
                    raise _broken()
                yield number, Message(self.data, place, place + length)
                place += length
            elif wire in (_FIXED64, _FIXED32):
                size = 8 if wire == _FIXED64 else 4
                if place + size > self.end:
                    raise _broken()
                yield number, int.from_bytes(self.data[place : place + size], "little")
                place += size
            else:  # groups, which neither protobuf 3 nor ONNX has
                raise _broken()

    def text(self) -> str:
        """Its bytes as a string; as much of it as a name may be long."""
        return self.bytes(STRING_BYTES).decode("utf-8", "replace")

    def bytes(self, limit: int) -> bytes:
        """At most ``limit`` of its bytes."""
        return bytes(self.data[self.start : min(self.end, self.start + limit)])

    def packed_int(self) -> int | None:
        """The only number in it, where it is a packed list of one; None otherwise."""
        if self.start == self.end:
            return None
        value, place = self._varint(self.start)
        return value if place == self.end else None

    def _varint(self, place: int) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            if place >= self.end:
                break
            byte = self.data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & _64_BITS, place  # what is beyond is dropped, as protobuf does
        raise _broken()


def as_float(bits: int) -> float:
    """The float whose 32 bits a fixed-width field holds."""
    return float(struct.unpack("<f", bits.to_bytes(4, "little"))[0])


def _broken() -> Unreadable:
    return Unreadable("not a whole message of protocol buffers: truncated, or something else")
