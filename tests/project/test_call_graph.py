"""What a code unit may reach: a table of small files, each with a function `start`."""

from __future__ import annotations

import pytest

from dropout_lint.project.call_graph import CallGraph, Reachability
from dropout_lint.project.symbol_links import SymbolIndex
from dropout_lint.project.symbols import CodeUnit
from dropout_lint.syntax.source import SourceFile


def mentions_of(code: str) -> tuple[SymbolIndex, CodeUnit]:
    """What one file mentions, and its function ``start``."""
    mentioned = SymbolIndex(None, SourceFile("module.py", code))
    return mentioned, mentioned.file("module.py").functions["start"]


def led_to(code: str) -> set[str]:
    """The functions and methods, ``Class.method``, that ``start`` leads to."""
    mentioned, start = mentions_of(code)
    search = Reachability(mentioned, [start], [])
    assert not search.finds(lambda body: False, most=1000)
    assert search.is_complete
    functions = {body for body in search.seen if body.line and not body.is_class and body is not start}
    return {f"{body.owner}.{body.name}" if body.owner else body.name for body in functions}


NET = """class Net:
    def __init__(self): pass
    def run(self): helper()
    def rest(self): pass
def helper(): pass
"""

LEADS = {
    "nothing": ("def start(): pass\ndef a(): pass\n", set()),
    "a call": ("def start(): a()\ndef a(): pass\ndef b(): pass\n", {"a"}),
    "a call of a call": ("def start(): a()\ndef a(): b()\ndef b(): pass\n", {"a", "b"}),
    "itself": ("def start(): start()\ndef a(): pass\n", set()),
    "a circle": ("def start(): a()\ndef a(): b()\ndef b(): a()\n", {"a", "b"}),
    "a function that is handed on": ("def start(): run(a)\ndef a(): pass\n", {"a"}),
    "a function in a table": ("TABLE = {'a': a}\ndef start(): TABLE['a']()\ndef a(): pass\n", {"a"}),
    "an object, and what makes it": (f"{NET}def start(): Net()\n", {"Net.__init__"}),
    "a method by its name": (f"{NET}def start(): Net().run()\n", {"Net.__init__", "Net.run", "helper"}),
    "a method whose name comes later": (
        f"{NET}def start():\n    a(Net())\ndef a(x): x.run()\n",
        {"a", "Net.__init__", "Net.run", "helper"},
    ),
    "a word in a text, as for `getattr`": ("def start(): run('a b')\ndef b(): pass\n", {"b"}),
    "an attribute is no function of that name": ("def start(x): x.a()\ndef a(): pass\n", set()),
}


@pytest.mark.parametrize(("code", "expected"), LEADS.values(), ids=LEADS)
def test_code_leads_to_what_it_names(code: str, expected: set[str]) -> None:
    assert led_to(code) == expected


CHAIN = "def start(): f0()\n" + "".join(f"def f{n}(): f{n + 1}()\n" for n in range(9)) + "def f9(): pass\n"


@pytest.mark.parametrize(("most", "expected"), [(0, False), (3, False), (10, False), (11, True), (1000, True)])
def test_a_search_is_given_up_when_it_has_met_too_much(most: int, expected: bool) -> None:
    mentioned, start = mentions_of(CHAIN)
    search = Reachability(mentioned, [start], [])
    assert search.finds(lambda body: body.name == "f9", most) is expected
    assert not search.is_complete


def test_what_the_start_names_itself_is_looked_at_in_any_case() -> None:
    mentioned, start = mentions_of(CHAIN)
    assert Reachability(mentioned, [start], []).finds(lambda body: body.name == "f0", most=0)


def test_what_leads_nowhere_is_not_looked_at_twice() -> None:
    mentioned, start = mentions_of(CHAIN)
    asked: list[str] = []

    def tells(body: CodeUnit) -> bool:
        asked.append(body.name)
        return False

    leads = CallGraph(mentioned, tells)
    assert not leads.may_reach([start], [], most=1000)
    assert sorted(asked) == sorted({"start", *(f"f{n}" for n in range(10))})
    assert not leads.may_reach([mentioned.file("module.py").functions["f3"]], [], most=1000)
    assert len(asked) == 11


def test_all_that_is_met_astray_is_told_and_nothing_where_something_tells() -> None:
    mentioned, start = mentions_of(CHAIN)
    astray = CallGraph(mentioned, lambda body: False).closure_unless([start], [], most=1000)
    assert astray is not None
    assert {body.name for body in astray} == {"start", *(f"f{n}" for n in range(10))}
    assert CallGraph(mentioned, lambda body: body.name == "f9").closure_unless([start], [], most=1000) is None
    assert CallGraph(mentioned, lambda body: False).closure_unless([start], [], most=3) is None
