"""JUnit's XML, which most continuous-integration servers show."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree

from dropout_lint.io.printable import printable
from dropout_lint.render.report import Report, cell_of, place, relative, with_notes

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """A test suite for each file, with a failed test case for each finding, and one for what could not be checked; one
    passed case if there is none of either.

    Valid by the schema of Jenkins.  Servers take two cases of one name for one, so the place is part of the name.
    """
    failures, errors = str(len(report.findings)), str(len(report.errors))
    tests = str(len(report.findings) + len(report.errors) or 1)
    root = ElementTree.Element("testsuites", name="dropout-lint", tests=tests, failures=failures, errors=errors)
    if report.errors:
        suite = ElementTree.SubElement(root, "testsuite", name="not checked", tests=errors, failures="0", errors=errors)
        for error in map(_clean, report.errors):
            case = ElementTree.SubElement(suite, "testcase", name=error, classname="dropout-lint")
            ElementTree.SubElement(case, "error", message=error, type="error")
    elif not report.findings:
        suite = ElementTree.SubElement(root, "testsuite", name="dropout-lint", tests="1", failures="0", errors="0")
        ElementTree.SubElement(suite, "testcase", name="No findings", classname="dropout-lint")
    for filename, found in groupby(report.findings, key=lambda finding: finding.filename):
        findings = list(found)
        name, count = _clean(relative(filename)), str(len(findings))
        suite = ElementTree.SubElement(root, "testsuite", name=name, tests=count, failures=count, errors="0")
        for finding in findings:
            start = finding.span.start
            where = f"{cell_of(finding.cell)}{start.line}:{start.column}"
            case = ElementTree.SubElement(suite, "testcase", name=f"{finding.code} {where}", classname=name)
            failure = ElementTree.SubElement(
                case, "failure", message=_clean(printable(finding.message)), type=finding.severity.value
            )
            failure.text = _clean(with_notes(f"{place(finding)}: {finding.one_line}", finding))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    """``text`` for an attribute or an element: line breaks in it are meant, or escaped by XML."""
    return _NOT_XML.sub("�", printable(text, keep="\n"))
