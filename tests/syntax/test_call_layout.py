"""The layout of a call's arguments, compared with what LibCST reads."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from dropout_lint.finding import Position, Span
from dropout_lint.syntax.call_layout import arguments
from dropout_lint.syntax.source import SourceFile
from tests.conftest import ROOT


def layouts(text: str) -> list[list[tuple[Span, Span]] | None]:
    """Value and whole of each argument of each call in ``text``, calls in the order in which they end."""
    source = SourceFile("x.py", text)
    calls = sorted(
        (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)),
        key=lambda node: (source.span(node).end, source.span(node).start),
    )
    found = [arguments(source, call) for call in calls]
    return [None if one is None else [(part.value, part.whole) for part in one] for one in found]


def layouts_by_libcst(text: str) -> list[list[tuple[Span, Span]] | None]:
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    ranges = wrapper.resolve(PositionProvider)
    calls: list[cst.Call] = []

    class Collector(cst.CSTVisitor):
        def visit_Call(self, node: cst.Call) -> None:
            calls.append(node)

    wrapper.module.visit(Collector())

    def span(part: cst.CSTNode) -> Span:
        found = ranges[part]
        return Span(Position(found.start.line, found.start.column + 1), Position(found.end.line, found.end.column + 1))

    def with_parentheses(part: cst.BaseExpression) -> Span:
        left, right = getattr(part, "lpar", ()), getattr(part, "rpar", ())
        return Span(span(left[0]).start, span(right[-1]).end) if left and right else span(part)

    def layout(call: cst.Call) -> list[tuple[Span, Span]]:
        parts = []
        for argument in call.args:
            value = with_parentheses(argument.value)
            keyword = None if argument.keyword is None else span(argument.keyword)
            first = span(argument).start if keyword is None and argument.star else (keyword or value).start
            parts.append((value, Span(first, value.end)))
        return parts

    calls.sort(key=lambda call: (span(call).end, span(call).start))
    return [layout(call) for call in calls]


CALLS = {
    "no argument": "f()",
    "blanks": "f( )",
    "one": "f(x)",
    "trailing comma": "f(x, )",
    "keywords": "f(x, p=0.5, training = True)",
    "parentheses": "f((x), p=((0.5)), *(a), **(b))",
    "stars": "f(*a, * b, **c, ** d)",
    "generator": "f(x for x in y)",
    "lambdas": "f(lambda a, b: (a, b), key=lambda a, *, b=1: a)",
    "walrus": "f((a := 1), b)",
    "comparison": "f(a == b, c=d == e)",
    "comments": "f(  # one, two\n    x,  # three\n    p=0.5  # four\n    ,\n)",
    "strings": "f('a, b', \"c)\", '''d,\n)''', f'{g(x, y)}, {1:>{2}}')",
    "implicit joining": "f('a'\n  'b', c)",
    "joined lines": "f(x, \\\n  p=0.5)",
    "called in a chain": "(a\n .b(x, y)\n .c(z, w=1))",
    "called in parentheses": "(f)((x), (y))",
    "called result": "f(a, b)(c, d)",
    "subscript": "f[a, b](c[d, e], {f: g, h: i})",
    "wide characters": "f('äöü', größe, x='日本', y=1)",
    "conditional": "f(a if b else c, d=e if f else g)",
    "star in value": "f(a * b, c=a ** b)",
    "awaited": "async def g():\n    f(await x, y=[z async for z in w])",
    "other line ends": "f(x,\r\n  p=0.5,\r\n)\r\n",
    "form feed": "f(x,\x0c p=0.5)\n",
}


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS.keys())
def test_arguments_are_where_libcst_sees_them(text: str) -> None:
    assert layouts(text) == layouts_by_libcst(text)


@pytest.mark.checkout
@pytest.mark.parametrize("folder", ["demo", "rules", "dropout_lint/pytorch"])
def test_arguments_in_whole_programs_are_where_libcst_sees_them(folder: str) -> None:
    for path in sorted(Path(ROOT, folder).rglob("*.py")):
        text = path.read_text("utf-8")
        assert layouts(text) == layouts_by_libcst(text), path


def test_a_call_that_ends_nowhere_has_no_layout() -> None:
    source = SourceFile("x.py", "f(x)\n")
    call = ast.parse("f(x)").body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    call.value.end_col_offset = 3  # a tree that is not of this text
    assert arguments(source, call.value) is None
