"""Control-flow graphs, drawn as text."""

from __future__ import annotations

import ast
import textwrap

import pytest

from dropout_lint.typestate.cfg import dump
from dropout_lint.typestate.cfg.builder import build


def draw(text: str) -> str:
    return dump.draw(build(ast.parse(textwrap.dedent(text)).body))


def check(text: str, regen: bool, name: str) -> None:
    """Compare the drawing of ``text`` with the one that is kept."""
    from tests.conftest import ROOT

    path = ROOT / "tests" / "typestate" / "graphs" / f"{name}.txt"
    drawn = textwrap.dedent(text).strip() + "\n\n" + draw(text) + "\n"
    if regen:
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn, "utf-8")
    assert drawn == path.read_text("utf-8")


GRAPHS = {
    "if_else": """
        if a:
            b
        else:
            c
        d
        """,
    "early_return": """
        if a:
            return b
        c
        """,
    "for_else_break": """
        for a in b:
            if c:
                break
            d
        else:
            e
        f
        """,
    "while_continue": """
        while a:
            if b:
                continue
            c
        """,
    "try_except_finally": """
        try:
            a
        except B as b:
            c
        else:
            d
        finally:
            e
        f
        """,
    "return_through_finally": """
        try:
            return a
        finally:
            b
        """,
    "break_through_with": """
        for a in b:
            with c:
                break
        d
        """,
    "with_two_items": """
        with a as b, c:
            d
        e
        """,
    "match": """
        match a:
            case 1:
                b
            case [x, *rest] if x:
                c
            case _:
                d
        e
        """,
    "nested_definitions": """
        def f():
            return a
        class C:
            b = 1
        c = lambda: d
        [e for e in f if g]
        """,
    "async": """
        async with a:
            async for b in c:
                await d
        """,
    "unreachable": """
        raise a
        b
        """,
}


@pytest.mark.checkout
@pytest.mark.parametrize("name", GRAPHS)
def test_the_drawing_is_as_kept(name: str, regen: bool) -> None:
    check(GRAPHS[name], regen, name)


def test_a_loop_leads_back_to_its_head() -> None:
    assert draw("while a:\n    b") == "entry: -> 1\n1: test a -> 2 if true, exit if false\n2: b -> 1\nexit:"


def test_all_ways_through_the_body_of_a_loop_come_together_before_its_next_turn() -> None:
    assert draw("while a:\n    if b:\n        c").splitlines()[2:5] == [
        "2: test b -> 3 if true, 4 if false",
        "3: c -> 4",
        "4: -> 1",
    ]


def test_code_after_a_jump_is_left_out() -> None:
    assert draw("raise a\nb") == "entry: raise a\nexit:"
