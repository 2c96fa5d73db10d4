"""The prefilter looks at more than one line, and still hides nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.lint.engine import check, may_find
from dropout_lint.lint.registry import all_rules, rule_by_code
from dropout_lint.semantic.project import Project
from tests.conftest import ROOT

NET = """import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {init}

    def forward(self, x):
        {forward}
"""


SHOWN = """from torchvision import models

model = models.vgg16({})
found = model(image)
print(found.argmax())
"""


def net(init: str = "pass", forward: str = "return self.a(x)") -> str:
    return NET.format(init=init, forward=forward)


def built(rate: str, parameter: str = "rate", above: str = "") -> str:
    """A module that takes ``parameter`` and builds a layer with ``rate``."""
    return net(f"self.a = nn.Dropout({rate})").replace("__init__(self)", f"__init__(self, {parameter})") + above


def handed_on(parameter: str) -> str:
    """A module with a method that takes ``parameter`` and hands it on, as the rate of a call that passes the mode."""
    method = f"def b(self, x, {parameter}):\n        return F.dropout(x, p=dropout, training=self.training)"
    return net(forward=f"return self.b(x)\n\n    {method}")


HIDEABLE = {
    "list below its bracket": (
        "DRP401",
        net("self.a = [\n            nn.Linear(1, 1),\n            nn.ReLU(),\n        ]"),
    ),
    "list without blanks": ("DRP401", net("self.a=[nn.Linear(1, 1), nn.Linear(1, 1)]")),
    "comments in the list": (
        "DRP401",
        net("self.a = [  # two\n            nn.Linear(1, 1),  # one\n            nn.ReLU(),\n        ]"),
    ),
    "long list": (
        "DRP401",
        net("self.a = [\n" + "            None,\n" * 90 + "            nn.Linear(1, 1),\n        ]"),
    ),
    "a comma too many": ("DRP401", net("self.a = (\n            nn.Linear(1, 1),\n        )")),
    "a comma behind a comment": ("DRP401", net("self.a = (\n            nn.Linear(1, 1),  # one\n        )")),
    "bracket closed on the last line": ("DRP401", net("self.a = [\n            nn.Linear(1, 1), nn.Linear(1, 1)]")),
    "append below": ("DRP401", net("self.a = []\n        self.a.append(\n            nn.Linear(1, 1)\n        )")),
    "an entry that is built over several lines": (
        "DRP401",
        net('self.a = {}\n        self.a["x"] = Net(\n            1,\n        )\n        self.b = nn.Dropout(0.5)'),
    ),
    "two lists at once": (
        "DRP401",
        net("self.a = self.b = []\n        self.a.append(nn.Linear(1, 1))"),
    ),
    "an entry of a dictionary": ("DRP401", net("self.a = {}\n        self.a['x'] = nn.Linear(1, 1)")),
    "append a name": ("DRP401", net("self.a = []\n        layer = nn.Linear(1, 1)\n        self.a.append(layer)")),
    "append a name below": (
        "DRP401",
        net("self.a = []\n        layer = nn.Linear(1, 1)\n        self.a.append(\n            layer,\n        )"),
    ),
    "append a name that is built below": (
        "DRP401",
        net("self.a = []\n        layer = (\n            nn.Linear(1, 1)\n        )\n        self.a.append(layer)"),
    ),
    "list()": ("DRP401", net("self.a = list()\n        self.a.append(nn.Linear(1, 1))")),
    "annotated": ("DRP401", net("self.a: list = []\n        self.a.append(nn.Linear(1, 1))")),
    "never called": ("DRP403", net("self.a = nn.Dropout(0.1)", "return x")),
    "never called, in brackets": ("DRP403", net("self.a = (\n            nn.Dropout(0.1)\n        )", "return x")),
    "never called, but by the next class": (
        "DRP403",
        net("self.a = nn.Dropout(0.1)", "return x")
        + "\n\nclass Other(Net):\n    def f(self, x):\n        return self.b(x)\n",
    ),
    "never called, of a configuration": ("DRP403", net("self.a = nn.Dropout(F.rate)", "return x")),
    "never called, under another name": (
        "DRP403",
        net("self.a = Drop(0.1)", "return x").replace(
            "from torch import nn", "from torch import nn\nfrom torch.nn import Dropout as Drop"
        ),
    ),
    "a wrong default": (
        "DRP101",
        handed_on("dropout=30"),
    ),
    "a wrong default with a type": (
        "DRP101",
        handed_on("dropout: int = 30"),
    ),
    "a wrong constant of the class": (
        "DRP102",
        net(forward="return F.dropout(x, p=self.rate, training=self.training)").replace(
            "    def __init__", "    rate = 1.5\n\n    def __init__"
        ),
    ),
    "a wrong constant, unpacked": (
        "DRP102",
        net(forward="rate, other = 1.5, 2\n        return F.dropout(x, p=rate, training=self.training)"),
    ),
    "a wrong constant behind a name": (
        "DRP102",
        handed_on("")
        .replace("return F", "dropout = self.RATE\n        return F")
        .replace("    def __init__", "    RATE = 1.5\n\n    def __init__"),
    ),
    "another name for the function": (
        "DRP201",
        net(forward="return d(x)").replace("class Net", "d = F.dropout\n\n\nclass Net"),
    ),
    "imported under another name": (
        "DRP201",
        net(forward="return d(x)").replace(
            "from torch import nn", "from torch import nn\nfrom torch.nn.functional import dropout as d"
        ),
    ),
    "imported from the list below": (
        "DRP201",
        net(forward="return dropout(x)").replace(
            "from torch import nn", "from torch import nn\nfrom torch.nn.functional import (\n    dropout,\n)"
        ),
    ),
    "a statement": ("DRP402", net("self.dropout = nn.Dropout(0.1)", "self.dropout(x)\n        return x")),
    "a wrong layer": ("DRP101", net("self.a = nn.Dropout(p=30)")),
    "a kept rate of a configuration": (
        "DRP106",
        net("self.a = nn.Dropout(config.keep_prob)").replace("def __init__(self)", "def __init__(self, config)"),
    ),
    "overwritten": (
        "DRP211",
        net("self.dropout = 0.1", "if not self.training:\n            self.dropout = 0.0\n        return x"),
    ),
    "a wrong default of a layer": ("DRP101", built("rate", "rate=30")),
    "a wrong default of a layer, as a keyword": ("DRP101", built("p=rate, inplace=True", "rate: int = 30")),
    "a wrong constant of a layer": ("DRP101", built("RATE", above="\n\nRATE = 30\n")),
    "a wrong constant of the class of a layer": (
        "DRP101",
        built("self.rate").replace("    def __init__", "    rate = 30\n\n    def __init__"),
    ),
    "a wrong constant that is a default": (
        "DRP101",
        built("rate", "rate=RATE").replace("class Net", "RATE = 30\n\n\nclass Net"),
    ),
    "a wrong constant in brackets": ("DRP101", built("RATE", above="\n\nRATE = (\n    30\n)\n")),
    "no rate by default": ("DRP105", built("rate", "rate=None")),
    "no rate by default, as a flag": ("DRP105", built("rate", "rate=False")),
    "attention of xformers": (
        "DRP202",
        net(forward="return memory_efficient_attention(x, x, x, p=0.1)").replace(
            "import torch\n", "import torch\nfrom xformers.ops import memory_efficient_attention\n"
        ),
    ),
    "flash attention with a rate by place": (
        "DRP202",
        net(forward="return flash_attn_qkvpacked_func(x, 0.1)").replace(
            "import torch\n", "import torch\nfrom flash_attn import flash_attn_qkvpacked_func\n"
        ),
    ),
    "attention with a rate behind a comment": (
        "DRP202",
        net(forward="return F.scaled_dot_product_attention(\n            x, x, x,  # :)\n            dropout_p=0.1)"),
    ),
    "a rate to keep": ("DRP106", built("keep_prob", "keep_prob")),
    "one of two layers on a line": (
        "DRP101",
        net("self.a = nn.Sequential(nn.Dropout(0.1), nn.Dropout(30))"),
    ),
    "a layer that is built for a call": ("DRP205", net(forward="return nn.Dropout(0.5)(x)")),
    "a layer that is built before a call": (
        "DRP205",
        net(forward="drop = nn.Dropout(0.5)\n        return drop(x)"),
    ),
    "the input as a rate": ("DRP105", net(forward="self.a = nn.Dropout(x)\n        return x")),
    "never called, on the next line": ("DRP403", net("self.a = \\\n            nn.Dropout(0.1)", "return x")),
    "attention with a rate by place": (
        "DRP202",
        net(forward="return F.scaled_dot_product_attention(x, x, x, None, 0.1)"),
    ),
    "attention with a rate below": (
        "DRP202",
        net(forward="return F.scaled_dot_product_attention(\n            x, x, x,\n            dropout_p=0.1)"),
    ),
    "a recurrent layer with a wrong rate": (
        "DRP102",
        net("self.a = nn.LSTM(\n            1, 1, 2,\n            dropout=2.0)"),
    ),
    "a recurrent layer with a rate for a bias": ("DRP110", net("self.a = nn.LSTM(1, 1, 2, 0.5)")),
    "attention with a wrong rate by place": ("DRP102", net("self.a = nn.MultiheadAttention(8, 2, 1.5)")),
    "a model with the weights of torchvision": ("DRP301", SHOWN.format("weights=w")),
    "a layer by its own name in a list": (
        "DRP102",
        net("self.a = LSTM(1, 1, 2, dropout=2.0)").replace(
            "from torch import nn", "from torch import nn\nfrom torch.nn import (\n    GRU,\n    LSTM,\n)"
        ),
    ),
    "a layer by its own name": (
        "DRP102",
        net("self.a = LSTM(1, 1, 2, dropout=2.0)").replace(
            "from torch import nn", "from torch import nn\nfrom torch.nn import LSTM"
        ),
    ),
}


@pytest.mark.parametrize(("code", "text"), HIDEABLE.values(), ids=HIDEABLE)
def test_nothing_is_hidden_from_a_rule_that_runs_alone(code: str, text: str) -> None:
    rules = [rule_by_code(code)]
    found = check("net.py", text, rules, use_prefilter=False)
    assert [finding.code for finding in found] == [code]
    assert may_find(text.encode(), rules)
    assert check("net.py", text, rules) == found


@pytest.mark.parametrize(("code", "text"), HIDEABLE.values(), ids=HIDEABLE)
def test_nor_with_other_ends_of_lines(code: str, text: str) -> None:
    text = text.replace("\n", "\r\n")
    rules = [rule_by_code(code)]
    assert may_find(text.encode(), rules)
    assert [finding.code for finding in check("net.py", text, rules)] == [code]


def test_what_a_rule_finds_does_not_depend_on_what_others_look_for() -> None:
    text = "import torch\n\nweights = 1\n" + SHOWN.format("True") + "drop = torch.nn.Dropout(30)\n"
    assert [finding.code for finding in check("net.py", text, [rule_by_code("DRP301")], use_prefilter=False)] == [
        "DRP301"
    ]
    alone = [check("net.py", text, [rule_by_code(code)]) for code in ("DRP101", "DRP301")]
    together = check("net.py", text, [rule_by_code("DRP101"), rule_by_code("DRP301")])
    assert [finding.code for finding in together] == ["DRP101"]
    assert sorted(together, key=str) == sorted((finding for found in alone for finding in found), key=str)


DISMISSED = {
    "an entry of torch's own container": (
        "DRP401",
        net("self.a = nn.ModuleDict()\n        self.a['x'] = nn.Linear(1, 1)"),
    ),
    "a list that torch's own container takes in": (
        "DRP401",
        net("self.a = nn.ModuleList()\n        self.a += [nn.Linear(1, 1)]"),
    ),
    "of a class that is no module": ("DRP401", net("self.a = [nn.Linear(1, 1)]").replace("(nn.Module)", "")),
    "a wrapper without a rate": ("DRP108", net("self.a = MyLSTM(size=1, layers=1)  # no dropout")),
    "numbers": ("DRP401", net("self.a = [\n            1,\n            2,\n        ]")),
    "one expression in brackets": (
        "DRP401",
        net("self.a = (\n            max(1, 2)\n            + Size(1, 2)\n        )"),
    ),
    "append to torch's own container": (
        "DRP401",
        net("self.a = nn.ModuleList()\n        self.a.append(nn.Linear(1, 1))"),
    ),
    "append a number": ("DRP401", net("self.a = []\n        self.a.append(count)")),
    "called": ("DRP403", net("self.a = nn.Dropout(0.1)")),
    "a rate that is handed on": (
        "DRP201",
        handed_on("dropout=0.1"),
    ),
    "prose": ("DRP201", "import torch\n\n# dropout (float): how much of torch is dropped\n"),
    "prose about layers": ("DRP101", "import torch\n\n# A Dropout (or nothing) of torch\n"),
    "layers with small numbers": (
        "DRP101",
        net("self.a = nn.Sequential(nn.Dropout(0.1), nn.Dropout(p=0.5, inplace=True))"),
    ),
    "a layer with a name that is handed on": (
        "DRP101",
        built("rate", "rate=0.1", "\n\nrun(1, rate, size=30)\nNet(rate=rate)\n"),
    ),
    "a layer with a name that stands for another": (
        "DRP101",
        built("rate", "other", "\n\nother = 0.2\nNet(rate=other)\n"),
    ),
    "a layer with a rate that is chosen": ("DRP101", built("rate", "c", "\n\nrate = (\n    c.a if c.a else c.b\n)\n")),
    "a layer with a rate of a configuration": ("DRP101", built('config["rate"]', "config")),
    "a layer in a comment": ("DRP101", net("# self.a = nn.Dropout(30)")),
    "a layer of another library": (
        "DRP102",
        net("self.a = LSTM(1, 1, 2, dropout=2.0)").replace("from torch import nn", "from torch.nn import Linear"),
    ),
    "an element of a list": (
        "DRP403",
        net("self.a = nn.Sequential(\n            nn.Dropout(0.1),\n            nn.Dropout(0.1)\n        )"),
    ),
    "attention that is asked for": ("DRP202", net(forward="return hasattr(F, 'scaled_dot_product_attention')")),
    "attention without a rate": (
        "DRP202",
        net(forward="return F.scaled_dot_product_attention(\n            x, x, x, attn_mask=f(x, x), is_causal=True)"),
    ),
    "attention that drops in training": (
        "DRP202",
        net(forward="return F.scaled_dot_product_attention(x, x, x, dropout_p=self.p if self.training else 0.0)"),
    ),
    "a recurrent layer without a rate": (
        "DRP102",
        net("self.a = nn.LSTM(\n            1, 1, 2,\n            batch_first=True\n        )"),
    ),
    "a loop that trains": ("DRP405", "import torch\n\n\ndef train(model):\n    return model\n"),
    "a counter": ("DRP211", net("pass", "if not self.training:\n            self.dropped_files = 0\n        return x")),
    "set at first": ("DRP211", net("self.dropout = 0.0")),
}


@pytest.mark.parametrize(("code", "text"), DISMISSED.values(), ids=DISMISSED)
def test_what_cannot_be_wrong_is_not_even_parsed(code: str, text: str) -> None:
    assert not may_find(text.encode(), [rule_by_code(code)])


def own_code() -> list[Path]:
    """Every fixture, and every program of the tests that names torch."""
    return sorted([*(ROOT / "fixtures").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "demo").glob("*.py")])


def test_a_small_corpus_gives_the_same_with_and_without_it() -> None:
    rules, project, differing = all_rules(), Project(), []
    for path in own_code():
        text = path.read_text("utf-8")
        full = check(str(path), text, rules, project=project, use_prefilter=False)
        quick = check(str(path), text, rules, project=project) if may_find(text.encode(), rules) else ()
        if full != quick and not any(finding.code == "DRP000" for finding in full):
            differing.append(path.name)
        project.trim()
    assert differing == []
