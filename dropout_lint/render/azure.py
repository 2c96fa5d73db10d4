"""Issues in the log of Azure Pipelines."""

from __future__ import annotations

from dropout_lint.finding import Finding
from dropout_lint.io.printable import printable
from dropout_lint.render.report import Report, file_span, in_repository, place, with_notes


def render(report: Report) -> str:
    """A logging command for each finding, and for each error."""
    errors = "".join(f"##vso[task.logissue type=error;]{_escape(printable(error))}\n" for error in report.errors)
    return "".join(_command(finding) for finding in report.findings) + errors


def _command(finding: Finding) -> str:
    start = file_span(finding).start
    properties = {
        "type": finding.severity.value,
        "sourcepath": in_repository(finding.filename),
        "linenumber": start.line,
        "columnnumber": start.column,
        "code": finding.code,
    }
    told = "".join(f"{key}={_escape_property(str(value))};" for key, value in properties.items())
    text = with_notes(f"{place(finding)}: {finding.code} {finding.one_line}", finding)
    return f"##vso[task.logissue {told}]{_escape(text)}\n"


def _escape(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(printable(text, keep="\r\n")).replace("]", "%5D").replace(";", "%3B")
