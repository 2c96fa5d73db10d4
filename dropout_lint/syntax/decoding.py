"""From the bytes of a Python file to its text and back, without loss.

Python's own rules: a byte order mark, then a coding comment in the first two lines (PEP 263), then UTF-8.
"""

from __future__ import annotations

import codecs
import io
import tokenize
from typing import NamedTuple


class Decoded(NamedTuple):
    """A text and its encoding.  Line ends are those of the file."""

    text: str
    encoding: str
    has_bom: bool

    def encode(self, text: str) -> bytes:
        """``text`` in the same encoding.  Raises UnicodeEncodeError where the encoding has no such character."""
        return (codecs.BOM_UTF8 if self.has_bom else b"") + text.encode(self.encoding)


def decode(data: bytes) -> Decoded:
    """Decode the bytes of a Python file.

    Raises SyntaxError, as Python does, for an unknown encoding, for a coding comment that contradicts the byte order
    mark, and for bytes that are not in the encoding.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    has_bom = data.startswith(codecs.BOM_UTF8)
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        return Decoded(
            data[len(codecs.BOM_UTF8) :].decode(encoding) if has_bom else data.decode(encoding), encoding, has_bom
        )
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = SyntaxError(f"not {encoding}: byte 0x{data[error.start]:02x} {error.reason}")
        problem.lineno, problem.offset = line, 1
        raise problem from None
    except (LookupError, ValueError):  # a codec that is none of text, such as `rot13`, or that decodes nothing
        raise SyntaxError(f"encoding problem: {encoding}") from None
