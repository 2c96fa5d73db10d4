"""Class facts: what is a module, what it stores, and what runs when it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.pytorch.container_fixes import spelling_of_nn
from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.source import SourceFile

HEAD = "import torch\nfrom torch import nn\n"


def facts_of(text: str, name: str = "Net", source: SourceFile | None = None) -> ClassModel:
    found = source or SourceFile("net.py", HEAD + text)
    return next(facts for facts in classes_of(found).all if facts.node.name == name)


MODULES = {
    "nn.Module": "class Net(nn.Module): pass",
    "torch.nn.Module": "class Net(torch.nn.Module): pass",
    "a layer": "class Net(nn.Linear): pass",
    "a private base of torch": "from torch.nn.modules.batchnorm import _BatchNorm\nclass Net(_BatchNorm): pass",
    "an alias": "Base = nn.Module\nclass Net(Base): pass",
    "a choice of torch's modules": "B = nn.Module\nif FAST:\n    B = torch.jit.ScriptModule\nclass Net(B): pass",
    "the base of a base": "class A(nn.Module): pass\nclass B(A): pass\nclass Net(B): pass",
    "a mixin beside it": "class Mixin: pass\nclass Net(Mixin, nn.Module): pass",
    "a generic": "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Net(nn.Module, Generic[T]): pass",
    "a subscripted base": "class A(nn.Module): pass\nclass Net(A[int]): pass",
    "lightning": "import lightning\nclass Net(lightning.LightningModule): pass",
    "transformers": "from transformers import BertPreTrainedModel\nclass Net(BertPreTrainedModel): pass",
    "an import that may fail": "try:\n    from transformers import PreTrainedModel as P\n"
    "except ImportError:\n    P = None\nclass Net(P): pass",
    "under if": "if True:\n    class Net(nn.Module): pass",
}


@pytest.mark.parametrize("text", MODULES.values(), ids=MODULES)
def test_a_module_is_known(text: str) -> None:
    assert facts_of(text).is_module


NO_MODULES = {
    "object": "class Net: pass",
    "a base of that name": "class Module: pass\nclass Net(Module): pass",
    "another framework": "from flax import linen\nclass Net(linen.Module): pass",
    "a parameter": "class Net(nn.Parameter): pass",
    "an unknown base": "from somewhere import Module\nclass Net(Module): pass",
    "two bindings": "if torch:\n    Base = nn.Module\nelse:\n    Base = object\nclass Net(Base): pass",
    "a base that is called": "class Net(make_base()): pass",
    "itself": "class Net(Net): pass",
}


@pytest.mark.parametrize("text", NO_MODULES.values(), ids=NO_MODULES)
def test_a_name_alone_proves_nothing(text: str) -> None:
    assert not facts_of(text).is_module


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with a base class behind two re-exports."""
    root = tmp_path / "pack"
    (root / "layers").mkdir(parents=True)
    (tmp_path / "setup.py").write_text("", "utf-8")
    (root / "__init__.py").write_text("from .layers import *\n", "utf-8")
    (root / "layers" / "__init__.py").write_text("from .base import Base as Block\n", "utf-8")
    (root / "layers" / "base.py").write_text(
        HEAD + "class Base(nn.Module):\n    def __init__(self):\n        self.drop = nn.Dropout(0.1)\n", "utf-8"
    )
    return root


@pytest.mark.parametrize(
    "imports",
    [
        "from .layers import Block",
        "from .layers.base import Base as Block",
        "from . import layers\nBlock = layers.Block",
        "from pack.layers import Block",
        "import pack.layers.base\nBlock = pack.layers.base.Base",
        "from pack import Block",
    ],
    ids=["re-export", "module", "submodule", "absolute", "dotted", "star"],
)
def test_a_base_is_found_through_the_imports_of_the_project(package: Path, imports: str) -> None:
    path = package / "net.py"
    text = f"{imports}\nclass Net(Block):\n    pass\n"
    path.write_text(text, "utf-8")
    facts = facts_of("", source=Project().open(str(path), text))
    assert facts.is_module
    assert facts.is_closed
    assert [store.attribute for _, store in facts.stores("drop")] == ["drop"]


def test_without_the_project_nothing_is_guessed(package: Path) -> None:
    text = "from .layers import Block\nclass Net(Block):\n    pass\n"
    facts = facts_of("", source=SourceFile(str(package / "net.py"), text))
    assert not facts.is_module
    assert not facts.is_closed


def test_bases_that_import_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import B\nclass A(B): pass\n", "utf-8")
    (tmp_path / "b.py").write_text("from a import A\nclass B(A): pass\n", "utf-8")
    text = (tmp_path / "a.py").read_text("utf-8")
    assert not facts_of("", "A", Project().open(str(tmp_path / "a.py"), text)).is_module


REACHED = {
    "forward": ("def forward(self, x): pass", {"forward"}),
    "a helper": ("def forward(self, x): return self.a(x)\n    def a(self, x): pass", {"forward", "a"}),
    "a helper of a helper": (
        "def forward(self, x): return self.a(x)\n    def a(self, x): return self.b(x)\n    def b(self, x): pass",
        {"forward", "a", "b"},
    ),
    "a property": (
        "def forward(self, x): return self.a\n    @property\n    def a(self): return self.b()\n    def b(self): pass",
        {"forward", "a", "b"},
    ),
    "a nested function": (
        "def forward(self, x):\n        def run(): return self.a(x)\n        return run()\n    def a(self, x): pass",
        {"forward", "a"},
    ),
    "handed over as a value": (
        "def forward(self, x): return map(self.a, x)\n    def a(self, x): pass",
        {"forward", "a"},
    ),
    "__call__": ("def __call__(self, x): return self.a(x)\n    def a(self, x): pass", {"__call__", "a"}),
    "nothing": ("def loss(self, x): return self.a(x)\n    def a(self, x): pass", set()),
}


