"""The base class of the rules about modes: it asks for one kind of misuse, reports each, and words it.

A rule adds what kind that is, its templates, and a fix where there is one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from dropout_lint.finding import Applicability, Fix, Note, Span
from dropout_lint.lint.rule import Rule
from dropout_lint.semantic.project import Project
from dropout_lint.typestate.verdicts.blame import blamed
from dropout_lint.typestate.verdicts.messages import artefact_keeps, consequence
from dropout_lint.typestate.verdicts.project_records import records_of_text
from dropout_lint.typestate.verdicts.records import Misused, Place
from dropout_lint.typestate.verdicts.verdict import Misuse

_MOST_LETTERS = 40  # of an expression that a message quotes


class ModeRule(Rule):
    """A rule that reports one kind of ``misuse``.

    Its templates may name the ``{call}`` that is reported; the ``{model}`` as the code spells it, shortened, and as
    ``{target}`` in full; ``{where}`` it runs, "here" or "when `validate` runs it"; whether it ``{is_in}`` the mode, "is
    in" or "can be in"; the ``{consequence}``, "dropout stays on"; and the ``{layers}`` that an artefact keeps.
    """

    misuse: ClassVar[Misuse]
    of_every_module: ClassVar[bool] = False  # also of those that may have no layer whose mode matters
    asks_first = True

    @classmethod
    def concerns(cls, filename: str, text: str, project: Project | None) -> bool:
        """Whether anything is known of programs that run through the file and misuse modes so."""
        known = records_of_text(filename, text, project, every=cls.of_every_module)
        return known is None or any(
            misused.misuse is cls.misuse and misused.sighting.passes_through(known[0])
            for each in known[1]
            for misused in each.misused
        )

    def visit_Module(self, node: ast.Module) -> None:
        for place, misused in blamed(self.source, self.misuse, every=self.of_every_module).items():
            call = self._calls.get(place[1])
            if call is not None:
                self.report(
                    call,
                    notes=tuple(_notes(misused, place)),
                    fix=self.fix_for(misused, place),
                    confidence=misused.confidence,
                    call=self.source.segment(call),
                    **_words(misused, place),
                )

    def fix_for(self, misused: Misused, place: Place) -> Fix | None:
        """The fix for ``misused``, which is reported at ``place``; None unless a rule has one."""
        return None

    def eval_before(self, misused: Misused, place: Place) -> Fix | None:
        """Calls ``eval()`` before the module runs; None if it runs elsewhere than at ``place``, or nobody knows before
        which statement that does no harm.
        """
        if misused.statement is None or misused.sighting.place != place:
            return None
        statement = self._statements.get(misused.statement[1])
        if statement is None:
            return None
        call = f"{misused.target}.eval()"
        return self.fix(f"Call `{call}`", self.edits.statement_before(statement, call), Applicability.UNSAFE)

    def eval_instead(self, misused: Misused, place: Place) -> Fix | None:
        """Calls ``eval()`` instead of ``train()``; None if no single call set the mode, or it is in another file than
        ``place``.
        """
        if misused.switch is None or misused.switch[0] != place[0]:
            return None
        switch = self._calls.get(misused.switch[1])
        if switch is None:
            return None
        assert isinstance(switch.func, ast.Attribute)
        call = f"{self.source.segment(switch.func.value)}.eval()"
        return self.fix(f"Call `{call}`", self.edits.replace(switch, call), Applicability.UNSAFE)

    @cached_property
    def _calls(self) -> Mapping[Span, ast.Call]:
        return {self.source.span(node): node for node in ast.walk(self.source.tree) if isinstance(node, ast.Call)}

    @cached_property
    def _statements(self) -> Mapping[Span, ast.stmt]:
        return {self.source.span(node): node for node in ast.walk(self.source.tree) if isinstance(node, ast.stmt)}


def _words(misused: Misused, place: Place) -> dict[str, str]:
    """What the templates of a rule may name, for ``misused`` as it is reported at ``place``."""
    sighting, model = misused.sighting, misused.target
    here = sighting.place == place
    function = misused.functions[-1 if here else sighting.path.index(place)]
    return {
        "model": model if len(model) <= _MOST_LETTERS else model[: _MOST_LETTERS - 3] + "...",
        "target": model,
        "where": "here" if not function else f"when `{function}` runs it" + ("" if here else " here"),
        "is_in": "is in" if misused.always else "can be in",
        "consequence": consequence(misused.layers, misused.misuse),
        "layers": artefact_keeps(misused.layers),
    }


def _notes(misused: Misused, place: Place) -> Iterator[Note]:
    """The notes without the place that is reported; the file of that place goes without saying."""
    for note in misused.notes:
        if note.filename is None or (note.filename, note.span) == place:
            if note.span is None:
                yield note
        else:
            yield note._replace(filename=None) if note.filename == place[0] else note


__all__ = ["Misuse", "Misused", "ModeRule", "Place"]
