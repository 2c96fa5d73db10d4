"""Source in, findings out.

One traversal of the tree shows each node to the rules that visit its type.  A rule that raises is reported as
DRP001 and shown nothing more of the file; the other rules go on.  Nothing that a file contains makes `check` raise.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable, Sequence

from dropout_lint.finding import Finding, Position, Span
from dropout_lint.io.filenames import absolute, renamed
from dropout_lint.lint import prefilter
from dropout_lint.lint.prefilter import may_find, triggered
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.rule_files import AnyRule, loaded
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.lines import split_lines, with_line_feeds
from dropout_lint.syntax.source import SourceFile

__all__ = ["check", "describe", "internal_error", "may_find"]

_Visit = Callable[[ast.AST], None]
REPORT_IT = "this is a bug in dropout-lint; please report it together with this line"
EXCLUDE_IT = "exclude the file"
_MOST_TEXT = 5_000_000  # characters; a syntax tree takes 250 times the memory


def check(
    filename: str,
    text: str,
    rules: Sequence[AnyRule],
    *,
    tree: ast.Module | None = None,
    project: Project | None = None,
    use_prefilter: bool = True,
) -> tuple[Finding, ...]:
    """What ``rules`` find in ``text``, sorted, before any suppression.

    ``filename`` labels the findings; it is not read.  Inside, and in the notes, files go by their canonical names if
    there is a ``project``; what comes back is named like ``filename``.  ``tree`` is the `ast` of the text, for callers
    that have it.  Text that is no Python gives DRP000, a rule that raises DRP001.  ``project`` lets rules follow
    imports.  ``use_prefilter`` False visits every statement: for tests, and slow.
    """
    if project is not None and (name := absolute(filename)) != filename:
        found = check(name, text, rules, tree=tree, project=project, use_prefilter=use_prefilter)
        return tuple(renamed(finding, filename) for finding in found)
    if tree is None and len(text) > _MOST_TEXT:
        reason = f"it has {len(text) / 1e6:.1f} million characters, and more than {_MOST_TEXT / 1e6:.0f} are too many"
        return (internal_error(filename, "the parser", 1, reason, EXCLUDE_IT),)
    concerned = _concerned(filename, text, rules, project, parsed=tree is not None) if use_prefilter else loaded(rules)
    if not concerned and use_prefilter:
        return ()
    try:
        source = SourceFile(filename, text, tree) if project is None else project.open(filename, text, tree)
    except SyntaxError as error:
        from dropout_lint.syntax import recovery  # here, because most files are valid Python

        recovered = recovery.readable_part(text)
        if recovered is None:
            return (_unparsable(filename, text, error),)
        return check(filename, text, rules, tree=recovered, project=project, use_prefilter=use_prefilter)
    except (RecursionError, MemoryError):
        reason = "the code is nested too deeply for Python's own parser"
        return (internal_error(filename, "the parser", 1, reason, EXCLUDE_IT),)
    running = [rule(source) for rule in concerned]
    crashes = _visit_all(source, running, use_prefilter=use_prefilter)
    findings = [finding for rule in running for finding in rule.findings]
    source.release()
    once = dict.fromkeys((*findings, *crashes))  # no set: two at one place may differ in their notes alone
    return tuple(sorted(once, key=lambda finding: finding.sort_key))


def _concerned(
    filename: str, text: str, rules: Sequence[AnyRule], project: Project | None, *, parsed: bool
) -> list[type[Rule]]:
    """Those of ``rules`` that may find something in ``text``, by their triggers; no other is imported.  Some decide
    more closely themselves, unless the text is ``parsed`` already.
    """
    text = with_line_feeds(text)
    found = loaded(triggered(text, rules))
    if parsed:
        return found
    try:
        return [rule for rule in found if not rule.asks_first or rule.concerns(filename, text, project)]
    except Exception:
        return found  # the visit will raise the same, and report it as the rule's


def _visit_all(source: SourceFile, rules: Sequence[Rule], *, use_prefilter: bool) -> list[Finding]:
    """Show the tree to ``rules``; returns a DRP001 for each that raised."""
    handlers: dict[type[ast.AST], list[tuple[Rule, _Visit]]] = {}
    for rule in rules:
        for node_type, name in visits(type(rule)):
            handlers.setdefault(node_type, []).append((rule, getattr(rule, name)))
    lines: Sequence[int] | None = None
    if use_prefilter:
        # A rule that looks at the module as a whole is shown no statement.
        of_statements = [type(rule) for rule in rules if any(node is not ast.Module for node, _ in visits(type(rule)))]
        lines = prefilter.lines_to_visit(source.lines, of_statements, text=source.text)
    crashed: dict[str, Finding] = {}
    for node in _nodes(source, lines):
        for rule, visit in handlers.get(type(node), ()):
            if rule.code not in crashed:
                line = getattr(node, "lineno", 1)
                try:
                    visit(node)
                except RecursionError:
                    reason = "the code is nested too deeply to be followed"
                    crashed[rule.code] = internal_error(source.filename, f"rule {rule.code}", line, reason, EXCLUDE_IT)
                except Exception as error:
                    crashed[rule.code] = internal_error(source.filename, f"rule {rule.code}", line, describe(error))
    return list(crashed.values())


def visits(rule: type[Rule]) -> tuple[tuple[type[ast.AST], str], ...]:
    """The node types that ``rule`` visits, each with its method.  Remembered: files are many, rules few."""
    if rule not in _known_visits:
        names = sorted(name for name in dir(rule) if name.startswith("visit_"))
        _known_visits[rule] = tuple((getattr(ast, name.removeprefix("visit_")), name) for name in names)
    return _known_visits[rule]


_known_visits: dict[type[Rule], tuple[tuple[type[ast.AST], str], ...]] = {}


def _nodes(source: SourceFile, lines: Sequence[int] | None) -> list[ast.AST]:
    """The tree in the order of the text, without the statements that hold none of ``lines`` (None: all of it)."""
    nodes: list[ast.AST] = []
    stack: list[ast.AST] = [source.tree]
    while stack:
        node = stack.pop()
        nodes.append(node)
        children = [
            child
            for child in ast.iter_child_nodes(node)
            if lines is None or not isinstance(child, ast.stmt) or _holds_any(child, lines)
        ]
        for child in children:
            source.adopt(child, node)
        stack.extend(reversed(children))
    return nodes


def _holds_any(statement: ast.stmt, lines: Sequence[int]) -> bool:
    first = min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", ()))])
    last = statement.end_lineno or statement.lineno
    index = bisect_left(lines, first)
    return index < len(lines) and lines[index] <= last


def _unparsable(filename: str, text: str, error: SyntaxError) -> Finding:
    lines = split_lines(text)
    line = min(max(error.lineno or 1, 1), max(len(lines), 1))
    width = len(lines[line - 1].rstrip("\r\n")) if lines else 0
    column = min(max(error.offset or 1, 1), width + 1)
    start = Position(line, column)
    what = "The file is not valid Python"
    return rule_by_code("DRP000").tool_finding(filename, Span(start, start), what=what, reason=error.msg)


def internal_error(filename: str, who: str, line: int, reason: str, cure: str = REPORT_IT) -> Finding:
    """DRP001: ``who`` failed on ``line``, for ``reason``."""
    start = Position(line, 1)
    words = {"who": who, "reason": reason, "cure": cure}
    return rule_by_code("DRP001").tool_finding(filename, Span(start, start), **words)


def describe(error: Exception) -> str:
    """What was raised and where, in one line: enough to file a report with."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split()) or "no message"
    place = frame.filename.replace("\\", "/").rpartition("/")[2]
    return f"{type(error).__name__}: {words} ({place}:{frame.lineno})"
