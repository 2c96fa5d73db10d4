"""Newer syntax than that of the Python that runs costs the statement around it, at most."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from dropout_lint.driver.fix_files import fix_bytes
from dropout_lint.lint.file_check import lint_bytes, lint_file
from dropout_lint.lint.registry import all_rules
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.lazy_parse import parse, parse_in_part
from dropout_lint.syntax.lexer import InDoubt, logical_lines
from dropout_lint.syntax.libcst_parser import parse_module
from dropout_lint.syntax.recovery import readable_part

RULES = all_rules()
KNOWN = {
    "PEP 695 function": "def f[T](x: T) -> T: return x",
    "PEP 695 class": "class A[T]: x = 1",
    "PEP 695 class with a base": "class A[T: int, *Ts, **P](Base): x = 1",
    "PEP 695 over lines": "class A[\n    T,\n\n    U,  # why\n](Base): x = 1",
    "PEP 695 async": "async def f[T](x): await x",
    "PEP 695 other letters": "def f[é](x): y",
    "PEP 695 alias": "type X[T] = list[\n    T\n]; y = x",
    "PEP 695 alias in a block": "if x: type Y = z",
    "PEP 696": "def f[T = int, *Ts = *tuple[int]](x): y",
    "PEP 701 quotes": 'x = f"{d["a"]}é{e!r:>{w["q"]}}" + y',
    "PEP 701 backslash": 'x = f"{"\\n".join(z)}"',
    "PEP 701 lines": "x = f'{\n    d['a']  # why\n}' + y",
    "PEP 701 long": 'x = f"""\n{m("""a""")}\n {n}""" + y',
    "PEP 701 nested": 'x = f"{f"{f"{k["l"]}"}"}"',
    "PEP 701 joined": 'x = "a" f"b{c}" f"{d["e"]}" "f"',
    "PEP 701 equals sign": 'x = f"{x["a"]=}{y!r}{a != b["c"]}{ {"k": v["w"]} }"',
    "PEP 701 lambda": 'x = f"{(lambda q: q["r"])(s):{t}.{u}}"',
    "PEP 701 raw": 'x = rf"\\{a["b"]}\\d" + y',
    "PEP 701 doubled braces": 'x = f"{{no}}{d["a"]}\\N{EM DASH}{y}"',
    "PEP 750": 'x = t"a{b}c{d["e"]}" + y',
    "PEP 758": "try: a\nexcept A, B.c, D: b\nexcept E,: y",
    "PEP 758 groups": "try: a\nexcept* A, B: b",
    "PEP 646": "x = y[*a, 1]; z = [*b, 2]",
    "PEP 646 annotation": "def f(*args: *Ts): y",
    "PEP 810": "lazy import numpy as np\nlazy from os import path as p\nx = y",
}
NET = """from torch import nn


class Net(nn.Module):
    def __init__(self, x):
        super().__init__()
{statement}
        self.drop = nn.Dropout(30)

    def forward(self, x):
        return self.drop(x)
"""


def indented(statement: str, indent: str = " " * 8) -> str:
    return "\n".join(indent + line if line else line for line in statement.split("\n"))


def words_at_their_places(text: str, tree: ast.AST) -> list[str]:
    """The names in ``tree``, in order; each must stand in ``text`` where its node says."""
    lines = text.encode().split(b"\n")
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    for name in names:
        assert lines[name.lineno - 1][name.col_offset : name.end_col_offset].decode() == name.id
    return sorted(name.id for name in names)


NAMES = {
    "PEP 701 quotes": "d e w x y",
    "PEP 701 joined": "c d x",
    "PEP 701 equals sign": "a b v x x y",
    "PEP 701 lambda": "q s t u x",
    "PEP 701 lines": "d x y",
    "PEP 701 long": "m n x y",
    "PEP 701 nested": "k x",
    "PEP 701 backslash": "x z",
    "PEP 701 raw": "a x y",
    "PEP 701 doubled braces": "d x y",
    "PEP 750": "b d x y",
    "PEP 758": "A B D E a b y",
    "PEP 758 groups": "A B a b",
    "PEP 646": "a b x y z",
}


@pytest.mark.parametrize("kind", NAMES)
def test_what_newer_syntax_names_stands_where_it_is_written(kind: str) -> None:
    for indent in ("", " " * 4):
        text = ("if 1:\n" if indent else "") + indented(KNOWN[kind], indent)
        if not (indent and '"""' in text):
            assert words_at_their_places(text, parse(text)) == NAMES[kind].split()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("kind", KNOWN)
def test_nothing_else_is_lost(kind: str, end: str) -> None:
    text = NET.format(statement=indented(KNOWN[kind]))
    found = lint_bytes("x.py", text.replace("\n", end).encode(), RULES).findings
    line = text[: text.index("nn.Dropout(30)")].count("\n") + 1
    assert [(finding.code, finding.span.start.line, finding.span.start.column) for finding in found] == [
        ("DRP101", line, 32)
    ]


@pytest.mark.parametrize("head", ["class Net[T](nn.Module):", "class Net[\n    T = int\n](nn.Module):"])
def test_a_class_with_type_parameters_is_the_module_that_it_is(head: str) -> None:
    text = f"import torch.nn.functional as F\nfrom torch import nn\n{head}\n    def forward[X](self, x: X):\n"
    text += "        return F.dropout(x)\n"
    outcome = fix_bytes("x.py", text.encode(), RULES, unsafe=True)
    assert [finding.code for finding in outcome.applied] == ["DRP201"]
    assert outcome.after.decode() == text.replace("dropout(x)", "dropout(x, training=self.training)")


