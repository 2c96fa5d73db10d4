"""``# noqa`` comments, read exactly as flake8 reads them.

A line that suppresses in the editor must suppress on the command line, so flake8's two patterns and its idea of a line
are repeated here exactly: one blank after ``#``, codes by prefix and in capitals, ``# noqa : X`` as a blanket
comment, and physical lines, except that multi-line strings and lines joined by a backslash count as one.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator, Sequence
from functools import cached_property

from dropout_lint.finding import Applicability, Edit, Finding, Fix, Position, Severity, Span
from dropout_lint.io.late_pattern import late
from dropout_lint.syntax.lines import split_lines
from dropout_lint.syntax.splicing import apply_edits

# As in flake8 7.5: src/flake8/defaults.py.
_INLINE = late(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_FILE = late(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_SEPARATOR = late(r"[,\s]+")
_CODE = late(r"[A-Z]+[0-9]+(?!\w)", re.IGNORECASE)
_OURS = late(r"\bDRP[0-9]{3}\b")
_NEVER_SUPPRESSED = ("DRP000", "DRP001")


class Suppressions:
    """The comments of one text, and which of them have suppressed something."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._used: set[tuple[int, str]] = set()
        self._has_noqa = "noqa" in self.text.lower()
        self._joined: dict[int, tuple[int, int]] | None = None

    @cached_property
    def _lines(self) -> list[str]:
        return split_lines(self.text)

    @cached_property
    def _covers_file(self) -> bool:
        return "flake8" in self.text.lower() and any(_FILE.match(line) for line in self._lines)

    @cached_property
    def comments(self) -> dict[int, int]:
        """The lines that have a comment, each with the column, from 0, of its ``#``."""
        return _comments(self.text)

    def split(self, findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """``findings`` that stand, and those that a comment suppresses."""
        kept: list[Finding] = []
        suppressed: list[Finding] = []
        for finding in findings:
            (suppressed if self._is_suppressed(finding) else kept).append(finding)
        return tuple(kept), tuple(suppressed)

    def _is_suppressed(self, finding: Finding) -> bool:
        if not self._has_noqa or finding.code in _NEVER_SUPPRESSED:
            return False
        if self._covers_file:
            return True
        first, last = self.physical_line(finding.span.start.line)
        match = _INLINE.search("".join(self._lines[first - 1 : last]))
        if match is None:
            return False
        if match["codes"] is None:
            return True
        matching = [code for code in _split(match["codes"]) if finding.code.startswith(code)]
        self._used.update((first, code) for code in matching)
        return bool(matching)

    def physical_line(self, line: int) -> tuple[int, int]:
        """The first and last of the lines that count as one with ``line``: a multi-line string's, or joined by a
        backslash.
        """
        if self._joined is None:
            self._joined = _joined_lines(self.text) or {}
        return self._joined.get(line, (line, line))

    def unused(self, codes: Sequence[str], rule: tuple[str, str, str, str], filename: str) -> tuple[Finding, ...]:
        """DRP002 for each of our ``codes`` (those enabled in this run) that a comment names without need.

        ``rule`` holds code, name, message and help of the rule.
        """
        found: list[Finding] = []
        if not self._has_noqa or _OURS.search(self.text) is None or self._covers_file:
            return ()
        for number, whole_line in enumerate(self._lines, start=1):
            line = whole_line.rstrip("\r\n")
            match = _INLINE.search(line)
            if match is None or match["codes"] is None or match.start() < self.comments.get(number, len(line)):
                continue  # part of a string
            first, _ = self.physical_line(number)
            for code in _OURS.finditer(match["codes"]):
                name = code.group()
                if name in codes and (first, name) not in self._used:
                    found.append(_unused(rule, filename, number, line, match, code))
        return tuple(found)


def _unused(
    rule: tuple[str, str, str, str], filename: str, number: int, line: str, match: re.Match[str], code: re.Match[str]
) -> Finding:
    at = match.start("codes") + code.start()
    span = Span(Position(number, at + 1), Position(number, at + 7))
    name = code.group()
    words = {"suppressed": name}
    edit = _removal(number, line, match, code)
    fix = Fix(f"Remove `{name}`", (edit,), Applicability.SAFE)
    return Finding(
        rule[0], rule[1], rule[2].format(**words), rule[3].format(**words), filename, span, Severity.WARNING, fix=fix
    )


def _removal(number: int, line: str, match: re.Match[str], code: re.Match[str]) -> Edit:
    """Take one code out of a comment, and the comment with it if it was the only one."""
    codes, content = match["codes"], ""
    if len(_split(codes)) == 1:
        start, end = len(line[: match.start()].rstrip()), match.end()
        rest = line[end:].lstrip()
        if rest:
            start, end = match.start(), len(line) - len(rest)
            content = "" if rest.startswith("#") else "# "  # a reason, which must not become code
    elif code.end() < len(codes.rstrip(", \t")):
        after = _SEPARATOR.match(codes, code.end())
        start = match.start("codes") + code.start()
        end = match.start("codes") + (after.end() if after else code.end())
    else:
        before = re.search(r"[,\s]+$", codes[: code.start()])
        start = match.start("codes") + (before.start() if before else code.start())
        end = match.start("codes") + code.end()
    return _edit(number, start, end, content)


def add_noqa(text: str, findings: Sequence[Finding], reason: str = "") -> str:
    """``text`` with a comment for each of ``findings``: see `noqa_edits`."""
    return apply_edits(text, noqa_edits(text, findings, reason))


def noqa_edits(text: str, findings: Sequence[Finding], reason: str = "") -> list[Edit]:
    """Edits that write a comment for each of ``findings``, at the line where flake8 looks for it; existing comments are
    extended.  Where flake8 takes a piece of a string for the comment, there is no edit: strings are not ours to change.
    Nor is there where it is not known what is a string.  The ``reason`` follows behind the codes of new comments, as a
    comment in the comment: a word of it that looks like a code must not be read as one.
    """
    why = f"  # {reason}" if reason else ""
    if _joined_lines(text) is None:
        return []
    suppressions = Suppressions(text)
    lines = split_lines(text)
    by_line: dict[int, list[str]] = {}
    for finding in findings:
        if finding.code not in _NEVER_SUPPRESSED:
            _, last = suppressions.physical_line(finding.span.start.line)
            by_line.setdefault(last, []).append(finding.code)
    edits: list[Edit] = []
    for number, codes in sorted(by_line.items()):
        body = lines[number - 1].rstrip("\r\n")
        above = "".join(lines[suppressions.physical_line(number)[0] - 1 : number - 1])
        match = _INLINE.search(above + body)
        wanted = sorted(set(codes) - set(_split(match["codes"]) if match and match["codes"] else ()))
        if not wanted or (match is not None and match["codes"] is None):
            continue
        inline, begins = _INLINE.search(body), suppressions.comments.get(number, len(body))
        if match is None:
            edits.append(_edit(number, len(body.rstrip()), len(body), f"  # noqa: {','.join(wanted)}{why}"))
        elif inline is not None and match.start() >= len(above) and begins <= inline.start():
            at, content = _addition(inline, wanted)
            edits.append(_edit(number, at, at, content))
    return edits


def _addition(comment: re.Match[str], codes: Sequence[str]) -> tuple[int, str]:
    """Where ``codes`` belong in ``comment``, and how they are written there: behind the last of its codes that is a
    word of its own.  A reason may follow, and flake8's pattern reads the beginning of ``b2b`` as a code.
    """
    start, end = comment.span("codes")
    words = [code.end() for code in _CODE.finditer(comment.string, start) if code.end() <= end]
    if words:
        return words[-1], "," + ",".join(codes)
    return start, ",".join(codes) + ","


def _edit(line: int, start: int, end: int, content: str) -> Edit:
    """``content`` in place of the characters from ``start`` to ``end``, counted from 0, in ``line``."""
    return Edit(Span(Position(line, start + 1), Position(line, end + 1)), content)


def _split(codes: str) -> list[str]:
    return [code for code in _SEPARATOR.split(codes) if code]


def _joined_lines(text: str) -> dict[int, tuple[int, int]] | None:
    """For each line that counts as one with others, the first and the last of them; None if ``text`` has no tokens that
    this Python knows.
    """
    joined: dict[int, tuple[int, int]] = {}
    first, last = 0, 0
    try:
        for token in _tokens(text):
            if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
                continue
            first = min(first or token.start[0], token.start[0])
            last = max(last, token.end[0])
            if token.type in (tokenize.NL, tokenize.NEWLINE):
                if last > first:
                    joined.update(dict.fromkeys(range(first, last + 1), (first, last)))
                first, last = 0, 0
    except (tokenize.TokenError, SyntaxError):
        return None
    return joined


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of ``text``; raises what `tokenize` raises, which does not know that a carriage return ends a line."""
    lines = (line if line.endswith("\n") else line.rstrip("\r") + "\n" for line in split_lines(text))
    return tokenize.generate_tokens(lambda: next(lines, ""))


def _comments(text: str) -> dict[int, int]:
    """The lines of ``text`` that have a comment, each with the column, from 0, of its ``#``."""
    found: dict[int, int] = {}
    try:
        for token in _tokens(text):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.start[1]
    except (tokenize.TokenError, SyntaxError):
        pass  # those up to here are certain
    return found
