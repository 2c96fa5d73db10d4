"""The parser of command lines: says what is wrong in one line, with the nearest valid option."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

from dropout_lint.io.printable import printable

_WITH_VALUE_AFTER_EQUALS = ("--add-noqa",)
"""Options whose value is optional and comes behind `=` only: what follows them is a path."""


class Parser(argparse.ArgumentParser):
    """Options are written out: what an abbreviation means would change with each new option."""

    def __init__(self, *words: Any, **more: Any) -> None:
        # With a width, because to ask the terminal for one imports much, for each parser; the help asks all the same.
        more.setdefault("formatter_class", partial(argparse.HelpFormatter, width=80))
        super().__init__(*words, **{**more, "allow_abbrev": False})

    def format_help(self) -> str:
        """The help, with the names of commands and options in a column that is wide enough for most."""
        self.formatter_class = partial(argparse.HelpFormatter, max_help_position=30)
        return super().format_help()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in argparse; an option whose value may be left out takes none of the words after it."""
        if args is not None:
            ours = [name for name in _WITH_VALUE_AFTER_EQUALS if name in self._option_string_actions]
            args = [f"{word}=" if word in ours else word for word in args]
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The parsed ``args``; ends the program if there are some that no command has."""
        parsed, left = self.parse_known_args(args, namespace)
        if left:
            self._refuse(left, self._commands().get(parsed.command))
        return parsed

    def _refuse(self, left: Sequence[str], command: Parser | None) -> NoReturn:
        message = f"unrecognized arguments: {' '.join(left)}"
        unknown = next((word.partition("=")[0] for word in left if word.startswith("-")), None)
        if unknown is None or command is None:
            self.error(message)
        meant = _alike(unknown, command._names())
        if meant:
            self.error(f"{message}; did you mean {' or '.join(f'`{name}`' for name in meant)}?")
        others = [name for name, other in self._commands().items() if unknown in other._names()]
        if others:
            self.error(f"{message}; `{unknown}` is an option of {' and '.join(f'`{name}`' for name in others)}")
        self.error(message)

    def error(self, message: str) -> NoReturn:
        """End the program: ``message`` names the mistake."""
        import difflib  # here, because most command lines are right

        message = printable(message)
        choice = re.search(r"argument (.*): invalid choice: '(.*)' \(choose from", message)
        if choice is not None and choice[1] == "COMMAND":
            given = choice[2]
            if os.path.exists(given):
                self.exit(2, f"error: `{given}` is not a command; did you mean `{self.prog} check {given}`?\n")
            close = difflib.get_close_matches(given, self._commands(), n=1)
            if close:
                self.exit(2, f"error: `{given}` is not a command; did you mean `{self.prog} {close[0]}`?\n")
        elif choice is not None:
            valid = [
                value
                for action in self._actions
                if "/".join(action.option_strings) == choice[1]
                for value in action.choices or ()
            ]
            close = difflib.get_close_matches(choice[2], valid, n=1)
            message += f"; did you mean `{close[0]}`?" if close else ""
        self.exit(2, f"error: {message}\nSee `{self.prog} --help`.\n")

    def _commands(self) -> dict[str, Parser]:
        """The parsers of the commands, by name."""
        choices = [action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return {name: parser for found in choices for name, parser in found.items()}

    def _names(self) -> list[str]:
        """The options, as they are written."""
        return [name for action in self._actions for name in action.option_strings]


def _alike(unknown: str, known: Sequence[str]) -> list[str]:
    """The one of ``known`` that is written nearly like ``unknown``; else those that have it as one of their words."""
    import difflib

    long = [name for name in known if name.startswith("--")]
    close = difflib.get_close_matches(unknown, long, n=1, cutoff=0.75)
    words = set(unknown.strip("-").replace("_", "-").split("-"))
    return close or [name for name in long if words <= set(name.strip("-").split("-"))][:3]
