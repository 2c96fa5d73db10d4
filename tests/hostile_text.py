"""Text that does what nobody should be able to make a printed line do, in a harmless way; and how to see it."""

from __future__ import annotations

import re

ESCAPES = "\x1b[31m\x07\x7f\x9b31m\u202e\u2066\u2028"
"""An escape sequence in both spellings, a bell, a deletion, an override, an isolate and a separator."""

NAME = f"a{ESCAPES}\n::error::injected\r\x0bé世.py"
"""What a file may be called where file systems are generous; a line of it would be a command of GitHub Actions."""

_ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_OWN_COLOURS = re.compile("\x1b\\[(?:0|1|36|1;3[14])m")


def acts(output: str, *, colored: bool = False) -> list[str]:
    """What in ``output`` would act on a terminal, and the lines that were smuggled in; none, if all is well."""
    text = _OWN_COLOURS.sub("", output) if colored else output
    return _ACTS.findall(text) + re.findall(r"(?m)^(?:::error::)?injected.*", text)
