"""The flake8 face of the engine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_lint import __version__


class Plugin:
    """What flake8 makes anew for each file."""

    name = "dropout-lint"
    version = __version__

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        """Nothing yet."""
        return iter(())
