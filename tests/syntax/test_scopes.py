"""Which scope a place belongs to, and what a scope binds: tables of cases, with Python's own symbol table as judge."""

from __future__ import annotations

import ast
import symtable

import pytest

from dropout_lint.syntax.scopes import BindingKind, bindings_of, scope_of
from dropout_lint.syntax.source import SourceFile
from tests.probe import probed

SCOPES = {
    "a module": ("probe(x)", "Module"),
    "a function": ("def f():\n    probe(x)", "FunctionDef"),
    "a coroutine": ("async def f():\n    probe(x)", "AsyncFunctionDef"),
    "a class": ("class A:\n    probe(x)", "ClassDef"),
    "a method": ("class A:\n    def f(self):\n        probe(x)", "FunctionDef"),
    "a lambda": ("f = lambda: probe(x)", "Lambda"),
    "a block opens none": ("def f():\n    if y:\n        for z in w:\n            probe(x)", "FunctionDef"),
    "a comprehension": ("[probe(x) for y in z]", "ListComp"),
    "what its second loop runs through": ("[w for y in z for w in probe(y)]", "ListComp"),
    "a condition of a comprehension": ("[y for y in z if probe(y)]", "ListComp"),
    "a default": ("def f(y=probe(x)): pass", "Module"),
    "a default of a lambda": ("f = lambda y=probe(x): y", "Module"),
    "a decorator": ("class A:\n    @probe(x)\n    def f(self): pass", "ClassDef"),
    "an annotation": ("def f(y: probe(x)): pass", "Module"),
    "the annotation of a result": ("def f() -> probe(x): pass", "Module"),
    "a base class": ("class A(probe(x)): pass", "Module"),
}


@pytest.mark.parametrize(("code", "expected"), SCOPES.values(), ids=SCOPES)
def test_a_place_belongs_to_the_scope_in_which_its_names_are_looked_up(code: str, expected: str) -> None:
    source, expression = probed(code)
    assert type(scope_of(source, expression)).__name__ == expected


BINDINGS = {
    "an import": ("import a.b", {"a": "import"}),
    "an import under another name": ("import a.b as c", {"c": "import"}),
    "a name from a module": ("from a import b as c", {"c": "import"}),
    "an assignment": ("a = 1", {"a": "assignment"}),
    "an annotated assignment": ("a: int = 1", {"a": "assignment"}),
    "two targets": ("a = b = 1", {"a": "assignment", "b": "assignment"}),
    "unpacking": ("a, (b, *c) = x", {"a": "opaque", "b": "opaque", "c": "opaque"}),
    "counting up": ("a += 1", {"a": "opaque"}),
    "a walrus": ("if (a := x): pass", {"a": "opaque"}),
    "a loop": ("for a, b in x: pass", {"a": "opaque", "b": "opaque"}),
    "a context": ("with x as a, y as (b, c): pass", {"a": "opaque", "b": "opaque", "c": "opaque"}),
    "an exception": ("try: pass\nexcept E as a: pass", {"a": "opaque"}),
    "a deletion": ("del a", {"a": "opaque"}),
    "a pattern": (
        "match x:\n    case {'k': a, **b}: pass\n    case [c, *d]: pass\n    case A(e=f) as g: pass",
        dict.fromkeys("abcdfg", "opaque"),
    ),
    "a function": ("def a(): b = 1", {"a": "definition"}),
    "a class": ("class a: b = 1", {"a": "definition"}),
    "in blocks": ("if x:\n    a = 1\nelse:\n    while y:\n        b = 1", {"a": "assignment", "b": "assignment"}),
    "attributes and items bind nothing": ("a.b = 1\na[0] = 1", {}),
    "a comprehension keeps its names": ("[a for a in x]", {}),
    "a lambda keeps its names": ("f(lambda a: a)", {}),
}


@pytest.mark.parametrize(("code", "expected"), BINDINGS.values(), ids=BINDINGS)
def test_a_scope_binds_what_python_says_it_binds(code: str, expected: dict[str, str]) -> None:
    bound = bindings_of(SourceFile("module.py", code).tree).by_name
    assert {name: bindings[-1].kind.value for name, bindings in bound.items()} == expected
    table = symtable.symtable(code, "module.py", "exec")
    theirs = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    assert set(bound) == theirs


def test_a_walrus_in_a_comprehension_binds_around_it() -> None:
    bound = bindings_of(ast.parse("[b for b in x if (a := b)]")).by_name
    assert {name: [binding.kind for binding in found] for name, found in bound.items()} == {"a": [BindingKind.OPAQUE]}


def test_a_function_binds_its_parameters_with_their_defaults() -> None:
    tree = ast.parse("def f(a, /, b, c=1, *d, e, g=2, **h): pass")
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    bound = bindings_of(function).by_name
    assert set(bound) == set("abcdegh")
    assert {binding.kind for bindings in bound.values() for binding in bindings} <= {
        BindingKind.PARAMETER,
        BindingKind.OPAQUE,
    }
    defaults = {name: ast.unparse(found[0].value) for name, found in bound.items() if found[0].value is not None}
    assert defaults == {"c": "1", "g": "2"}


def test_every_binding_of_a_name_is_kept_in_the_order_of_the_text() -> None:
    bound = bindings_of(ast.parse("import a\na = 1\ndef a(): pass\nfor a in x: pass\n")).by_name
    assert [binding.kind.value for binding in bound["a"]] == ["import", "assignment", "definition", "opaque"]


def test_star_imports_and_global_names_are_told() -> None:
    bindings = bindings_of(ast.parse("from a.b import *\nglobal c, d\n"))
    assert bindings.star_imports == ["a.b"]
    assert bindings.global_names == {"c", "d"}
