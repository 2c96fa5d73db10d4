"""Calls that are irrelevant to modes are skipped; all others are followed."""

from __future__ import annotations

import gc
import textwrap
import weakref
from pathlib import Path

import pytest

from dropout_lint.semantic.project import Project
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import MODELESS, UNKNOWN, AbstractObject, Const, Tuple_, Value
from dropout_lint.typestate.evaluation.interpreter import Interpreter
from dropout_lint.typestate.evaluation.skipping import relevance_of
from tests.nets import NET_AND_TORCH

PREAMBLE = "import json" + NET_AND_TORCH


class Run:
    """A program, analysed."""

    def __init__(self, code: str) -> None:
        self.source = SourceFile("program.py", PREAMBLE + textwrap.dedent(code))
        self.interpreter = Interpreter(self.source)
        state = self.interpreter.run_module(self.source, State())
        assert state is not None
        self.state = state

    @property
    def steps(self) -> int:
        return self.interpreter.steps

    def __getitem__(self, name: str) -> Value:
        return self.interpreter.name(name, self.state, Frame(self.source, self.source.tree))


LONG = "".join(f"    text = json.dumps(text, indent={number})\n" for number in range(30))
IDLE = f"def describe(text):\n{LONG}    return text\n"


def test_an_idle_function_is_not_followed() -> None:
    assert Run(IDLE + "text = describe(1)\n").steps - Run(IDLE + "text = 1\n").steps == 0
    assert Run(IDLE + "text = describe(1)\n")["text"] is UNKNOWN


def test_nor_is_one_that_leads_to_idle_ones_only() -> None:
    code = IDLE + "def tell(text):\n" + LONG + "    return describe(text)\n"
    assert Run(code + "tell(1)\n").steps == Run(code + "print(1)\n").steps


