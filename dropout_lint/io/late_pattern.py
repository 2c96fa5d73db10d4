"""Regular expressions that are compiled at their first use.

To compile one takes a tenth of a millisecond and more, and of those that look at lines of text most are not needed for
the file at hand: together they took a third of the time that a small file takes.
"""

from __future__ import annotations

import re
from typing import Any, cast


def late(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, or, until it is used, something that stands for it."""
    return cast("re.Pattern[str]", _Late(pattern, flags))


class _Late:
    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        """A method of the compiled expression.  It becomes an attribute of this object: the next use is as fast as that
        of the expression itself.
        """
        method = getattr(re.compile(self.pattern, self.flags), name)
        setattr(self, name, method)
        return method
