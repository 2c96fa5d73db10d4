"""Rewrites a block of a Markdown file that a script owns."""

from __future__ import annotations

import re
from pathlib import Path


def replace_block(file: Path, name: str, content: str) -> None:
    """Put ``content`` between the comments ``<!-- name: begin -->`` and ``<!-- name: end -->`` in ``file``.

    Raises ValueError if the file has no such block, or several.
    """
    text = file.read_text("utf-8")
    pattern = re.compile(rf"(<!-- {name}: begin[^\n]*-->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    fresh, count = pattern.subn(lambda match: f"{match[1]}{content.strip()}\n{match[2]}", text)
    if count != 1:
        raise ValueError(
            f"{file}: expected one block between `<!-- {name}: begin -->` and `... end -->`, found {count}"
        )
    file.write_text(fresh, "utf-8")
