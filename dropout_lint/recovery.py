"""Files that this Python's own parser refuses, but that may be fine: LibCST's second opinion.

LibCST reads newer syntax than the Python that runs the tool.  Where it accepts a file, the top-level statements that
this Python cannot read are blanked and the rest is analysed; what was blanked is not judged.
"""

from __future__ import annotations

import ast

from dropout_lint.concrete import parse_module
from dropout_lint.parsing import parse
from dropout_lint.source import split_lines


def readable_part(text: str) -> ast.Module | None:
    """The tree of the statements of ``text`` that this Python can read, at their places; None if the text is no
    Python.
    """
    module = parse_module(text)
    if module is None:
        return None
    from libcst.metadata import MetadataWrapper, WhitespaceInclusivePositionProvider  # here: nearly no file needs it

    try:
        ranges = MetadataWrapper(module, unsafe_skip_copy=True).resolve(WhitespaceInclusivePositionProvider)
    except RecursionError:
        return None
    lines = split_lines(text)
    body: list[ast.stmt] = []
    for statement in module.body:
        first, last = ranges[statement].start.line, ranges[statement].end.line
        # Blank lines before the statement keep its line numbers, and LibCST ends a statement where the next one begins.
        until = last if ranges[statement].end.column else last - 1
        try:
            part = parse("\n" * (first - 1) + "".join(lines[first - 1 : until]))
        except (SyntaxError, RecursionError, MemoryError):
            continue
        body.extend(part.body)
    return ast.Module(body=body, type_ignores=[]) if body else None
