"""TOML and JSON that somebody else wrote: the value in a text, or one error in words, whatever is wrong in it.

The parsers of the standard library end with a handful of exceptions: for what is not in the format, for texts that nest
deeper than Python's stack, for numbers of more digits than Python converts.
"""

from __future__ import annotations

import sys
from typing import Any

_LONGEST = 120  # characters of a value that a message quotes


class Malformed(ValueError):
    """A text that cannot be read as what it should be; the message says why, without a name or a place."""


def read_toml(data: bytes) -> dict[str, Any]:
    """The tables in ``data``.  Raises `Malformed`."""
    if sys.version_info >= (3, 11):  # here, because many a run reads no TOML
        import tomllib
    else:
        import tomli as tomllib

    try:
        tables: dict[str, Any] = tomllib.loads(data.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise Malformed(str(error)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Malformed(_reason(error)) from None
    return tables


def read_json(data: bytes | str) -> Any:
    """The value in ``data``.  Raises `Malformed`."""
    import json  # here, because many a run reads no JSON

    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise Malformed(str(error)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Malformed(_reason(error)) from None


def quoted(value: object) -> str:
    """``value`` as messages quote it: in part if it is long, in words if it has no literal."""
    try:
        text = repr(value)
    except ValueError:  # hexadecimal ones are read at any length
        return "a number of too many digits"
    except RecursionError:
        return "a value that is nested too deeply"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not {error.encoding}: byte 0x{error.object[error.start]:02x} {error.reason}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, MemoryError):
        return "takes more memory to read than there is"
    return "a number of too many digits" if "digits" in str(error) else str(error)
