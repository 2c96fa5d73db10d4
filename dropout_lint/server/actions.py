"""Code actions: the fix of a finding, all safe fixes of a file, a `# noqa` comment, the page of the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lsprotocol import types

from dropout_lint.driver.fix_rounds import fix_text
from dropout_lint.finding import Applicability, Edit, Finding, Position, Span
from dropout_lint.render.report import rule_url
from dropout_lint.server.positions import Text
from dropout_lint.syntax.lines import split_lines
from dropout_lint.syntax.noqa import noqa_edits

FIX_ALL = "source.fixAll.dropoutLint"
OPEN_PAGE = "dropoutLint.openRulePage"


def of_finding(
    finding: Finding, shown: types.Diagnostic, uri: str, content: str, text: Text
) -> Iterator[types.CodeAction]:
    """What can be done about ``finding``, which is in the file ``uri`` that says ``content``."""
    fix = finding.fix
    if fix is not None:
        is_safe = fix.applicability is Applicability.SAFE
        yield types.CodeAction(
            f"{fix.message}" if is_safe else f"{fix.message} (unsafe: results may change)",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown],
            is_preferred=is_safe or None,
            edit=_edit(uri, text.edits(fix.edits)),
        )
    suppression = noqa_edits(content, [finding])
    if suppression:
        yield types.CodeAction(
            f"Suppress {finding.code} in this line with `# noqa`",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown],
            edit=_edit(uri, text.edits(suppression)),
        )
    yield types.CodeAction(
        f"Open the page of {finding.code} {finding.name}",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown],
        command=types.Command("Open the page", OPEN_PAGE, arguments=[rule_url(finding.code)]),
    )


def fix_all(
    uri: str, content: str, text: Text, check: Callable[[str], Sequence[Finding]]
) -> Iterator[types.CodeAction]:
    """All safe fixes at once, if there are any."""
    fixed = fix_text(content, check, unsafe=False)
    if fixed.text == content:
        return
    lines = split_lines(content)
    end = Position(len(lines), len(lines[-1]) + 1) if lines else Position(1, 1)
    if lines and lines[-1].endswith("\n"):
        end = Position(len(lines) + 1, 1)
    whole = [Edit(Span(Position(1, 1), end), fixed.text)]
    yield types.CodeAction(
        f"Fix all {len(fixed.applied)} safely fixable dropout-lint findings"
        if len(fixed.applied) > 1
        else "Fix the one safely fixable dropout-lint finding",
        kind=FIX_ALL,
        edit=_edit(uri, text.edits(whole)),
    )


def _edit(uri: str, edits: list[types.TextEdit]) -> types.WorkspaceEdit:
    return types.WorkspaceEdit(changes={uri: edits})
