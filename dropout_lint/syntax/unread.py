"""What replaces code that cannot be read: a call of an unknown function, which is passed all that the code names.

So nothing seems to be unused, and nothing is known of what the code changes or returns.
"""

from __future__ import annotations

import re
from keyword import iskeyword

_WORD = re.compile(r"[^\W\d]\w*")


def stand_in(text: str) -> str:
    """An expression, as text, for the code ``text``."""
    words = [word for word in dict.fromkeys(_WORD.findall(text)) if word.isidentifier() and not iskeyword(word)]
    named = ", ".join(f"{word}, self.{word}" for word in words)
    return f"this_is_no_python({named})"
