"""The rule API: all that a rule needs to know, and all that the engine knows about a rule.

A rule is one class in one file under ``rules/``.  Data comes first, then ``visit_*`` methods named after `ast` node
classes (``visit_Call(self, node)``), then private functions.  A rule is made anew for each file, so it may keep what
it likes on ``self``.  Its only way out is `report`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from typing import ClassVar

from dropout_lint.finding import Applicability, Confidence, Edit, Finding, Fix, Note, Severity, Span
from dropout_lint.lint.trigger import NEVER, Trigger
from dropout_lint.semantic.classes import Classes, classes_of
from dropout_lint.semantic.constants import ConstantFolder, constants_of
from dropout_lint.semantic.mode_guards import ModeGuards, guards_of
from dropout_lint.semantic.names import NameResolver, names_of
from dropout_lint.semantic.project import Project, is_test
from dropout_lint.syntax.edits import Edits
from dropout_lint.syntax.source import SourceFile

Place = ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias


class Rule:
    """A check of one kind of misuse.

    ``message`` and ``help`` are templates for `str.format`; `report` fills them.  ``triggers`` is a promise: every
    statement in which the rule finds something has a line that matches.  Other statements are never shown to the rule.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    since: ClassVar[str]
    message: ClassVar[str]
    help: ClassVar[str] = ""
    severity: ClassVar[Severity] = Severity.WARNING
    on: ClassVar[bool] = True  # by default
    fixable: ClassVar[Applicability | None] = None  # the strongest fix that the rule offers
    some_fixes_safe: ClassVar[bool] = False  # although it is unsafe
    triggers: ClassVar[Trigger] = NEVER
    asks_first: ClassVar[bool] = False  # whether `concerns` can decide before the file is parsed

    @classmethod
    def concerns(cls, filename: str, text: str, project: Project | None) -> bool:
        """Whether the rule may find something in ``text``, which has its triggers.  Called if the rule `asks_first`."""
        return True

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.edits = Edits(source)
        self.findings: list[Finding] = []

    @property
    def names(self) -> NameResolver:
        """What names mean in the file."""
        return names_of(self.source)

    @property
    def constants(self) -> ConstantFolder:
        """What expressions are worth."""
        return constants_of(self.source)

    @property
    def classes(self) -> Classes:
        """The classes of the file."""
        return classes_of(self.source)

    @property
    def is_test(self) -> bool:
        """Whether the file holds tests."""
        return is_test(self.source)

    @property
    def guards(self) -> ModeGuards:
        """What in the file depends on the mode."""
        return guards_of(self.source)

    def report(
        self,
        node: Place,
        *,
        notes: Sequence[Note] = (),
        fix: Fix | None = None,
        confidence: Confidence = Confidence.HIGH,
        message: str | None = None,
        help: str | None = None,
        **words: object,
    ) -> None:
        """Report ``node``.  ``words`` fill the templates; ``message`` and ``help`` replace the class's own."""
        self.findings.append(
            Finding(
                code=self.code,
                name=self.name,
                message=(self.message if message is None else message).format(**words),
                help=(self.help if help is None else help).format(**words),
                filename=self.source.filename,
                span=self.source.span(node),
                severity=self.severity,
                confidence=confidence,
                notes=tuple(notes),
                fix=fix,
            )
        )

    def note(self, message: str, node: Place | None = None) -> Note:
        """A note on ``node``, in the file at hand; without a node, a fact without a place."""
        return Note(message) if node is None else Note(message, None, self.source.span(node))

    @staticmethod
    def fix(message: str, edits: Sequence[Edit] | None, applicability: Applicability) -> Fix | None:
        """A fix, or None where ``edits`` is None: the text cannot be edited with certainty."""
        return None if edits is None else Fix(message, tuple(edits), applicability)

    @classmethod
    def page(cls) -> str:
        """The rule's page: the docstring of its module, in Markdown."""
        return (sys.modules[cls.__module__].__doc__ or "").strip() + "\n"

    @classmethod
    def tool_finding(cls, filename: str, span: Span, **words: object) -> Finding:
        """A finding that the tool itself reports under this rule's code, without a visit."""
        return Finding(
            cls.code, cls.name, cls.message.format(**words), cls.help.format(**words), filename, span, cls.severity
        )
