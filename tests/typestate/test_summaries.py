"""Functions that have to do with no model are summarised; all others are followed."""

from __future__ import annotations

import textwrap

import pytest

from dropout_lint.source import Source
from dropout_lint.typestate.frames import Frame
from dropout_lint.typestate.interpreter import Interpreter
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import Const, Kind, Obj, Tuple_, Value
from tests.nets import NET_AND_TORCH

PREAMBLE = "import json" + NET_AND_TORCH


def run(code: str) -> tuple[Interpreter, State, Source]:
    """The program ``code``, analysed."""
    source = Source("program.py", PREAMBLE + textwrap.dedent(code))
    interpreter = Interpreter(source)
    state = interpreter.run_module(source, State())
    assert state is not None
    return interpreter, state, source


def name(interpreter: Interpreter, state: State, source: Source, word: str) -> Value:
    return interpreter.names.value(word, state, Frame(source, source.tree))


LONG = "".join(f"    text = json.dumps(text, indent={number})\n" for number in range(30))
PLAIN = f"""
def describe(text, style="wide"):
{LONG}    return (style, text)
"""


def test_a_plain_function_is_followed_once() -> None:
    once, _, _ = run(PLAIN + "describe(1)\n")
    often, _, _ = run(PLAIN + "describe(1)\n" * 50)
    assert often.steps - once.steps == 49  # each call of a program is a step by itself


def test_what_a_plain_function_is_given_comes_out_of_it() -> None:
    interpreter, state, source = run(PLAIN + "style, text = describe(2)\nother, _ = describe(2, 'narrow')\n")
    assert name(interpreter, state, source, "style") == Const("wide")
    assert name(interpreter, state, source, "other") == Const("narrow")


SETTINGS = f"""
class Settings:
    def __init__(self, path, save=None):
        text = path
{LONG.replace("    text", "        text")}
        self.save = save
        self.lines = [1, 2]
        self.parent = None
"""


def test_an_object_holds_what_its_summary_stores() -> None:
    interpreter, state, source = run(SETTINGS + "one = Settings('a')\ntwo = Settings('b', 'c')\n")
    one, two = (name(interpreter, state, source, word) for word in ("one", "two"))
    assert isinstance(one, Obj)
    assert isinstance(two, Obj)
    assert one is not two
    assert (state.get(one, "save"), state.get(two, "save")) == (Const(None), Const("c"))
    lists = [state.get(obj, "lines") for obj in (one, two)]
    assert all(isinstance(held, Obj) and held.kind is Kind.LIST for held in lists)
    assert lists[0] is not lists[1]  # each has its own


FOLLOWED = {
    "makes a module": ("def f(x):\n" + LONG.replace("text", "x") + "    return Net()\n", "f(1)\nf(1)\n"),
    "switches a mode": ("def f(x):\n" + LONG.replace("text", "x") + "    x.eval()\n", "f(1)\nf(1)\n"),
    "goes back": ("def f(x):\n" + LONG.replace("text", "x") + "    x.backward()\n", "f(1)\nf(1)\n"),
    "sets a global": ("def f(x):\n    global y\n" + LONG.replace("text", "x") + "    y = x\n", "f(1)\nf(1)\n"),
    "is given a module": ("def f(x):\n    y = x\n" + LONG.replace("text", "y"), "net = Net()\nf(net)\nf(net)\n"),
    "is given a function": ("def f(x):\n    y = x\n" + LONG.replace("text", "y"), "f(Net)\nf(Net)\n"),
    "reads a module": ("def f():\n    y = net\n" + LONG.replace("text", "y"), "net = Net()\nf()\nf()\n"),
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_what_may_have_to_do_with_a_model_is_followed_each_time(case: str) -> None:
    definition, calls = FOLLOWED[case]
    twice, _, _ = run(definition + calls)
    once, _, _ = run(definition + calls[: calls.rindex("f(")])
    assert twice.steps - once.steps > 30


def test_a_mode_that_is_set_behind_a_plain_call_is_seen() -> None:
    code = PLAIN + "net = Net()\nnet.eval()\ndescribe(1)\ndescribe(1)\n"
    interpreter, state, source = run(code)
    net = name(interpreter, state, source, "net")
    assert isinstance(net, Obj)
    assert state.mode(net).mode.name == "EVAL"


def test_a_plain_function_that_fills_what_it_is_given_is_followed() -> None:
    code = "def fill(holder, text):\n" + LONG + "    holder.dropout = text\n"
    code += "class Box:\n    pass\nbox = Box()\nbox.dropout = 1\nfill(box, 2)\n"
    interpreter, state, source = run(code)
    box = name(interpreter, state, source, "box")
    assert isinstance(box, Obj)
    assert state.get(box, "dropout") != Const(1)


def test_a_summary_does_not_depend_on_who_asked_first() -> None:
    functions = "".join(f"def f{n}(x):\n{LONG}    return f{n + 1}(x)\n" for n in range(7)).replace(
        "dumps(text", "dumps(x"
    )
    functions += "def f7(x):\n    return (x, 1)\n"
    results = []
    for order in ((0, 3, 6), (6, 3, 0)):
        interpreter, state, source = run(functions + "".join(f"r{n} = f{n}(5)\n" for n in order))
        results.append([name(interpreter, state, source, f"r{n}") for n in (0, 3, 6)])
    assert results[0] == results[1]
    assert results[0][2] == Tuple_((Const(5), Const(1)))