FOLLOWED = {
    "makes a module": (LONG + "    return Net()\n", "f(1)\n"),
    "leads to what makes one": (LONG + "    return build()\n", "f(1)\n"),
    "makes one of a library": (LONG + "    return torch.hub.load('x', 'resnet18')\n", "f(1)\n"),
    "switches a mode": (LONG + "    text.eval()\n", "f(1)\n"),
    "switches gradients": (LONG + "    torch.set_grad_enabled(False)\n", "f(1)\n"),
    "goes back": (LONG + "    text.backward()\n", "f(1)\n"),
    "ends the program": (LONG + "    exit(1)\n", "f(1)\n"),
    "sets a rate": (LONG + "    text.dropout = 0.0\n", "f(1)\n"),
    "is given a module": (LONG, "net = Net()\nf(net)\n"),
    "is given a list of modules": (LONG, "nets = [Net()]\nf(nets)\n"),
    "is given a class that makes one": (LONG, "f(Net)\n"),
    "is given a layer": (LONG, "f(nn.Dropout)\n"),
    "is given a function that makes one": (LONG, "f(build)\n"),
    "reads a module": (LONG + "    return net\n", "net = Net()\nf(1)\n"),
    "reads one that another function made": (
        LONG + "    return late\n",
        "late = None\ndef start():\n    global late\n    late = Net()\nstart()\nf(1)\n",
    ),
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_what_may_have_to_do_with_a_model_is_followed(case: str) -> None:
    body, calls = FOLLOWED[case]
    code = "def build():\n    return Net()\ndef f(text):\n" + body
    followed = Run(code + calls).steps
    passed = Run(
        code + calls.replace("\nf(", "\nprint(") if "\nf(" in calls else code + calls.replace("f(", "print(")
    ).steps
    assert followed - passed >= 30


def test_what_leads_to_much_code_is_followed_without_a_look() -> None:
    chain = "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(70))
    code = f"{chain}def f70(x):\n    return 1\ndef f(text):\n{LONG}    f0(1)\n"
    assert Run(code + "f(1)\n").steps - Run(code + "print(1)\n").steps >= 30
    assert Run(code.replace("f0(1)", "f60(1)") + "f(1)\n").steps == Run(code + "print(1)\n").steps


SOUNDS = [
    "index.train(text)",
    "frame.eval('a + b')",
    "text.train_set()",
    "text.dropna()",
    "text.dropout = 0.5",  # what is not known is taken to drop as well
    "text = text.inference_mode",
    "text = text.training.steps",
    "text = Transformer(text)",
]


@pytest.mark.parametrize("call", SOUNDS)
def test_what_only_sounds_like_models_is_passed_by(call: str) -> None:
    code = "def f(text):\n" + LONG + f"    {call}\n"
    assert Run(code + "f(1)\n").steps == Run(code + "print(1)\n").steps


def test_gradients_that_are_off_inside_of_an_idle_function_do_not_matter() -> None:
    code = "def f(text):\n    with torch.no_grad():\n        text = 1\n" + LONG
    assert Run(code + "f(1)\n").steps == Run(code + "print(1)\n").steps


SETTINGS = f"""
class Settings:
    def __init__(self, path):
        text = path
{LONG.replace("    text", "        text")}
        self.path = path

    def build(self):
        return {{}}
"""


def test_an_object_of_an_idle_class_is_made_without_running_it() -> None:
    idle = SETTINGS.format("1")
    assert Run(idle + "one = Settings('a')\n").steps == Run(idle + "one = 1\n").steps
    assert isinstance(Run(idle + "one = Settings('a')\n")["one"], AbstractObject)


def test_what_it_may_have_changed_is_forgotten() -> None:
    code = "class Box:\n    def __init__(self):\n        self.size = 1\n    def fill(self, text):\n"
    code += LONG.replace("    text", "        text") + "        self.size = text\n"
    assert Run(code + "box = Box()\nsize = box.size\n")["size"] == Const(1)
    assert Run(code + "box = Box()\nbox.fill(3)\nsize = box.size\n")["size"] is UNKNOWN


def test_a_short_function_is_followed_for_its_constant() -> None:
    assert Run("def rate():\n    return 0.0\nfound = rate()\n")["found"] == Const(0.0)


MODULE = """
class Head(nn.Module):
    def __init__(self, {0}):
        super().__init__()
        self.layer = {1}
head = Head({2})
"""


def test_a_module_without_layers_whose_mode_matters_is_made_without_running_it() -> None:
    heads = [MODULE.format("size", "nn.Linear(size, 2)", "3"), MODULE.format("size", "nn.Dropout(0.1)", "3")]
    idle, dropping = map(Run, heads)
    assert dropping.steps - idle.steps == 2
    assert idle.interpreter.dependent == {}
    given = Run(MODULE.format("layer", "layer", "nn.Dropout(0.1)"))
    assert len(given.interpreter.dependent) == 1


def test_as_a_part_it_is_like_any_layer() -> None:
    whole = (
        "class Whole(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.head = Head(3)\n"
    )
    run = Run(
        MODULE.format("size", "nn.Linear(size, 2)", "3")
        + whole.replace("Head(3)", "Head(3), nn.Dropout(0.1)")
        + "whole = Whole()\n"
    )
    whole_object = run["whole"]
    assert isinstance(whole_object, AbstractObject)
    held = run.state.get(whole_object, "head")
    assert isinstance(held, Tuple_)
    assert held.items[0] is MODELESS


def test_a_method_is_judged_with_the_class_that_it_is_called_on() -> None:
    base = (
        "class Base:\n    def run(self, text):\n" + LONG.replace("    text", "        text") + "        self.step()\n"
    )
    base += "    def step(self):\n        pass\n"
    derived = "class Trainer(Base):\n    def step(self):\n        self.net = Net()\n"
    code = base + derived
    assert Run(code + "Base().run(1)\n").steps == Run(code + "Base()\n").steps
    assert Run(code + "Trainer().run(1)\n").steps - Run(code + "Trainer()\n").steps >= 30


def test_other_files_are_asked_too(tmp_path: Path) -> None:
    files = {
        "main.py": "from package import tell, load\nimport package.models as m\n",
        "package/__init__.py": "from .data import *\nfrom .loading import load\n",
        "package/data.py": "def tell(text):\n" + LONG,
        "package/loading.py": "from . import models\ndef load(text):\n" + LONG + "    return models.build(text)\n",
        "package/models.py": "from torch import nn\ndef build(text):\n    return nn.Dropout(0.1)\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("import json\n" + text)

    def steps(call: str) -> int:
        text = "import json\n" + files["main.py"] + call
        (tmp_path / "main.py").write_text(text)
        source = Project().open(str(tmp_path / "main.py"), text)
        interpreter = Interpreter(source)
        interpreter.run_module(source, State())
        return interpreter.steps

    assert steps("tell(1)\n") == steps("print(1)\n")
    assert steps("load(1)\n") - steps("print(1)\n") >= 30


def test_what_code_mentions_is_let_go_of_without_the_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data.py").write_text("import json\ndef tell(text):\n" + LONG)
    text = "from data import tell\ntell(1)\n"
    (tmp_path / "main.py").write_text(text)
    project = Project()

    def steps() -> int:
        interpreter = Interpreter(project.open(str(tmp_path / "main.py"), text))
        interpreter.run_module(interpreter.root, State())
        interpreter.release()
        return interpreter.steps

    before = steps()
    kept = weakref.ref(relevance_of(project).mentioned.file(str(tmp_path / "data.py")))
    assert kept() is not None
    monkeypatch.setattr("dropout_lint.typestate.roots.relevance._MOST_MENTIONED", 0)
    gc.disable()
    try:
        project.trim()
        assert kept() is None
    finally:
        gc.enable()
    assert steps() == before
