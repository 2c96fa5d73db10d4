"""What a file costs grows no faster than the file, whatever it consists of.

Cost is counted in calls, of functions written in Python and in C: time would differ from machine to machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from dropout_lint.lint.file_check import lint_bytes
from dropout_lint.lint.registry import all_rules
from dropout_lint.typestate.domain import bounds
from tests.growing_programs import FAMILIES, HEAD, TAIL, VALUES

RULES = all_rules()
SIZE = 4 * (bounds.MOST_DEPTH + 1)  # more than `MOST_VALUES`, and a value that nests is as deep for twice as much
MOST_CALLS = 2_000_000  # far beyond what any of them needs
MOST_GROWTH = 3.0  # of what twice as much more costs: 2 if it is linear, 4 if it goes with the square

Family = Callable[[int], str]


class TooMuch(BaseException):
    """No `Exception`, which the engine would report as the failure of a rule."""


def calls_for(text: str) -> int:
    """How many calls it takes to lint ``text``."""
    made = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal made
        if event in ("call", "c_call"):
            made += 1
            if made > MOST_CALLS:
                sys.setprofile(None)
                raise TooMuch

    data, before = text.encode(), sys.getprofile()
    sys.setprofile(count)
    try:
        lint_bytes("a.py", data, RULES)
    finally:
        sys.setprofile(before)
    return made


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_cost_grows_no_faster_than_the_program(family: Family) -> None:
    lint_bytes("a.py", (HEAD + family(2) + TAIL).encode(), RULES)  # once for a process does not count
    once, twice, fourfold = (calls_for(HEAD + family(size) + TAIL) for size in (SIZE, 2 * SIZE, 4 * SIZE))
    assert fourfold - twice <= MOST_GROWTH * max(twice - once, once // 4)


# The model goes to a call that is not followed, or is one of too many: what becomes of its mode is not known.
LOST = {"recursion", "recursion in a circle", "parts of parts in a loop"}
FOLLOWED = {name: family for name, family in VALUES.items() if name not in LOST}


@pytest.mark.parametrize("family", FOLLOWED.values(), ids=FOLLOWED)
def test_what_follows_a_value_that_is_too_large_is_still_found(family: Family) -> None:
    quiet = HEAD + family(3).replace("save(", "print(").replace(".eval()", ".half()").replace(".train()", ".half()")
    found = lint_bytes("a.py", (quiet + TAIL).encode(), RULES).findings
    assert "DRP301" in [finding.code for finding in found]
    assert "DRP001" not in [finding.code for finding in found]


def test_a_tuple_of_itself_in_a_loop_comes_to_an_end() -> None:
    text = HEAD + "size = 1\nfor item in range(9):\n    size = (size, item)\n" + TAIL
    (finding,) = lint_bytes("a.py", text.encode(), RULES).findings
    assert (finding.code, finding.span.start.line) == ("DRP301", len(text.splitlines()))


@pytest.mark.parametrize(
    "body",
    ["t = not t and not t\nif t:\n    x = self.drop(F.dropout(x, 0.5))", "p = p + p\nx = F.dropout(x, p)"],
    ids=["condition", "rate"],
)
def test_a_name_that_stands_for_itself_is_no_failure(body: str) -> None:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    text = f"{HEAD}class Net(nn.Module):\n    def forward(self, x):\n{lines}        return x\n"
    text += "    def drop(self, x):\n        return F.dropout(x, 0.5)\n"
    assert [f.code for f in lint_bytes("a.py", text.encode(), RULES).findings if f.code == "DRP001"] == []


def test_a_network_written_out_line_by_line_is_followed() -> None:
    body = "".join(f"        x{n + 1} = x{n} + 1\n" for n in range(600))
    text = f"{HEAD}class Net(nn.Module):\n    def forward(self, x0):\n{body}        return F.dropout(x0, x600)\n"
    assert lint_bytes("a.py", text.encode(), RULES).findings == ()


def test_an_integer_of_thousands_of_digits_is_no_failure() -> None:
    text = f"{HEAD}nn.Dropout(0x{'f' * 9000})\nx = {{0x{'f' * 9000}: net}}\nsave(x[0x{'f' * 9000}])\n"
    found = lint_bytes("a.py", text.encode(), RULES).findings
    assert [finding.code for finding in found] == ["DRP102"]  # as large as infinity to torch
