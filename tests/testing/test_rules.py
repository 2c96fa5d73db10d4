"""The helper for tests of rules: what it accepts, what it refuses, and in which words."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dropout_lint.knowledge import KnowledgeError
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.trigger import Trigger
from dropout_lint.testing.rules import assert_findings, assert_no_findings, check_text
from tests.conftest import ROOT
from tests.test_layers import loaded_after

WRONG = "from torch import nn\nnn.Dropout(30)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{WRONG}\nnn.Dropout(40)  # DRP101\n", "not marked: line 2 DRP101 `nn.Dropout`"),
        ("from torch import nn\nnn.Dropout(0.3)  # DRP101\n", "not found: line 2 DRP101"),
        (f"{WRONG}  # DRP101 @3\n", "column 12, not 3: line 2 DRP101"),
        (f"{WRONG}  # DRP102\n", "not found: line 2 DRP102"),
        (f"{WRONG}  # noqa: DRP101\nnn.Dropout(40)  # DRP101\nnn.Dropout(0.5)  # DRP101\n", "not found: line 4 DRP101"),
        ("from torch import nn\nnn.Dropout(  # DRP101\n", "not marked: line 2 DRP000"),
    ],
    ids=["unmarked finding", "missing finding", "wrong column", "wrong code", "suppressed", "no Python"],
)
def test_what_is_found_and_what_is_marked_must_agree(text: str, problem: str) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_findings(text, filename="net.py")
    head, *problems = str(caught.value).split("\n  ")
    assert head == "net.py: what is found is not what is marked"
    assert any(line.startswith(problem) for line in problems), problems
    assert not any("triggers" in line for line in problems)


@pytest.mark.parametrize(
    "text",
    [
        f"{WRONG}  # DRP101\n",
        f"{WRONG}  # DRP101 @12\n",
        f"{WRONG}; nn.Dropout(-0.1)  # DRP101 DRP102\n",
        f"{WRONG}  # DRP101",
        f"x = '\x0c'\n{WRONG}  # DRP101 @12\r\n",
    ],
    ids=["line", "column", "two codes", "no line feed at the end", "odd line ends"],
)
def test_a_mark_at_its_finding_is_enough(text: str) -> None:
    assert_findings(text, rules=["DRP101", "DRP102"])


def test_a_text_without_findings_passes_and_one_with_some_does_not() -> None:
    assert_no_findings("from torch import nn\nnn.Dropout(0.3)\n")
    with pytest.raises(AssertionError, match="not marked: line 2 DRP101"):
        assert_no_findings(WRONG)


@pytest.mark.parametrize(
    ("asserted", "text"),
    [(assert_findings, f"{WRONG}  # DRP10\n"), (assert_no_findings, f"{WRONG}  # DRP101\n")],
    ids=["a misspelt mark", "a mark that nobody compares"],
)
def test_a_test_that_proves_nothing_is_refused(asserted: Callable[[str], None], text: str) -> None:
    with pytest.raises(ValueError, match=r"`module\.py` marks"):
        asserted(text)


class NoHalves(Rule):
    """A rule that is not registered."""

    code = "DRP999"
    name = "half"
    message = "`{value}` is a half"
    triggers = Trigger(("half",), r"half", required_word="half")

    def visit_Constant(self, node: ast.Constant) -> None:
        """Report a half."""
        if node.value == 0.5:
            self.report(node, value=node.value)


def test_a_rule_that_is_not_registered_is_tested_alone() -> None:
    assert_findings(f"half = 0.5  # DRP999 @8\n{WRONG}\n", rules=[NoHalves])


def test_a_finding_that_its_triggers_hide_is_told_apart() -> None:
    with pytest.raises(AssertionError, match="line 2 DRP999 is not found because its statement has none of the rule's"):
        assert_findings("half = 0.5  # DRP999\nx = 0.5  # DRP999\n", rules=[NoHalves])


class Broken(NoHalves):
    """A rule that fails."""

    def visit_Constant(self, node: ast.Constant) -> None:
        """Fail."""
        raise ValueError("no halves today")


def test_a_rule_that_fails_is_no_silent_rule() -> None:
    with pytest.raises(AssertionError, match=r"not marked: line 1 DRP001 .*no halves today"):
        assert_no_findings("half = 0.5\n", rules=[Broken])


class Nameless(Rule):
    """A rule that nobody could mark."""

    code = "HALF1"


def test_rules_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="no rule has the code `DRP998`; there are DRP000, "):
        check_text(WRONG, rules=["DRP998"])
    with pytest.raises(ValueError, match="the code of `Nameless` is 'HALF1'; a code is DRP and three digits"):
        check_text(WRONG, rules=[Nameless])


MAIN = """import torch
from pack.nets import build

