"""The engine: what is read, what is isolated, what never happens."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules, rule_by_code
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.trigger import Trigger
from tests.conftest import ROOT, clean_environment

SNIPPET = "import torch\nfrom torch import nn\nnn.Dropout(30)\nnn.Dropout(0.5, 0.3)\n"


class Crashing(Rule):
    code = "DRP998"
    name = "crashing-rule"
    since = "0"
    message = "never"
    triggers = Trigger(("Dropout",), "Dropout")

    def visit_Call(self, node: ast.Call) -> None:
        raise ZeroDivisionError("as {planned}")


class Repeating(Rule):
    code = "DRP997"
    name = "repeating-rule"
    since = "0"
    message = "always"
    triggers = Trigger(("Dropout",), "Dropout")

    def visit_Call(self, node: ast.Call) -> None:
        for number in (*range(20), 0):
            self.report(node, notes=[self.note(f"{number}", node)])


def codes(text: str) -> list[str]:
    return [finding.code for finding in check("x.py", text, all_rules())]


def test_findings_that_differ_in_their_notes_keep_their_order() -> None:
    found = check("x.py", "import torch\ntorch.nn.Dropout(30)\n", [Repeating])
    assert [finding.notes[0].message for finding in found] == [f"{number}" for number in range(20)]


def test_a_crashing_rule_is_reported_and_hides_nothing_else() -> None:
    found = check("x.py", SNIPPET, [*all_rules(), Crashing])
    assert [finding.code for finding in found] == ["DRP001", "DRP101", "DRP107"]
    assert "DRP998" in found[0].message
    assert "ZeroDivisionError: as {planned}" in found[0].message
    assert found[0].span.start.line == 3


def test_unparsable_text_is_a_finding_with_the_parser_s_words() -> None:
    (finding,) = check("x.py", "from torch import nn\nnn.Dropout(30\n", all_rules())
    assert (finding.code, finding.span.start.line) == ("DRP000", 2)
    assert "was never closed" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 10_000 + "nn.Dropout(30)" + ")" * 10_000,
        "x = " + " + ".join(["nn.Dropout(30)"] * 5_000),
        "\n".join("    " * depth + "if x:" for depth in range(99)) + "\n" + "    " * 99 + "nn.Dropout(30)",
        "x = " + "nn.Dropout(" * 150 + "30" + ")" * 150,
        "x = nn" + ".a" * 5_000 + ".Dropout(30)",
        "x = nn.Dropout(" + "-" * 3_000 + "30)",
        "nn.Dropout(30)\x00",
        "",
        "\ufeff",
        "nn.Dropout(30) # \udcff",
    ],
    ids=["parens", "sum", "ifs", "calls", "attributes", "minuses", "null", "empty", "bom", "surrogate"],
)
def test_no_text_makes_it_raise(text: str) -> None:
    found = check("x.py", "import torch\nfrom torch import nn\n" + text, all_rules())
    assert isinstance(found, tuple)


@pytest.mark.parametrize("path", sorted((ROOT / "fixtures").glob("DRP*/*.py")), ids=lambda path: path.parent.name)
def test_the_prefilter_hides_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    assert check("x.py", text, all_rules()) == check("x.py", text, all_rules(), use_prefilter=False)


def test_the_check_of_the_prefilter_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = rule_by_code("DRP101")
    monkeypatch.setattr(rule, "triggers", Trigger(("nowhere",), "nowhere"))
    assert check("x.py", SNIPPET, [rule]) != check("x.py", SNIPPET, [rule], use_prefilter=False)


def test_nothing_that_is_read_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    module = f"import torch\nfrom torch import nn\nopen({str(marker)!r}, 'w')\nclass Base(nn.Module): pass\n"
    (tmp_path / "base.py").write_text(module, "utf-8")
    user = (
        "from base import Base\nimport torch\nfrom torch import nn\nclass Net(Base):\n    def f(self): nn.Dropout(30)\n"
    )
    path = tmp_path / "user.py"
    path.write_text(user, "utf-8")
    command = [sys.executable, "-m", "dropout_lint", "check", "--isolated", "--no-cache", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=clean_environment(), check=False)
    assert "DRP101" in result.stdout
    assert not marker.exists()


@pytest.mark.parametrize("seed", ["0", "1", "7"])
def test_output_does_not_depend_on_the_hash_seed(seed: str) -> None:
    command = [
        sys.executable,
        "-m",
        "dropout_lint",
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "ALL",
        "fixtures/DRP401/bad.py",
    ]
    outputs = {
        subprocess.run(
            command, capture_output=True, cwd=ROOT, env=clean_environment(PYTHONHASHSEED=value), check=False
        ).stdout
        for value in ("0", seed, "random")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import torch.nn as N\nN.Dropout(30)", ["DRP101"]),
        ("from torch.nn import Dropout as D\nD(30)", ["DRP101"]),
        ("from torch.nn import *\nDropout(30)", ["DRP101"]),
        ("from torch.nn import *\nfrom mine import *\nDropout(30)", []),
        ("def f():\n    from torch import nn\n    nn.Dropout(30)", ["DRP101"]),
        ("import torch\nDrop = torch.nn.Dropout\nDrop(30)", ["DRP101"]),
        (
            "import torch\ntry:\n    from torch import nn\nexcept ImportError:\n    nn = None\nnn.Dropout(30)",
            ["DRP101"],
        ),
        (
            (
                "import torch\ntry:\n    from torch.nn import Dropout\nexcept ImportError:\n"
                "    from other import Dropout\nDropout(30)"
            ),
            [],
        ),
        ("import torch\ndef f(torch):\n    torch.nn.Dropout(30)", []),
        ("from torch import nn\nclass C:\n    nn = 1\n    def f(self):\n        nn.Dropout(30)", ["DRP101"]),
        ("from torch import nn\nclass C:\n    nn = object()\n    nn.Dropout(30)", []),
        ("from torch import nn\n[nn.Dropout(30) for nn in ()]", []),
        ("from torch import nn\ndef f():\n    global nn\n    nn = 1\nnn.Dropout(30)", []),
        ("from torch import nn\nfor nn in ():\n    pass\nnn.Dropout(30)", []),
        ("from torch import nn\nif (nn := 1):\n    nn.Dropout(30)", []),
        ("from torch import nn\nmatch 1:\n    case nn:\n        nn.Dropout(30)", []),
        ("from torch import nn\ndef f(d=nn.Dropout(30), nn=None): pass", ["DRP101"]),
        ("from torch import nn\nlambda nn: nn.Dropout(30)", []),
        ("import torch\ngetattr(torch.nn, 'Dropout')(30)", []),
        ("# torch\nfrom keras.layers import Dropout\nDropout(30)", []),
    ],
    ids=[
        "alias of a module",
        "alias of a class",
        "star",
        "two stars",
        "local import",
        "assigned alias",
        "import that may fail",
        "one of two imports",
        "shadowed by a parameter",
        "class scope is invisible to methods",
        "class scope is visible in the class",
        "comprehension variable",
        "global rebinding",
        "loop variable",
        "walrus",
        "match",
        "default belongs outside",
        "lambda parameter",
        "getattr",
        "another framework",
    ],
)
def test_names_mean_what_python_says(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_columns_count_characters() -> None:
    (finding,) = check("x.py", "from torch import nn\n'éé世界'; nn.Dropout(30)\n", all_rules())
    assert finding.span.start.column == 20


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads the newer syntax itself")
def test_newer_syntax_hides_nothing_but_itself() -> None:
    text = "from torch import nn\ntype X = int\nnn.Dropout(30)\n"
    (finding,) = check("x.py", text, all_rules())
    assert (finding.code, finding.span.start.line) == ("DRP101", 3)
