"""Is a class one of modules?  By the words in its bases, across files, without parsing.

`ClassModel.is_module` decides the same for a parsed class and knows more: where this says yes, that does too.
"""

from __future__ import annotations

import re

from dropout_lint.knowledge import Knowledge
from dropout_lint.project.symbol_links import SymbolIndex
from dropout_lint.project.symbols import ClassUnit, FileSymbols
from dropout_lint.semantic.classes import names_a_module

_HEADER = re.compile(r"(?:^|\n)[ \t]*class[ \t]+\w+[ \t]*\(([^()]*)\)")
_MOST_LEVELS = 16  # of inheritance to follow; an end for cycles


class Bases:
    """Which classes derive from modules, remembered for those that were looked up."""

    def __init__(self, mentioned: SymbolIndex, knowledge: Knowledge) -> None:
        self._mentioned = mentioned
        self._knowledge = knowledge
        self._known: dict[ClassUnit, bool] = {}

    def are_of_a_module(self, found: ClassUnit, levels: int = _MOST_LEVELS) -> bool:
        """Whether ``found`` is certainly a `torch.nn.Module`."""
        if found not in self._known:
            self._known[found] = False  # what derives from itself is nothing
            self._known[found] = any(self._is_module(found.body.home, name, levels) for name in _names(found))
        return self._known[found]

    def _is_module(self, home: FileSymbols, name: str, levels: int) -> bool:
        first, _, rest = name.partition(".")
        if not rest and levels:
            classes = [each for each in self._mentioned.attribute(home, name) if isinstance(each, ClassUnit)]
            if classes:
                return len(classes) == 1 and self.are_of_a_module(classes[0], levels - 1)
        if first not in home.imported or first in home.classes or first in home.assigned:
            return False
        module, inner = home.imported[first]
        return names_a_module(".".join(part for part in (module, inner, rest) if part), self._knowledge)


def _names(found: ClassUnit) -> list[str]:
    """The bases of ``found`` as it names them."""
    header = _HEADER.search(found.body.text)
    return [] if header is None else [base.split("[")[0].strip() for base in header[1].split(",") if "=" not in base]
