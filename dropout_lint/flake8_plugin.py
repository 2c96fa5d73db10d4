"""The flake8 face: the same findings as the command line, at the same places, for editors and existing set-ups.

flake8 decides what is shown: its `select`, `ignore`, `per-file-ignores` and `# noqa` count, and `[tool.dropout-lint]`
in a pyproject.toml is not read.  flake8 passes the lines and their syntax tree, so neither is read or parsed again.
Nothing here imports the rules before a file says "torch": most runs of flake8 have no use for them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from dropout_lint.io.printable import printable
from dropout_lint.knowledge.vocabulary import LIBRARIES
from dropout_lint.lint.collector import collector_off
from dropout_lint.lint.rule_files import RuleFile, rule_files
from dropout_lint.version import VERSION

if TYPE_CHECKING:
    import argparse

    from flake8.options.manager import OptionManager

    from dropout_lint.finding import Finding
    from dropout_lint.semantic.project import Project

_UNUSED_SUPPRESSION = "DRP002"


class Choices(NamedTuple):
    """What the options of flake8 say about this plugin."""

    selected: tuple[str, ...] = ()  # prefixes of codes that `select` and `extend-select` name
    min_confidence: str = "medium"
    knowledge: tuple[Path, ...] = ()  # files with facts about libraries

    def wants(self, code: str) -> bool:
        """Whether ``code`` in particular was requested."""
        return code.startswith(self.selected)


class Plugin:
    """What flake8 makes anew for each file; the parameters of `__init__` name what flake8 passes."""

    name = "dropout-lint"
    version = VERSION
    choices: ClassVar[Choices] = Choices()  # of the run; flake8 parses the options in each worker process

    def __init__(self, tree: ast.Module, lines: Sequence[str], filename: str) -> None:
        self._tree = tree
        self._lines = lines
        self._filename = filename

    @staticmethod
    def add_options(option_manager: OptionManager) -> None:
        """Called once, before the options are parsed."""
        option_manager.extend_default_ignore(off_by_default())
        option_manager.add_option(
            "--dropout-lint-min-confidence",
            choices=("medium", "high"),
            default="medium",
            parse_from_config=True,
            help="Leave out findings of dropout-lint that rest on weaker evidence than this. (Default: %(default)s)",
        )
        option_manager.add_option(
            "--dropout-lint-knowledge",
            default="",
            comma_separated_list=True,
            normalize_paths=True,
            parse_from_config=True,
            metavar="FILES",
            help="TOML files with facts about libraries, for dropout-lint, beside its own.",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Called once in each process, with the options of command line and configuration file."""
        selected = (*(options.select or ()), *(options.extend_select or ()))
        files = tuple(Path(name) for name in options.dropout_lint_knowledge or ())
        cls.choices = Choices(selected, options.dropout_lint_min_confidence, files)
        if files:
            _check(files)
        _project.cache_clear()

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """Line from 1, column from 0 (flake8 adds one), text that starts with the code, and the plugin."""
        text = "".join(self._lines)
        try:
            with collector_off():
                found = _findings(self._filename, text, self._tree, self.choices)
            shown = [(at.span.start.line, at.span.start.column - 1, _text(at)) for at in found]
        except Exception as error:  # whatever it is, an exception here would end the run for every file and plugin
            words = " ".join(f"{type(error).__name__}: {error}".split())
            cure = "this is a bug in dropout-lint; please report it together with this line"
            shown = [(1, 0, f"DRP001 dropout-lint failed on this file: {printable(words)}; {cure}")]
        for line, column, message in shown:
            yield line, column, message, type(self)


def off_by_default() -> list[str]:
    """The codes that nobody sees without asking.  No rule is imported for that."""
    return [rule.code for rule in rule_files() if not rule.on]


def _findings(filename: str, text: str, tree: ast.Module, choices: Choices) -> Sequence[Finding]:
    """What is found in ``text``, before flake8 selects, ignores and suppresses."""
    judges_suppressions = choices.wants(_UNUSED_SUPPRESSION) and "DRP" in text and "noqa" in text.lower()
    if (not any(word in text for word in LIBRARIES) and not judges_suppressions) or filename.endswith(".pyi"):
        return ()
    from dropout_lint.lint.prefilter import may_find

    rules = _rules(choices)
    if not judges_suppressions and not may_find(text.encode("utf-8", "surrogatepass"), rules):
        return ()
    from dropout_lint.lint import engine

    found = engine.check(filename, text, rules, tree=tree, project=_project(choices.knowledge))
    if judges_suppressions:
        found = (*found, *_unused_suppressions(filename, text, found, rules))
    return [finding for finding in found if finding.confidence.value == "high" or choices.min_confidence == "medium"]


@lru_cache(maxsize=8)
def _rules(choices: Choices) -> tuple[RuleFile, ...]:
    """The rules that are on by default, and those requested.

    flake8's extended default ignore alone would not keep the others quiet: it is dropped as soon as a configuration has
    an `ignore` of its own.
    """
    return tuple(rule for rule in rule_files() if rule.on or choices.wants(rule.code))


@lru_cache(maxsize=1)
def _project(knowledge: tuple[Path, ...]) -> Project:
    """The files around the checked ones, parsed at most once in a process."""
    from dropout_lint.knowledge import extended
    from dropout_lint.semantic.project import Project

    return Project(extended(knowledge))


def _check(knowledge: tuple[Path, ...]) -> None:
    """End flake8 the way that it ends itself, if ``knowledge`` cannot be read."""
    from flake8.exceptions import ExecutionError

    from dropout_lint.knowledge import KnowledgeError, extended

    try:
        extended(knowledge)
    except KnowledgeError as error:
        raise ExecutionError(printable(f"--dropout-lint-knowledge: {error}")) from None


def _unused_suppressions(
    filename: str, text: str, found: Sequence[Finding], rules: Sequence[RuleFile]
) -> Sequence[Finding]:
    from dropout_lint.lint.registry import rule_by_code
    from dropout_lint.syntax.noqa import Suppressions

    suppressions = Suppressions(text)
    suppressions.split(found)
    rule = rule_by_code(_UNUSED_SUPPRESSION)
    codes = tuple(other.code for other in rules)
    return suppressions.unused(codes, (rule.code, rule.name, rule.message, rule.help), filename)


def _text(finding: Finding) -> str:
    return f"{finding.code} {printable(' '.join(finding.one_line.splitlines()))}"
