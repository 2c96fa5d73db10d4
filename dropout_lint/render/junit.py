"""JUnit's XML, which most continuous-integration servers show."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree

from dropout_lint.render.report import Report, relative

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """A test suite for each file, with a failed test case for each finding; one passed case if there is none."""
    root = ElementTree.Element("testsuites", name="dropout-lint", tests=str(len(report.findings) or 1))
    root.set("failures", str(len(report.findings)))
    if not report.findings:
        suite = ElementTree.SubElement(root, "testsuite", name="dropout-lint", tests="1", failures="0")
        ElementTree.SubElement(suite, "testcase", name="No findings", classname="dropout-lint")
    for filename, found in groupby(report.findings, key=lambda finding: finding.filename):
        findings = list(found)
        name = _clean(relative(filename))
        count = str(len(findings))
        suite = ElementTree.SubElement(root, "testsuite", name=name, tests=count, failures=count)
        for finding in findings:
            start = finding.span.start
            case = ElementTree.SubElement(
                suite, "testcase", name=finding.code, classname=name, line=str(start.line), column=str(start.column)
            )
            failure = ElementTree.SubElement(
                case, "failure", message=_clean(finding.message), type=finding.severity.value
            )
            cell = "" if finding.cell is None else f"cell {finding.cell}, "
            failure.text = _clean(f"{cell}line {start.line}, column {start.column}: {finding.one_line}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
