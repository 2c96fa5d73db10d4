"""Programs made at random of what the analysis follows: each parses, most would not run."""

from __future__ import annotations

from random import Random

NAMES = ("net", "other", "s", "t", "f", "g", "Box", "x", "nn", "torch")
ATTRIBUTES = ("part", "s", "f", "training", "weight", "module", "__dict__", "data")
METHODS = [
    "eval",
    "train",
    "append",
    "extend",
    "items",
    "values",
    "get",
    "pop",
    "update",
    "parameters",
    "apply",
    "to",
    "setdefault",
    "state_dict",
    "load_state_dict",
    "f",
    "forward",
    "backward",
    "step",
    "modules",
    "half",
    "call",
]
CALLED = [
    "nn.Dropout",
    "nn.Sequential",
    "nn.ModuleList",
    "nn.Linear",
    "partial",
    "zip",
    "enumerate",
    "dict",
    "list",
    "map",
    "torch.load",
    "torch.save",
    "torch.optim.SGD",
    "getattr",
    "setattr",
    "isinstance",
    "copy.deepcopy",
    "tuple",
    "next",
    "torch.no_grad",
    "f",
    "g",
    "Box",
    "unknown",
    "net",
    "F.dropout",
    "super",
    "vars",
    "sorted",
    "torch.jit.trace",
]
CONSTANTS = (
    "None",
    "True",
    "False",
    "0",
    "1",
    "0.5",
    "'s'",
    "'part'",
    "'eval'",
    "10 ** 9",
    "-1",
    "'a' * 9",
    "...",
    "f''",
)
OPERATORS = ("+", "*", "-", "and", "or", "==", "is", "<", "if more() else", "**", "<<")
HEAD = (
    "import copy\nimport torch\nfrom contextlib import contextmanager\nfrom functools import partial\n"
    "from torch import nn\nimport torch.nn.functional as F\n"
    "net = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))\nnet.load_state_dict(torch.load('net.pt'))\n"
    "other = nn.Dropout(0.5)\n"
)


def random_program(seed: int, statements: int = 25) -> str:
    """The program of the number ``seed``."""
    return HEAD + "".join(f"{line}\n" for line in _block(Random(seed), statements, 0))


def _block(random: Random, statements: int, depth: int) -> list[str]:
    lines: list[str] = []
    for _ in range(statements):
        lines += _statement(random, depth)
    return lines or ["pass"]


def _statement(random: Random, depth: int) -> list[str]:
    def inner(header: str) -> list[str]:
        return [header, *("    " + line for line in _block(random, random.randint(1, 4), depth + 1))]

    kind = random.randrange(24 if depth < 3 else 13)
    value = _value(random, 0)
    if kind < 6:
        return [f"{_target(random)} = {value}"]
    if kind < 9:
        return [value]
    if kind == 9:
        return [f"{random.choice(NAMES)} += {value}"]
    if kind == 10:
        return [f"{random.choice(NAMES)}, *{random.choice(NAMES)} = {value}"]
    if kind == 11:
        return [f"del {random.choice(NAMES)}"]
    if kind == 12:
        return [f"assert {value}"]
    if kind == 13:
        return inner(f"if {value}:") + inner("else:")
    if kind == 14:
        return inner(f"for {_target(random)} in {value}:")
    if kind == 15:
        return inner(f"while {value}:")
    if kind == 16:
        return inner(f"with {value} as {random.choice(NAMES)}:")
    if kind == 17:
        return inner("try:") + inner("except Exception as error:") + inner("finally:")
    if kind == 18:
        return [f"match {value}:", *("    " + line for line in inner(f"case [{random.choice(NAMES)}, *rest]:"))]
    if kind in (19, 20):
        decorator = random.choice(["", "", "@f", "@torch.no_grad()", "@contextmanager", "@unknown('/')"])
        parameters = random.choice(["", "x", "x, *s", "x=net", "*s, **t", "x, f=g"])
        end = random.choice(["return", "yield", "return (yield),", "x ="])
        return [
            *filter(None, [decorator]),
            *inner(f"def {random.choice(NAMES[4:6])}({parameters}):"),
            f"    {end} {value}",
        ]
    base = random.choice(["nn.Module", "object", "Box", "Unknown"])
    methods = [random.choice(["forward", "f", "train", "__call__", "__enter__", "__init__", "s"]) for _ in range(2)]
    lines = [f"class Box({base}):", f"    part = {value}"]
    for method in methods:
        lines += random.choice([[], [], ["    @property"], ["    @classmethod"]])
        lines += ["    " + line for line in inner(f"def {method}(self, x=None, *t):")]
        lines.append(f"        self.{random.choice(ATTRIBUTES[:3])} = {_value(random, 1)}")
    return lines


def _target(random: Random) -> str:
    name = random.choice(NAMES)
    return random.choice(
        [name, name, f"{name}.{random.choice(ATTRIBUTES)}", f"{name}[{_value(random, 3)}]", f"{name}, t"]
    )


def _value(random: Random, depth: int) -> str:
    if depth > 3 or random.random() < 0.25:
        return random.choice(NAMES) if random.random() < 0.6 else f"({random.choice(CONSTANTS)})"

    def part() -> str:
        return _value(random, depth + 1)

    kind = random.randrange(14)
    if kind < 4:
        arguments = [random.choice(["", "", "", "*"]) + part() for _ in range(random.randint(0, 2))]
        arguments += random.choice([[], [], [f"x={part()}"], [f"**{part()}"]])
        return f"{random.choice(CALLED)}({', '.join(arguments)})"
    if kind == 4:
        return f"{part()}.{random.choice(METHODS)}({part()})"
    if kind == 5:
        return f"{part()}.{random.choice(ATTRIBUTES)}"
    if kind == 6:
        return f"({part()}, {part()})"
    if kind == 7:
        return f"[{part()}, *{part()}]"
    if kind == 8:
        return f"{{'s': {part()}, **{part()}}}"
    if kind == 9:
        return f"({part()} {random.choice(OPERATORS)} {part()})"
    if kind == 10:
        return f"(lambda x: {part()})"
    if kind == 11:
        return f"[{part()} for {random.choice(NAMES)} in {part()} if {part()}]"
    if kind == 12:
        return f"{part()}[{part()}]"
    return f"({random.choice(NAMES)} := {part()})"
