"""Programs of any size, one family for each way in which code or a value can grow."""

# ruff: noqa: E501  one program on one line reads best

from __future__ import annotations

from collections.abc import Callable

HEAD = """\
import torch
from torch import nn
import torch.nn.functional as F
from functools import partial

net = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))
net.load_state_dict(torch.load("net.pt"))
"""
TAIL = """
with torch.no_grad():
    print(net(read_image()).argmax())
"""
DEEPEST = 60  # brackets in brackets: Python's own parser takes no more than some hundred


def each(template: str, size: int) -> str:
    """``template`` for each number, with ``@`` for the number and ``$`` for the next one."""
    return "".join(template.replace("@", str(number)).replace("$", str(number + 1)) for number in range(size))


def wrapped(before: str, middle: str, after: str, size: int) -> str:
    return before * min(size, DEEPEST) + middle + after * min(size, DEEPEST)


def in_forward(body: str) -> str:
    """A module whose forward pass is ``body``, which changes ``x``."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return f"class Net(nn.Module):\n    def forward(self, x, p0=0.5):\n{lines}        return x\n"


def in_init(body: str, forward: str = "") -> str:
    """A module that is made by ``body``."""
    start = in_forward(forward).replace("class Net(nn.Module):\n", "")
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return f"class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{lines}{start}"


OBJECT = "class Box:\n    def __init__(self, x):\n        self.x = x\n        self.y = (x, x)\n"
CALLED = "class Box:\n    def __call__(self, x):\n        return (self, x, x)\nbox = Box()\ns = net\n"
TAKES_ALL = "def f(*args, **keywords):\n    return args\np = f\ns = (net,)\n"
GENERATOR = "from contextlib import contextmanager\n"

VALUES: dict[str, Callable[[int], str]] = {
    "tuple of itself in a loop": lambda n: "s = 1\nfor i in range(9):\n" + "    s = (s, i)\n" * n,
    "tuple of itself twice": lambda n: "s = net\n" + "s = (s, s)\n" * n + "save(s)\n",
    "tuples of tuples": lambda n: "s0 = net\n" + each("s$ = (s@, s@)\n", n) + f"save(s{n})\n",
    "tuple in tuple": lambda n: "s = " + wrapped("(", "net", ",)", n) + "\nsave(s)\n",
    "wide tuple": lambda n: "s = (" + "nn.Dropout(0.5), " * n + ")\nfor m in s:\n    m.eval()\n    m.train()\n",
    "tuple that grows": lambda n: TAKES_ALL + "s = f(*s, *s)\n" * n + "save(s)\n",
    "arguments of arguments": lambda n: TAKES_ALL + "s = f(s, s)\n" * n + "save(s)\n",
    "tuples added": lambda n: "s = (net,)\n" + "s = s + s\n" * n + "save(s)\n",
    "tuples unpacked": lambda n: "s = (net,)\n" + "s = (*s, *s)\n" * n + "save(s)\n",
    "names that change places": lambda n: "a, b = net, 1\nwhile more():\n" + "    a, b = (a, b), (b, a)\n" * n,
    "lists of lists": lambda n: "s0 = net\n" + each("s$ = [s@, s@]\n", n) + f"save(s{n})\n",
    "list of itself": lambda n: "s = [net]\n" + "s.append(s)\nfor i in s:\n    s.append(i)\n" * n,
    "dictionaries of dictionaries": lambda n: "s0 = net\n" + each("s$ = {'a': s@, 'b': s@}\n", n) + f"save(s{n})\n",
    "item of a dictionary": lambda n: "d = {'a': 1}\nfor i in range(9):\n" + "    d['a'] = (d['a'], d['a'])\n" * n,
    "attribute": lambda n: OBJECT + "b = Box(1)\nfor i in range(9):\n" + "    b.x = (b.x, b.x)\n" * n,
    "object that is called": lambda n: CALLED + "s = box(s)\n" * n + "save(s)\n",
    "method of a method": lambda n: "class A:\n    def f(self):\n        return self.f\ng = A().f\n" + "g = g()\n" * n,
    "partial of partial": lambda n: TAKES_ALL + "p = partial(p, net)\n" * n + "p()\n",
    "partial of itself": lambda n: TAKES_ALL + "for i in range(9):\n" + "    p = partial(p, p, i)\n" * n + "p()\n",
    "keywords of partial": lambda n: TAKES_ALL + each("p = partial(p, a@=p)\n", n) + "p()\n",
    "either": lambda n: "s = net\n" + "s = (s, s) if more() else (s, net)\n" * n + "save(s)\n",
    "one of many": lambda n: "s = net\n" + "if more():\n    s = nn.Dropout(0.1)\n" * n + "s.eval()\ns.train()\ns(1)\n",
    "one of many tuples": lambda n: "s = net\nwhile more():\n" + "    if more():\n        s = (s, s)\n" * n,
    "zip": lambda n: "s = [net]\n" + "s = zip(s, s)\n" * n + "save(s)\n",
    "enumerate in a loop": lambda n: "s = [net]\nwhile more():\n" + "    s = enumerate(zip(s, s))\n" * min(n, 12),
    "map": lambda n: "s = [net]\n" + "s = map(lambda y: (y, y), s)\n" * n + "save(s)\n",
    "comprehension of comprehension": lambda n: "s = [net]\n" + "s = [(y, y) for y in s]\n" * n + "save(s)\n",
    "yield": lambda n: (
        "def g():\n    s = net\n" + "    yield s\n    s = (s, s)\n" * n + "for m in g():\n    m.eval()\n"
    ),
    "returned": lambda n: "def f(x):\n    return (x, x)\ns = net\n" + "s = f(s)\n" * n + "save(s)\n",
    "recursion": lambda n: "def f(x):\n    return f((x, x))\n" + "f(net)\n" * n,
    "recursion in a circle": lambda n: each("def f@(x):\n    return f$((x, x))\n", n) + f"f{n} = f0\nf0(net)\n",
    "walrus": lambda n: "s = net\n" + "print(s := (s, s))\n" * n,
    "parts of parts": lambda n: "s = net\n" + "s = s.part\ns.eval()\n" * n,
    "parts of parts in a loop": lambda n: "s = net\nwhile more():\n" + "    s = s.part\n" * n + "s.eval()\n",
    "attributes of a library": lambda n: "import library\ns = library\n" + "s = s.part\ns(1)\n" * n,
    "string": lambda n: "s = 'ab'\n" + "s = s + s\ns = f'{s}{s}'\ns *= 1000\n" * n + "setattr(net, s, net)\n",
    "integer": lambda n: "i = 3\nfor _ in range(99):\n" + "    i = i * i\n    i = 1 << i\n    i **= i\n" * n,
    "lambdas that call lambdas": lambda n: (
        "f0 = lambda x: net(x)\n" + each("f$ = lambda x: f@(f@(x))\n", n) + f"f{n}(1)\n"
    ),
    "lambda in a lambda": lambda n: "f = lambda x: x\n" + "f = (lambda g: lambda x: g(g(x)))(f)\n" * n + "f(net)\n",
    "closures": lambda n: "def m():\n    f = net\n" + "    f = (lambda g: lambda x: g(x))(f)\n" * n + "    f(1)\nm()\n",
    "closure of itself": lambda n: (
        "def m():\n    f = None\n" + "    def f(x, f=f):\n        return f(x)\n" * n + "    f(1)\nm()\n"
    ),
    "defaults of defaults": lambda n: (
        "def f0():\n    return net\n" + each("def f$(a=f@(), b=f@()):\n    return (a, b)\n", n) + f"f{n}()\n"
    ),
    "optimizer of lists": lambda n: (
        "s0 = [net.parameters()]\n" + each("s$ = {'a': s@, 'b': s@}\n", n) + f"torch.optim.SGD(s{n})\n"
    ),
    "optimizer of a list of itself": lambda n: (
        "s = [net.parameters()]\n" + "t = [s]\ns.append(t)\n" * n + "torch.optim.SGD(t)\n"
    ),
}
"""Values that grow while a program runs."""

EXPRESSIONS: dict[str, Callable[[int], str]] = {
    "sum": lambda n: "x = " + " + ".join(["F.dropout(x, 0.5)"] * n) + "\n",
    "and": lambda n: "x = " + " and ".join(["nn.Dropout(3)"] * n) + "\n",
    "or": lambda n: "x = " + " or ".join(["nn.Dropout(3)"] * n) + "\nx.eval()\n",
    "comparison": lambda n: "x = " + " < ".join(["nn.Dropout(3)"] * n) + "\n",
    "conditional": lambda n: "x = " + each("nn.Dropout(@) if c@ else ", n) + "net\nx.eval()\n",
    "arguments": lambda n: "x = f(" + "nn.Dropout(3), " * n + ")\n",
    "keywords": lambda n: "x = f(" + each("a@=nn.Dropout(3), ", n) + ")\n",
    "call in call": lambda n: "x = " + wrapped("nn.Sequential(", "nn.Dropout(3)", ")", n) + "\n",
    "call of call": lambda n: "x = nn.Dropout(3)" + "(x)" * n + "\n",
    "method of method": lambda n: "x = f(nn.Dropout(3))" + ".add(nn.Dropout(3))" * n + "\n",
    "attribute of attribute": lambda n: "x = net" + ".part" * n + "\nx.eval()\n",
    "item of item": lambda n: "x = net" + "[0]" * n + "\nx.eval()\n",
    "star in star": lambda n: "x = " + wrapped("f(*", "[net]", ")", n) + "\n",
    "getattr in getattr": lambda n: "x = " + wrapped("getattr(", "net", ", 'a')", n) + "()\n",
    "getattr called in getattr": lambda n: "x = " + wrapped("getattr(", "net", ", n)()", n) + "\n",
    "optimizer in optimizer": lambda n: (
        "o = " + wrapped("opt(", "net.parameters()", ").parameters()", min(n, 20)) + "\n"
    ),
    "lambda in lambda": lambda n: "f = " + wrapped("lambda x: ", "nn.Dropout(3)", "", n) + "\nf(1)(2)(3)\n",
    "comprehension in comprehension": lambda n: "x = " + wrapped("[", "net", " for _ in range(3)]", min(n, 30)) + "\n",
    "conditions of a comprehension": lambda n: "x = [net for a in b" + each(" if nn.Dropout(@)", n) + "]\n",
    "f-string": lambda n: "x = f'" + "{net.eval()}" * n + "'\n",
    "not": lambda n: in_forward("if " + "not " * n + "self.training:\n    x = F.dropout(x, 0.5)"),
    "default values": lambda n: "def f(" + each("a@: nn.Dropout = nn.Dropout(3), ", n) + "):\n    pass\nf()\n",
    "lines joined": lambda n: "x = " + "1 + \\\n" * n + "nn.Dropout(3)\n",
}
"""Long expressions, and expressions in expressions."""

STATEMENTS: dict[str, Callable[[int], str]] = {
    "aliases": lambda n: "a0 = nn.Dropout\n" + each("a$ = a@\n", n) + f"a{n}(3)\n",
    "aliases of one layer": lambda n: each("a@ = nn.Dropout\na@(2)\n", n),
    "layers under other names": lambda n: each("a@ = nn.Dropout\n", n) + each("a@(2)\n", n),
    "one alias": lambda n: "a = nn.Dropout\na(0.1)\n" * n,
    "imports": lambda n: each("import torch.nn as m@\nm@.Dropout(3)\n", n),
    "star imports": lambda n: each("from m@ import *\n", n) + "Dropout(3)\n" * n,
    "elif": lambda n: "if c:\n    net.eval()\n" + each("elif c@:\n    nn.Dropout(3)\n", n),
    "elif in forward": lambda n: in_forward("if x:\n    pass\n" + each("elif x == @:\n    x = F.dropout(x, 0.5)\n", n)),
    "if in forward": lambda n: in_forward(each("if x == @:\n    x = F.dropout(x, 0.5)\n", n)),
    "return in forward": lambda n: in_forward(each("if x == @:\n    return F.dropout(x, 0.5)\n", n)),
    "assert in forward": lambda n: in_forward(each("assert x == @\nx = F.dropout(x, 0.5)\n", n)),
    "rates that lead to each other": lambda n: in_forward(each("p$ = p@\n", n) + f"x = F.dropout(x, p{n})"),
    "rates that are sums": lambda n: in_forward(each("p$ = p@ + p@\n", n) + f"x = F.dropout(x, p{n})"),
    "flags that lead to each other": lambda n: in_forward(
        "t0 = x is None\n" + each("t$ = not t@ or not t@\n", n) + f"if t{n}:\n    x = F.dropout(x, 0.5)"
    ),
    "constants that are sums": lambda n: "p0 = 0.1\n" + each("p$ = p@ + p@\nnn.Dropout(p@)\n", n),
    "constants that are products": lambda n: "p0 = 3\n" + each("p$ = p@ * p@\nnn.Dropout(p@)\n", n),
    "rates of layers": lambda n: each("p$ = p@\np$ = p@\n", n) + f"def f():\n    return nn.Dropout(p{n})\n",
    "one rate": lambda n: "def f(p=2):\n" + "    nn.Dropout(p)\n    if x and y or z:\n        pass\n" * n,
    "rates called alike": lambda n: each("def f@(p=0.1):\n    return nn.Dropout(p)\n", n),
    "switch of callers": lambda n: (
        "def g(x, drop=True):\n" + "    if drop:\n        x = F.dropout(x, 0.5)\n" * n + "g(1)\n" * n
    ),
    "with": lambda n: "with torch.no_grad():\n    net(read())\n" * n,
    "items of with": lambda n: "with " + ", ".join(["torch.no_grad()"] * n) + ":\n    net(read())\n",
    "try": lambda n: "try:\n    net.eval()\nexcept E:\n    pass\n" * n,
    "except": lambda n: "try:\n    net.eval()\n" + each("except E@:\n    net.train()\n", n),
    "loops": lambda n: "for i in range(9):\n    net.eval()\n    net.train()\n" * n,
    "breaks": lambda n: "while True:\n" + "    if c():\n        break\n    net.eval()\n" * n,
    "match": lambda n: "match x:\n" + each("    case @:\n        net.eval()\n", n),
    "loop that climbs": lambda n: "a0 = 1\nwhile more():\n" + "".join(each("    a$ = a@\n", n).splitlines(True)[::-1]),
    "decorators": lambda n: "def d(f):\n    return f\n" + "@d\n" * n + "def g(x):\n    return net.train()(x)\ng(1)\n",
    "decorated functions": lambda n: (
        "def d(f):\n    def w(*a):\n        net.eval()\n        return f(*a)\n    return w\n"
        + each("@d\ndef g@(x):\n    return net(x)\ng@(1)\n", n)
    ),
    "functions that double": lambda n: (
        "def f0(m):\n    m(1)\n" + each("def f$(m):\n    f@(m)\n    f@(m)\n", n) + f"f{n}(net)\n"
    ),
    "functions in a function": lambda n: "def f(x):\n" + each("    def g@(y):\n        return F.dropout(y, 0.5)\n", n),
    "functions handed out": lambda n: (
        "def m():\n" + each("    def g@(x):\n        return net.train()(x)\n    lib.register(g@)\n", n) + "m()\n"
    ),
    "context managers": lambda n: (
        GENERATOR
        + "@contextmanager\ndef c0(m):\n    m.eval()\n    yield\n    m.train()\n"
        + each("@contextmanager\ndef c$(m):\n    with c@(m):\n        yield\n", n)
        + f"with c{n}(net):\n    net(1)\n"
    ),
    "raises": lambda n: "import pytest\n" + "with pytest.raises(E):\n    nn.Dropout(3)\n" * n,
    "comments that suppress": lambda n: "nn.Dropout(3)  # noqa: DRP101\n" * n,
    "comments that suppress nothing": lambda n: "nn.Dropout(0.1)  # noqa: DRP101\n" * n,
    "codes of one comment": lambda n: "nn.Dropout(3)  # noqa: " + "DRP101," * n + "\n",
    "string that looks like code": lambda n: 'x = """\n' + "nn.Dropout(3)  # noqa\n" * n + '"""\nnn.Dropout(3)\n',
    "training steps": lambda n: "o = torch.optim.SGD(net.parameters(), 1)\n" + "net(read()).backward()\no.step()\n" * n,
}
"""Long programs, and statements in statements."""

CLASSES: dict[str, Callable[[int], str]] = {
    "classes": lambda n: each("class A@(nn.Module):\n    def forward(self, x):\n        return F.dropout(x, 0.5, self.training)\n", n),
    "class in class": lambda n: "".join(f"{' ' * i}class A{i}(nn.Module):\n" for i in range(min(n, 60)))
    + f"{' ' * min(n, 60)}d = nn.Dropout(3)\n",
    "bases": lambda n: each("class A@(nn.Module):\n    pass\n", n) + "class B(" + each("A@, ", n) + "):\n    d = nn.Dropout(3)\n",
    "methods": lambda n: "class A(nn.Module):\n"
    + each("    def m@(self, x):\n        return F.dropout(self.m$(x), 0.5, self.training)\n", n)
    + "    def forward(self, x):\n        return self.m0(x)\n",
    "layers": lambda n: in_init(each("self.d@ = nn.Dropout(0.5)\n", n), each("x = self.d@(x)\n", n)),
    "one layer": lambda n: in_init("self.d = nn.Dropout(0.5)\n" * n, "x = self.d(x)\n" * n),
    "attributes that are sums": lambda n: in_init("self.p0 = 0.5\n" + each("self.p$ = self.p@ + self.p@\n", n)).replace(
        "return x", f"return F.dropout(x, self.p{n})"
    ),
    "properties": lambda n: "class A:\n"
    + each("    @property\n    def p@(self):\n        return (self.p$, self.p$)\n", n)
    + "A().p0\n",
    "constants of classes": lambda n: "class A0:\n    x = dict()\n"
    + each("class A$:\n    x = dict(A@.x, **A@.x)\n", n)
    + f"A{n}.x\n",
    "methods that start programs": lambda n: "class A:\n    def __init__(self):\n        self.n = nn.Sequential(nn.Dropout(0.5))\n"
    + each("    def m@(self):\n        with torch.no_grad():\n            return self.n(read())\n", n),
    "sequential": lambda n: "x = nn.Sequential(" + "nn.ReLU(), nn.Dropout(0.5), " * n + ")\n",
    "sequential in sequential": lambda n: "x = " + wrapped("nn.Sequential(nn.Dropout(0.5), ", "", ")", n) + "\nx.eval()\n",
    "list of modules": lambda n: "x = nn.ModuleList()\n" + "x.append(nn.Dropout(0.5))\n" * n + "for m in x:\n    m.eval()\n",
    "layers set from outside": lambda n: each("net.a@ = nn.Dropout(0.5)\n", n) + "net.eval()\nnet.train()\n",
    "recurrent layers": lambda n: "x = nn.LSTM(3, 3, dropout=0.5)\n" * n,
}  # fmt: skip
"""Large classes, many of them, and classes of classes."""

FAMILIES = {**VALUES, **EXPRESSIONS, **STATEMENTS, **CLASSES}
