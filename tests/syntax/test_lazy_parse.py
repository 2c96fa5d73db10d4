"""Trees whose functions are parsed at their first use: the same trees as those that are parsed at once."""

from __future__ import annotations

import ast
import contextlib
import copy
import operator
import random
import textwrap
from pathlib import Path

import pytest

import dropout_lint
from dropout_lint.lint.file_check import lint_file
from dropout_lint.lint.registry import all_rules
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.lazy_parse import DeferredBody, parse, parse_in_part
from dropout_lint.syntax.source import SourceFile

LONG = "x = '" + "a body that is left out at first, " * 4 + "'"


def dumped(tree: ast.AST) -> str:
    return ast.dump(tree, include_attributes=True)


def waiting(tree: ast.Module) -> list[str]:
    """The functions whose bodies are yet to be parsed, none of which this parses."""
    found: list[str] = []
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if isinstance(node.body, DeferredBody) and node.body.waits:
                found.append(node.name)
        elif isinstance(node, (ast.ClassDef, ast.If, ast.Try)):
            todo += [*node.body, *getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
    return found


CUT = {
    "a function": "def f():\n    LONG\n",
    "an asynchronous function": "async def f():\n    LONG\n    await x\n    async for y in z: pass\n",
    "a method": "class A(B):\n    y = 1\n    def f(self): # why\n        LONG\n        return x\n    z = 2\n",
    "a method deeper in": "if 1:\n  class A:\n     class B:\n        def f(self):\n              LONG\nelse:\n  y = 1",
    "no line end": "def f():\n    LONG",
    "decorators": "@a\n@b(\n    c\n)\ndef f():\n    LONG\n\n@a\ndef g():\n    pass\n",
    "what follows a decorator": "def g():\n    pass\n@a\n\n# why\n@b\ndef f():\n    LONG\n",
    "a long signature": "def f(\n    a: int = (1, 2)[0],\n    *b: str,\n    c={'d': lambda: 1},\n) -> d:\n    LONG",
    "a docstring": 'def f():\n    """One.\n\nTwo: def g():\n    pass\n    """\n    LONG\n',
    "only a docstring": 'def f():\n    """One.\n\nTwo.\n\n            LONG """\n',
    "code at the left in a string": "def f():\n    LONG\n    y = '''\ndef g():\n    pass\nclass A:\n'''\n    z = 1\n",
    "brackets at the left": "def f():\n    LONG\n    y = [\n        1,\n]\n    z = {\n}\n    z = (\n)\n    z\n",
    "comments at the left": "def f():\n    LONG\n# def g():\n    y = 1\n  # why\n# not\n\n\n  # so\nz = 1\n",
    "a comment at the end": "def f():\n    LONG\n    y = '#' # a '\"\n\nz = 1",
    "a string with three quotes in it": 'x = \'"""\'\ndef f():\n    LONG\n    y = "\'\'\'"\n# it\'s """\nz = \'"""\'',
    "a comment with three quotes": '# """ it\'s\ndef f():\n    LONG\n    y = 1 # \'\'\'\n    z = """\n# """\nz = 1\n',
    "quotes of both kinds": "x = '''\n\"\"\"\n'''\ndef f():\n    LONG\n    y = \"\"\"'''\n\"\"\"\nz = '''\"\"\"'''\n",
    "escaped quotes": 'def f():\n    LONG\n    y = """\\"""\ndef g():\n"""\n    z = "\\\\"\nw = r"\\""\n',
    "a string that goes on": 'def f():\n    LONG\n    y = \'a\\\n     """ b\'\n    y\nz = 1\n',
    "a line that goes on": "def f():\n    LONG\n    y = 1 + \\\n        2\n    y\nz = 1\n",
    "a nested function": "def f():\n    LONG\n    def g():\n        LONG\n    return g\n",
    "letters of many bytes": "def f():\n    LONG\n    y = 'äöü 模型'  # ß\n\n\n# ß\nclass Ä:\n    pass\n",
    "a number for a body": "def g(): 0\ndef f():\n    LONG\n    0\ndef h():\n    0\n0\n",
    "invalid escapes": "def f():\n    LONG\n    y = '\\d'\n    return 1 is 1\n",
    "what only a function may say": "def f():\n    LONG\n    global y\n    nonlocal z\n    yield\n    return await w\n",
    "in a try": "try:\n    def f():\n        LONG\nexcept A as e:\n    x = e\nfinally:\n    y = 1\n",
}


@pytest.mark.parametrize("text", CUT.values(), ids=CUT)
def test_functions_wait_and_are_then_as_they_always_were(text: str) -> None:
    text = text.replace("LONG", LONG)
    tree = parse_in_part(text)
    assert waiting(tree) == ["f"]
    assert dumped(tree) == dumped(parse(text))
    assert waiting(tree) == []


WHOLE = {
    "short": "def f():\n    return 1\n",
    "on one line": "def f(): LONG; y = 1\n",
    "a tab": "def f():\n\tLONG\n",
    "a form feed": "def g():\n    pass\n\f\ndef f():\n    LONG\n",
    "other line ends": "def f():\r\n    LONG\r\n    y = 1\r\n",
    "another line end": "def f():\n    LONG\n    y = 1\rz = 1\n",
    "a semicolon at the end": "def f():\n    LONG;\n",
    "the end further left": 'class A:\n    def f():\n        LONG\n        y = """\n"""\n',
    "the last line goes on": "def f():\n    LONG\n    y = 1 + \\\n        2\n",
    "the last string goes on": "def f():\n    LONG\n    y = 'a\\\n  # b'\n",
    "a line at the left that goes on": "def f():\n    LONG\n    y = (1,\n2)\n    z = 1\n",
    "a line at the left behind a backslash": "def f():\n    LONG\n    y = \\\n2\n    z = 1\n",
    "code in a string": 'x = "a\\\ndef f():\\\n    LONG\\\n    y"\n',
    "code in a long string": "x = '''\ndef f():\n    LONG\n'''\n",
    "a colon in a comment of the signature": "def f(\n    a,  # so: this:\n    b,\n):\n    LONG\n",
    "a bracket in an f-string": 'def f():\n    LONG\n    y = f"""{ {"{": 1} }"""\n',
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_what_is_in_doubt_is_parsed_at_once(text: str) -> None:
    text = text.replace("LONG", LONG)
    tree = parse_in_part(text)
    assert waiting(tree) == []
    assert dumped(tree) == dumped(parse(text))


BROKEN = {
    "around functions": "def f():\n    LONG\ny = = 1\n",
    "a signature": "def f(a b):\n    LONG\n",
    "a string that nothing ends": "def f():\n    LONG\n    y = '''\nz = 1\n",
    "a null byte": "def f():\n    LONG\n    y = '\0'\n",
    "a bracket too many": "def f():\n    LONG\nx = 1)\n",
    "a line too far left": "class A:\n    def f(self):\n        LONG\n  y = 1\n",
    "a tab": "def f():\n    LONG\n\ty = 1\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_no_python_is_none_here_either(text: str) -> None:
    with pytest.raises(SyntaxError):
        parse_in_part(text.replace("LONG", LONG))


PIECES = (
    "import a, b",
    "x = '\"\"\"' + \"'''\"  # it's",
    '"""A string.\n\ndef f():\n    pass\n"""',
    "x = [\n    1,\n  2]",
    "x = {\n}",
    "@a\ndef f(self, *args: int, b=lambda: 0) -> 'c':\n    BODY",
    "async def f(\n    a,\n    b={1: 2},  # why\n):  # not\n    BODY",
    "class A(B):\n    '''A class.'''\n\n    y: int = 0\n    BODY",
    "if x:\n    BODY\nelse:\n    BODY",
    "with a as b:\n    BODY",
    "def f(): return 1",
    "# def f(): '''",
    'x = f\'{a!r:>{b}}\' f"""{a}\n{b}""" rb\'\\\'\'',
    "x = 'a\\\n  b'",
    "x = 1 + \\\n  2",
    "return x  # ü",
    "'ü'; y = '模'",
    "pass;",
    LONG,
)


def code(chance: random.Random, depth: int = 0) -> str:
    pieces = chance.choices(PIECES, k=chance.randint(1, 4))
    found = [
        piece.replace("BODY", textwrap.indent(code(chance, depth + 1), " " * 4).lstrip() if depth < 3 else LONG)
        for piece in pieces
    ]
    return chance.choice(("\n", "\n\n")).join(found)


@pytest.mark.parametrize("seed", range(60))
def test_any_code_is_as_it_always_was(seed: int) -> None:
    chance = random.Random(seed)
    text = code(chance)
    for _ in range(15):
        try:
            expected = dumped(parse(text))
        except SyntaxError:
            with contextlib.suppress(SyntaxError):
                dumped(parse_in_part(text))  # with a stand-in, maybe; what raises does so at once
        else:
            assert dumped(parse_in_part(text)) == expected
        place = chance.randrange(len(text) + 1)  # one mistake more
        text = text[:place] + chance.choice("'\"#\\()[]{}:;\n def") + text[place + chance.randrange(2) :]


def test_our_own_files_are_as_they_always_were() -> None:
    functions = 0
    for path in sorted(Path(dropout_lint.__file__).parent.rglob("*.py")):
        text = path.read_text("utf-8")
        tree = parse_in_part(text)
        functions += len(waiting(tree))
        assert dumped(tree) == dumped(parse(text)), path
    assert functions > 1000


def test_a_body_can_be_used_like_any_list() -> None:
    def body() -> list[ast.stmt]:
        function = parse_in_part(f"def f():\n    {LONG}\n    y = 1\n").body[0]
        assert isinstance(function, ast.FunctionDef)
        assert isinstance(function.body, DeferredBody)
        assert function.body.waits
        return function.body

    first: ast.stmt = ast.Pass()
    assert len(body()) == 2
    assert bool(body())
    assert [type(each) for each in body()] == [ast.Assign, ast.Assign]
    assert [type(each) for each in [first, *body()]] == [ast.Pass, ast.Assign, ast.Assign]
    assert [each.lineno for each in reversed(body())] == [3, 2]
    assert body()[-1].lineno == 3
    assert [each.lineno for each in body()[1:]] == [3]
    assert [len(operator.add(body(), [first])), len(operator.add([first], body()))] == [3, 3]
    assert first not in body()
    known = body()
    assert known.index(known[1]) == 1
    assert known[1] in known
    assert operator.eq(known, list(known))
    assert not operator.ne(known, list(known))
    assert body() != [first]
    copied = copy.deepcopy(body())
    assert type(copied) is list
    assert [each.lineno for each in copied] == [2, 3]


FOLLOWED = f"""
from torch import nn

def make(rate=nn.Dropout):
    {LONG}
    return rate

class Base(nn.Module):
    @property
    def rate(self):
        {LONG}
        return self.p
"""


def test_nobody_parses_a_body_that_nobody_looks_into(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(FOLLOWED, "utf-8")
    source = Project().source(tmp_path / "base.py")
    assert source is not None
    function, cls = source.tree.body[1:]
    assert isinstance(function, ast.FunctionDef)
    assert isinstance(cls, ast.ClassDef)
    assert names_of(source).resolve(function.args.defaults[0]) == "torch.nn.Dropout"
    assert source.parent(function.args.args[0]) is function.args
    facts = classes_of(source).facts(cls)
    assert facts.is_module
    (method,) = facts.methods.values()
    assert source.parent(method.decorator_list[0]) is method
    assert source.parent(method) is cls
    assert waiting(source.tree) == ["make", "rate"]
    returned = method.body[-1]
    assert isinstance(returned, ast.Return)
    assert returned.value is not None
    assert list(source.ancestors(returned.value)) == [returned, method, cls, source.tree]
    assert waiting(source.tree) == ["make"]
    assert list(source.ancestors(function.body[0])) == [function, source.tree]
    tree = source.tree
    source.release()
    assert waiting(tree) == []


def test_letting_go_of_a_file_parses_nothing() -> None:
    tree = parse_in_part(FOLLOWED)
    source = SourceFile("base.py", FOLLOWED, tree)
    source.parent(tree.body[0])
    source.release()
    assert waiting(tree) == ["make", "rate"]


def test_a_broken_body_hands_its_words_to_code_out_of_sight() -> None:
    text = f"def f(a):\n    {LONG}\n    print a.weight\n    if self.training:\ndef g():\n    {LONG}\n"
    tree = parse_in_part(text)
    function, other = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert isinstance(other, ast.FunctionDef)
    (returned,) = function.body
    assert isinstance(returned, ast.Return)
    assert isinstance(returned.value, ast.Call)
    assert {"a", "self.weight", "self.training"} <= {ast.unparse(given) for given in returned.value.args}
    assert {node.lineno for node in ast.walk(function) if isinstance(node, ast.stmt)} == {1, 2}
    assert dumped(other) == dumped(
        parse(text.replace("print a.weight", "0").replace("training:", "training: 0")).body[1]
    )


NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(3, 3)

    def forward(self, x):
        print("a forward that does a lot, in several lines")
        x = self.linear(x)
        x = x * 2 - x * 3 + x * 5 - x * 7 + x * 11 - x * 13
        return self.dropout(x)
"""
MAIN = """
import torch
from net import Net
from prepare import prepare

def main(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for batch in loader:
        model(batch).sum().backward()
        optimizer.step()
    prepare(model)
    with torch.no_grad():
        for batch in loader:
            model(batch)

if __name__ == "__main__":
    main(open("data"))
"""
PREPARE = """
def prepare(model):
    print("a function that does a lot, in several lines")
    model.weight = model.weight * 2 - model.weight * 3 + model.weight * 5
    model.train()
"""


@pytest.mark.parametrize(
    ("name", "found"),
    [("net.py", ["DRP301"]), ("prepare.py", [])],
    ids=["the rest of the file is known", "who knows what the function does"],
)
def test_a_broken_body_in_an_imported_file_tells_nothing_wrong(tmp_path: Path, name: str, found: list[str]) -> None:
    for path, text in {"main.py": MAIN, "net.py": NET, "prepare.py": PREPARE}.items():
        (tmp_path / path).write_text(text, "utf-8")
    main, broken = tmp_path / "main.py", tmp_path / name
    assert [each.code for each in lint_file(main, all_rules(), Project()).findings] == ["DRP301"]
    broken.write_text(broken.read_text("utf-8").replace('print("a', 'print "a').replace('lines")', 'lines"'), "utf-8")
    for project in (Project(), shared := Project(), shared):
        assert [each.code for each in lint_file(main, all_rules(), project).findings] == found
