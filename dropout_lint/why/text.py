"""The answer in the terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dropout_lint.io.printable import printable, printable_json
from dropout_lint.render.report import relative
from dropout_lint.why.answer import Answer, Line, Seen


def as_text(answer: Answer) -> str:
    """The answer for people: headings, and below each its statements with their places."""
    return "\n".join(printable(line) for line in _lines(answer)) + "\n"


def _lines(answer: Answer) -> Iterator[str]:
    yield f"{_place(answer.line)}  {answer.text}"
    for section in answer.sections:
        yield ""
        yield section.heading
        for seen in section.statements:
            yield f"  {seen.text}" + (f"  ({_place(seen.place)})" if seen.place is not None else "")
    yield ""
    yield f"In short: {answer.cause}"


def as_json(answer: Answer) -> str:
    """The answer for programs."""
    content = {
        "filename": relative(answer.line.filename),
        "cell": answer.line.cell,
        "line": answer.line.number,
        "text": answer.text,
        "cause": answer.cause,
        "sections": [
            {"heading": section.heading, "statements": [_plain(seen) for seen in section.statements]}
            for section in answer.sections
        ],
    }
    return printable_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _plain(seen: Seen) -> dict[str, Any]:
    if seen.place is None:
        return {"text": seen.text}
    place = seen.place
    return {"text": seen.text, "filename": relative(place.filename), "cell": place.cell, "line": place.number}


def _place(line: Line) -> str:
    cell = "" if line.cell is None else f"cell {line.cell}:"
    return f"{relative(line.filename)}:{cell}{line.number}" if line.number else relative(line.filename)
