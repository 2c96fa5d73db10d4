"""JSON, one object on each line, for programs that read while others write."""

from __future__ import annotations

import json

from dropout_lint.io.printable import printable_json
from dropout_lint.render.json import plain
from dropout_lint.render.report import Report


def render(report: Report) -> str:
    """The objects of the format ``json``, a line each."""
    lines = (json.dumps(plain(finding), ensure_ascii=False) for finding in report.findings)
    return "".join(f"{printable_json(line)}\n" for line in lines)