def test_what_stands_in_the_braces_of_an_f_string_is_judged() -> None:
    text = 'from torch import nn\nprint(f"é{nn.Dropout(30)}{x["a"]}")\n'
    (finding,) = lint_bytes("x.py", text.encode(), RULES).findings
    assert (finding.code, finding.span.start.line, finding.span.start.column) == ("DRP101", 2, 22)


def test_a_use_in_newer_syntax_is_a_use() -> None:
    text = NET.format(statement="").replace("30", "0.3").replace("return self.drop(x)", 'return f"{self.drop(x)["a"]}"')
    assert lint_bytes("x.py", text.encode(), RULES).findings == ()


def test_exceptions_without_parentheses_are_all_awaited() -> None:
    text = "import torch\ntry:\n    torch.nn.ReLU().eval\nexcept ValueError, AttributeError:\n    pass\n"
    assert lint_bytes("x.py", text.encode(), RULES).findings == ()


def test_a_cell_of_newer_syntax_is_python() -> None:
    cells = [{"cell_type": "code", "source": source} for source in (KNOWN["PEP 701 quotes"], "import torch")]
    cells.append({"cell_type": "code", "source": "torch.nn.Dropout(30)"})
    found = lint_bytes("x.ipynb", json.dumps({"cells": cells}).encode(), RULES).findings
    assert [(finding.code, finding.cell) for finding in found] == [("DRP101", 3)]


def test_a_file_of_newer_syntax_is_known_to_those_that_import_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "base.py").write_text("from torch import nn\ntype X = int\nclass Base(nn.Module): pass\n", "utf-8")
    user = tmp_path / "net.py"
    user.write_text(
        "import torch.nn.functional as F\nfrom base import Base\n\n\nclass Net(Base):\n    def forward(self, x):\n"
        "        return F.dropout(x)\n",
        "utf-8",
    )
    assert [finding.code for finding in lint_file(user, RULES, Project()).findings] == ["DRP201"]


def test_bodies_that_wait_are_read_as_the_whole_is() -> None:
    text = NET.format(statement=indented(KNOWN["PEP 701 quotes"] + "\n" + "y = 'a long body' * 100\n" * 9))
    assert ast.dump(parse_in_part(text), include_attributes=True) == ast.dump(parse(text), include_attributes=True)


UNPACKED = "[*x for x in y]"  # PEP 798, which nothing here knows an older spelling for
needs_libcst = pytest.mark.skipif(parse_module(UNPACKED) is None, reason="this LibCST does not read it either")


@needs_libcst
@pytest.mark.parametrize(
    "statement",
    [
        f"z = {UNPACKED}",
        f"z = 1; w = {UNPACKED}",
        f"return {UNPACKED}",
        f"for z in {UNPACKED}:\n    a = 1\n    b = 2\nelse:\n    c = 3",
        f"if x:\n    a = {UNPACKED}\nelif {UNPACKED}:\n    b = 1\nelse:\n    c = 1",
        f"match x:\n    case 1 if {UNPACKED}:\n        b = 1\n    case 2:\n        c = 1",
        f"try:\n    a = 1\nexcept f({UNPACKED}):\n    b = 1",
        f"@g\n@f({UNPACKED})\n@h\ndef k(x):\n    return x",
        "z = [\n    *x\n    for x in y\n]",
    ],
    ids=["assignment", "two in a line", "return", "loop", "branch", "case", "handler", "decorator", "lines"],
)
def test_only_the_statement_is_lost(statement: str) -> None:
    text = NET.format(statement=indented(f"if x:\n{indented(statement, '    ')}"))
    line = text[: text.index("nn.Dropout(30)")].count("\n") + 1
    found = lint_bytes("x.py", text.encode(), RULES).findings
    assert [(finding.code, finding.span.start.line) for finding in found] == [("DRP101", line)]


@needs_libcst
def test_a_lost_statement_uses_what_it_names_and_binds_what_it_binds() -> None:
    tree = readable_part(f"def f(model):\n    a.b, c = d[e], {UNPACKED}\n    return g\n")
    assert tree is not None
    expected = (
        "def f(model):\n    c, x = this_is_no_python(a, self.a, b, self.b, c, self.c, d, self.d, e, self.e, x, self.x, "
        "y, self.y)\n    return g"
    )
    assert ast.dump(tree) == ast.dump(parse(expected))
    used = (
        NET.format(statement="")
        .replace("30", "0.3")
        .replace("return self.drop(x)", "return [*self.drop(z) for z in x]")
    )
    assert lint_bytes("x.py", used.encode(), RULES).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "def f[T(x): pass",
        'f"{x["a"]"',
        "type X = ",
        "except A, B: pass",
        "def f[T](x: pass",
        'f"{x["a" b]}"',
        "type X = a b",
        "def f[](x): pass",
        "x = (\n",
    ],
)
def test_what_no_python_reads_is_reported(text: str) -> None:
    found = lint_bytes("x.py", f"import torch\ntorch.nn.Dropout(30)\n{text}\n".encode(), RULES).findings
    assert [finding.code for finding in found] == ["DRP000"]


@pytest.mark.parametrize("text", ["(", "x)", '"""a', "'a\n'", 'f"{', 'f"{a:', 'f"{a!r', 'f"{a ' + 'f"{a ' * 60])
def test_what_does_not_end_has_no_tokens(text: str) -> None:
    with pytest.raises(InDoubt):
        list(logical_lines(text))