model = build()
batch = torch.load("batch.pt")
with torch.no_grad():
    scores = model(batch)  # DRP301
print(scores.argmax(-1))
"""
NETS = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)


def build():
    net = Net()
    net.load_state_dict(torch.load("net.pt"))
    net.{mode}()
    return net
"""


def test_other_files_of_the_project_are_followed() -> None:
    assert_findings(MAIN, files={"pack/__init__.py": "", "pack/nets.py": NETS.format(mode="train")})
    silent = MAIN.replace("  # DRP301", "")
    assert_no_findings(silent, files={"pack/__init__.py": "", "pack/nets.py": NETS.format(mode="eval")})


def test_names_in_findings_are_those_that_were_given() -> None:
    files = {"pack/__init__.py": "", "pack/nets.py": NETS.format(mode="train")}
    (found,) = check_text(MAIN, files=files, filename="main.py")
    assert found.filename == "main.py"
    assert {note.filename for note in found.notes if note.filename} <= {"main.py", "pack/nets.py"}
    assert "pack/nets.py" in {note.filename for note in found.notes}


@pytest.mark.parametrize("name", ["", "/etc/net.py", "../net.py", "pack/../../net.py"])
def test_no_file_is_written_outside_of_the_project(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a file in the project"):
        check_text(WRONG, files={name: ""})
    with pytest.raises(ValueError, match="is no name of a file in the project"):
        check_text(WRONG, filename=name)


def test_a_test_file_is_known_by_its_name() -> None:
    text = (ROOT / "fixtures" / "DRP201" / "bad.py").read_text("utf-8") + "\n\ndef test_shape():\n    pass\n"
    assert check_text(text, rules=["DRP201"])
    assert check_text(text, rules=["DRP201"], filename="tests/test_net.py") == ()


def test_knowledge_comes_as_text_or_as_a_file(tmp_path: Path) -> None:
    house = '[[factory]]\nnames = ["houselib.build"]\nmode = "train"\nlayers = ["dropout"]\nloaded = true\n'
    (tmp_path / "house.toml").write_text(house, "utf-8")
    text = (
        "import torch, houselib\nm = houselib.build()\nwith torch.no_grad():\n    print(m(torch.load('x')))  # DRP301\n"
    )
    assert_findings(text, knowledge=house)
    assert_findings(text, knowledge=tmp_path / "house.toml")
    assert_no_findings(text.replace("  # DRP301", ""))


def test_knowledge_that_is_malformed_is_an_error() -> None:
    with pytest.raises(KnowledgeError, match="lairs"):
        check_text(WRONG, knowledge='[[factory]]\nnames = ["a.b"]\nmode = "eval"\nlairs = []\n')


PAGE = ROOT / "docs" / "testing-rules.md"


@pytest.mark.checkout  # reads docs/, which no wheel holds
def test_the_example_of_the_page_is_a_test_that_passes() -> None:
    (source,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    names: dict[str, object] = {}
    exec(compile(source, "example.py", "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_") and callable(value)]
    assert len(tests) == 2
    for test in tests:
        test()


def test_tests_of_rules_need_no_torch_and_no_libcst() -> None:
    used = f"from dropout_lint.testing.rules import assert_findings\nassert_findings({WRONG + '  # DRP101'!r})"
    assert loaded_after(used) & {"torch", "libcst", "pytest"} == set()


def test_the_assertions_for_models_load_nothing_of_the_linter() -> None:
    pytest.importorskip("torch")
    loaded_after(
        "import sys\nimport dropout_lint.testing\nassert 'torch' not in sys.modules\n"
        "from dropout_lint.testing import *\n"
        "assert 'torch' in sys.modules and assert_train_mode and assert_deterministic\n"
        "assert not [n for n in sys.modules if n.startswith(('dropout_lint.lint', 'dropout_lint.rules', 'libcst'))]"
    )


def test_without_torch_the_assertions_name_the_extra_to_install() -> None:
    loaded_after(
        "import sys\nsys.modules['torch'] = None\n"
        "try:\n    from dropout_lint.testing import assert_train_mode\n"
        "except ImportError as error:\n    assert 'dropout-lint[torch]' in str(error), error\n"
        "else:\n    raise AssertionError('imported without torch')"
    )
