"""The command ``why``: from ``FILE:LINE`` to the printed answer."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from dropout_lint.cli import run_settings
from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.why import text
from dropout_lint.why.ask import NoAnswer, ask

_PLACE = re.compile(r"(?P<file>.+?)(?::cell (?P<cell>\d{1,9}))?:(?P<line>\d{1,9})(?::\d+)?")
"""As `check` prints places, so that they can be pasted."""


def why(arguments: argparse.Namespace) -> int:
    """Print the answer; returns 0.  Raises `ConfigError` where the question makes no sense."""
    place = _PLACE.fullmatch(arguments.place)
    if place is None:
        raise ConfigError(
            f"{arguments.place!r} is not of the form FILE:LINE, such as predict.py:43, or play.ipynb:cell 3:1"
        )
    filename, cell = place["file"], place["cell"]
    try:
        settings = _settings(arguments, Path(filename))
        answer = ask(filename, int(place["line"]), settings, None if cell is None else int(cell))
    except NoAnswer as error:
        raise ConfigError(str(error)) from error
    sys.stdout.write(text.as_json(answer) if arguments.output_format == "json" else text.as_text(answer))
    return 0


def _settings(arguments: argparse.Namespace, path: Path) -> Settings:
    run_settings.from_environment(arguments, ("config",))
    return run_settings.settings_for(arguments).around(path.absolute().parent)