@pytest.mark.parametrize(("body", "reached"), REACHED.values(), ids=REACHED)
def test_what_forward_reaches(body: str, reached: set[str]) -> None:
    facts = facts_of(f"class Net(nn.Module):\n    {body}\n")
    assert facts.reached & set(facts.methods) == reached


def test_super_and_the_methods_of_bases_are_reached() -> None:
    text = (
        "class Base(nn.Module):\n    def forward(self, x): return self.hook(x)\n    def hook(self, x): pass\n"
        "class Net(Base):\n    def forward(self, x): return super().forward(x)\n    def hook(self, x): pass\n"
    )
    assert "hook" in facts_of(text).reached
    assert "hook" in facts_of(text, "Base").reached


def test_a_method_that_only_a_subclass_calls_is_reached_in_the_base() -> None:
    text = (
        "class Base(nn.Module):\n    def tail(self, x): pass\n"
        "class Net(Base):\n    def forward(self, x): return self.tail(x)\n"
    )
    assert "tail" in facts_of(text, "Base").reached


def test_what_a_framework_calls_at_inference_is_reached() -> None:
    text = "import lightning\nclass Net(lightning.LightningModule):\n    def predict_step(self, b): return self.a(b)\n"
    assert {"predict_step", "a"} <= facts_of(text + "    def a(self, b): pass\n").reached


STORES = {
    "plain": "self.x = nn.Linear(1, 1)",
    "annotated": "self.x: nn.Module = nn.Linear(1, 1)",
    "two targets": "self.x = self.y = nn.Linear(1, 1)",
    "unpacked": "self.x, self.y = nn.Linear(1, 1), nn.Linear(2, 2)",
    "under if": "if a:\n            self.x = nn.Linear(1, 1)",
    "in try": "try:\n            self.x = nn.Linear(1, 1)\n        except E:\n            pass",
}


@pytest.mark.parametrize("statement", STORES.values(), ids=STORES)
def test_what_a_class_stores_is_seen_with_its_value(statement: str) -> None:
    facts = facts_of(f"class Net(nn.Module):\n    def __init__(self, a, E):\n        {statement}\n")
    ((_, store),) = facts.stores("x")
    assert store.method == "__init__"
    assert store.value is not None


def test_a_store_without_a_value_at_hand_says_so() -> None:
    facts = facts_of("class Net(nn.Module):\n    def f(self, a):\n        for self.x in a:\n            self.x += 1\n")
    assert [store.value for _, store in facts.stores("x")] == [None, None]


LOOP = (
    "self.a = []\n        for i in (1, 2):\n            m = nn.Linear(1, 1)\n            self.a.append(m)\n            "
)
PLAIN = "self.a = [nn.Linear(1, 1) for _ in range(2)]\n        "
REGISTERED = {
    "ModuleList": "self.a = nn.ModuleList([nn.Linear(1, 1) for _ in range(2)])",
    "wrapped later": PLAIN + "self.b = nn.ModuleList(self.a)",
    "unpacked into a Sequential": PLAIN + "self.b = nn.Sequential(*self.a)",
    "rebound to a container": PLAIN + "self.a = nn.ModuleList(self.a)",
    "setattr in a loop over the list": PLAIN + "for i, m in enumerate(self.a):\n            setattr(self, str(i), m)",
    "add_module": LOOP + "self.add_module(str(i), m)",
    "register_module": LOOP + "self.register_module(str(i), m)",
    "setattr": LOOP + "setattr(self, str(i), m)",
    "its own attribute": LOOP + "self.m = m",
}


@pytest.mark.parametrize("body", REGISTERED.values(), ids=REGISTERED)
def test_every_way_to_register_a_module_is_known(body: str) -> None:
    text = f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        {body}\n"
    assert check("net.py", text, [rule_by_code("DRP401")]) == ()


UNREGISTERED = {
    "list": "self.a = [nn.Linear(1, 1), nn.Linear(1, 1)]",
    "comprehension": "self.a = [nn.Linear(1, 1) for _ in range(2)]",
    "dict": "self.a = {'x': nn.Linear(1, 1)}",
    "dict comprehension": "self.a = {i: nn.Linear(1, 1) for i in range(2)}",
    "tuple": "self.a = (nn.Linear(1, 1), nn.Linear(1, 1))",
    "append": "self.a = []\n        self.a.append(nn.Linear(1, 1))",
    "augmented": "self.a = []\n        self.a += [nn.Linear(1, 1)]",
    "key": "self.a = {}\n        self.a['x'] = nn.Linear(1, 1)",
    "comma too many": "self.a = (nn.Linear(1, 1),)",
}


@pytest.mark.parametrize("body", UNREGISTERED.values(), ids=UNREGISTERED)
def test_what_nobody_registers_is_found(body: str) -> None:
    text = f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        {body}\n"
    assert [finding.code for finding in check("net.py", text, [rule_by_code("DRP401")])] == ["DRP401"]


@pytest.mark.parametrize(
    ("imports", "spelling"),
    [
        ("from torch import nn", "nn"),
        ("import torch.nn as nn", "nn"),
        ("import torch", "torch.nn"),
        ("from torch.nn import Module", None),
    ],
)
def test_the_name_of_torch_nn_is_that_of_the_file(imports: str, spelling: str | None) -> None:
    assert spelling_of_nn(SourceFile("net.py", imports + "\n")) == spelling
