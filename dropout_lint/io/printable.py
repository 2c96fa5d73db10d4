r"""What may be printed: text from files, models and users, made safe for a terminal, a log, and their readers.

Names and messages come from untrusted sources: a file name may hold a line break or an escape sequence, a layer any
text at all.  Whatever is printed goes through `printable`, piece by piece, before it is put into a line.  It promises:

- nothing of what it returns acts on a terminal, ends a line, or makes text look as if it were elsewhere: control
  characters (C0, DEL and C1, so every escape sequence), the separators U+2028 and U+2029, and the embeddings, overrides
  and isolates of bidirectional text are written out, as ``\x1b``, ``\n`` or ``\u202e``;
- what it returns can be encoded as UTF-8: lone surrogates, which encode the bytes of a file name that is not
  Unicode, are written out as ``\udcff``;
- all else stays: letters of every script, joiners and marks, emoji, blanks of any width, backslashes;
- what is printable already comes back as it is, so that to clean twice is to clean once.

JSON has escapes of its own, which keep all information: `printable_json` uses these.
"""

from __future__ import annotations

import os
import re

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: object, keep: str = "") -> str:
    """``text``, as `str` gives it, with every character that is not printable written out, but for those in ``keep``:
    a line break where several lines are meant, a tab where tabs are handled.
    """
    return UNPRINTABLE.sub(lambda found: found[0] if found[0] in keep else _written_out(found[0]), str(text))


def printable_json(text: str) -> str:
    """The JSON ``text`` with every character that is not printable as an escape of JSON: it means what it meant.

    Line breaks stay, because outside of strings, where alone they can stand, they are layout.
    """
    return UNPRINTABLE.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def patch_name(name: str) -> str:
    """``name`` for the head of a patch, so that git and patch find the file: as it is, with a tab behind it if there is
    a blank in it, or, if it is not printable, quoted as they quote names, byte by byte.
    """
    if UNPRINTABLE.search(name) is None and not name.startswith('"'):
        return f"{name}\t" if " " in name else name
    quoted = UNPRINTABLE.sub(
        lambda found: "".join(f"\\{byte:03o}" for byte in _bytes_of(found[0])),
        name.replace("\\", "\\\\").replace('"', '\\"'),
    )
    return f'"{quoted}"'


def _bytes_of(char: str) -> bytes:
    return os.fsencode(char) if "\udc80" <= char <= "\udcff" else char.encode("utf-8", "surrogatepass")


def _written_out(char: str) -> str:
    code = ord(char)
    return _SHORT.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
