"""Which functions of a file can make a module whose mode matters, or reach code that does?  By the words in them.

Nothing is known of the mode of a module that a program gets as an argument: that of an external caller.  Most functions
without a known caller get theirs so, and analysing these would find nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial

from dropout_lint.knowledge import Knowledge
from dropout_lint.knowledge.vocabulary import EVALUATES
from dropout_lint.project.call_graph import CallGraph, Query
from dropout_lint.project.symbol_links import SymbolIndex
from dropout_lint.project.symbols import CodeUnit, FileSymbols
from dropout_lint.semantic.unparsed_classes import Bases
from dropout_lint.typestate.domain.library_facts import LIFESPAN, RUN_ONCE
from dropout_lint.typestate.roots.indicators import (
    follows_its_caller,
    makes_a_module,
    switches_gradients,
    switches_to_train,
)
from dropout_lint.typestate.roots.sinks import mentions

# Code units among which one makes a module.  One further away is hardly reached within the steps of a program
# (`budget`): scripts that are known to misuse modes need 88, functions without a caller 29.
MOST_OF_SCRIPT = 120
MOST_OF_FUNCTION = 60

_STARTED = (*RUN_ONCE, LIFESPAN)
# Names that may resolve to any model; ``globals()["__file__"]``, which is in lazy packages, resolves to none.
_COMPUTED = re.compile(r"import_module\(\s*r?f?[\"']|globals\(\)\[(?!\s*[\"']__\w+__[\"']\s*\])")
_COMPUTED_WORDS = ("import_module(", "globals()[")
# The same, in a file.
_ATTRIBUTE = re.compile(r"\b(?:getattr|vars)\(\s*(\w+)\s*[,)]")
_TABLE = re.compile(r"(?<![\w.])(\w+)\.__dict__")


class ConstructorSearch:
    """Which functions make a module; earlier answers are kept."""

    def __init__(self, mentioned: SymbolIndex, knowledge: Knowledge) -> None:
        self._mentioned = mentioned
        self._bases = Bases(mentioned, knowledge)
        self._call_graph = CallGraph(mentioned, partial(_is_wanted, mentioned, knowledge))

    def roots(self, filename: str, lines: Collection[int]) -> frozenset[int]:
        """Those of ``lines`` on which a program may start: methods of modules that switch no mode run in the mode of
        their caller, and misuse none on their own.
        """
        known = _by_line(self._mentioned.file(filename))
        return frozenset(line for line in lines if line not in known or not self._follows_its_caller(known[line]))

    def functions_that_construct(self, filename: str, lines: Collection[int]) -> frozenset[int]:
        """Those of ``lines``, of ``def`` statements in the file called ``filename``, that make one; 0 is the
        top level.  If that makes one, every function may find it there.
        """
        file = self._mentioned.file(filename)
        if self._call_graph.may_reach(_started(file), (), MOST_OF_SCRIPT):
            return frozenset(lines)
        known = _by_line(file)
        return frozenset(line for line in lines if line and (line not in known or self._makes(known[line])))

    def _makes(self, query: Query) -> bool:
        body, owner = query
        if self._follows_its_caller(query):
            return False
        return self._call_graph.may_reach([body], owner, MOST_OF_FUNCTION)

    def _follows_its_caller(self, query: Query) -> bool:
        body, owner = query
        return bool(owner) and follows_its_caller(body.text) and self._bases.are_of_a_module(owner[0])


def _is_wanted(mentioned: SymbolIndex, knowledge: Knowledge, body: CodeUnit) -> bool:
    if any(_makes_or_trains(each, knowledge) for each in (body, *_beside(body))):
        return True
    return _computes_names(body, mentioned)


def _computes_names(body: CodeUnit, mentioned: SymbolIndex) -> bool:
    """Whether ``body`` takes from a file an attribute whose name is computed when the program runs.

    A package that loads its files on demand, by a module class of its own, makes nothing by that.
    """
    text = body.text
    is_computed = mentions(text, _COMPUTED_WORDS) and _COMPUTED.search(text) is not None
    found: set[str] = set()
    if "getattr(" in text or "vars(" in text:
        found.update(_ATTRIBUTE.findall(text))
    if "__dict__" in text:
        found.update(_TABLE.findall(text))
    found &= body.home.known
    if not (is_computed or found) or (body.owner and "ModuleType" in body.home.classes[body.owner].body.text):
        return False
    return is_computed or any(mentioned.is_file(body.home, name) for name in found)


def _makes_or_trains(body: CodeUnit, knowledge: Knowledge) -> bool:
    if makes_a_module(body, knowledge):
        return True
    # Of a module that is put in train mode for a result, we need not know what is in it.
    return switches_to_train(body) and (switches_gradients(body) or EVALUATES.search(body.name) is not None)


def _beside(body: CodeUnit) -> Iterator[CodeUnit]:
    """The methods of a class that depend on its mode: whatever calls them, they make the class one that matters."""
    if body.is_class:
        for method in body.home.classes[body.name].methods.values():
            if ".training" in method.text:
                yield method


def _started(file: FileSymbols) -> Iterator[CodeUnit]:
    """What runs when the file does, or right after it."""
    yield file.top
    for body in file.functions.values():
        if mentions(body.text, _STARTED):
            yield body


def _by_line(file: FileSymbols) -> dict[int, Query]:
    """The functions and methods of a file, by the lines of their ``def``."""
    known: dict[int, Query] = {body.line: (body, ()) for body in file.functions.values()}
    for each in file.classes.values():
        known.update((method.line, (method, (each,))) for method in each.methods.values())
    return known
