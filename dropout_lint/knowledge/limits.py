"""What bounds the comparison of names with patterns."""

from __future__ import annotations

LONGEST = 200
"""Characters of a name that is compared with a pattern: dotted names and the names of models are shorter."""
