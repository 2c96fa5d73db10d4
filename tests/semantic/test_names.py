"""What a name means: a table of cases.  The expression under test is the argument of `probe`."""

from __future__ import annotations

import pytest

from dropout_lint.semantic.names import names_of
from tests.probe import probed


def meaning(code: str) -> str | None:
    """The dotted name that the probed expression means."""
    source, expression = probed(code)
    return names_of(source).resolve(expression)


CERTAIN = {
    "an import": ("import torch\nprobe(torch.nn.Dropout)", "torch.nn.Dropout"),
    "an import of a submodule": ("import torch.nn\nprobe(torch.nn.Dropout)", "torch.nn.Dropout"),
    "an import under another name": ("import torch.nn as layers\nprobe(layers.Dropout)", "torch.nn.Dropout"),
    "a name from a module": ("from torch.nn import Dropout\nprobe(Dropout)", "torch.nn.Dropout"),
    "a name under another name": ("from torch.nn import Dropout as D\nprobe(D)", "torch.nn.Dropout"),
    "the long way to the same layer": (
        "from torch.nn.modules.dropout import Dropout\nprobe(Dropout)",
        "torch.nn.Dropout",
    ),
    "another library": ("import houselib\nprobe(houselib.nets.build)", "houselib.nets.build"),
    "an alias": ("import torch\nD = torch.nn.Dropout\nprobe(D)", "torch.nn.Dropout"),
    "an alias of an alias": ("from torch import nn\nA = nn.Dropout\nB = A\nprobe(B)", "torch.nn.Dropout"),
    "a star import of what is known": ("from torch.nn import *\nprobe(Dropout)", "torch.nn.Dropout"),
    "a star of a library that hands torch on": (
        "from fastai.vision.all import *\nprobe(nn.Dropout)",
        "torch.nn.Dropout",
    ),
    "torch's functions by such a star": ("from fastbook import *\nprobe(F.dropout)", "torch.nn.functional.dropout"),
    "an import in a function": ("def f():\n    from torch import nn\n    probe(nn.Dropout)", "torch.nn.Dropout"),
    "an import outside of the function": ("from torch import nn\ndef f():\n    probe(nn.Dropout)", "torch.nn.Dropout"),
    "the same in both branches": (
        "try:\n    from torch import nn\nexcept ImportError:\n    import torch.nn as nn\nprobe(nn.Dropout)",
        "torch.nn.Dropout",
    ),
    "None where an import failed": (
        "try:\n    from torch import nn\nexcept ImportError:\n    nn = None\nprobe(nn.Dropout)",
        "torch.nn.Dropout",
    ),
    "a class attribute does not hide it from a method": (
        "from torch import nn\nclass A:\n    nn = 3\n    def f(self):\n        probe(nn.Dropout)",
        "torch.nn.Dropout",
    ),
}


@pytest.mark.parametrize(("code", "expected"), CERTAIN.values(), ids=CERTAIN)
def test_a_name_means_what_all_its_bindings_agree_on(code: str, expected: str) -> None:
    assert meaning(code) == expected


DOUBTFUL = {
    "nothing binds it": "probe(Dropout)",
    "a star import of what is not known": "from houselib import *\nprobe(Dropout)",
    "no name of torch, from a library that hands torch on": "from fastai.vision.all import *\nprobe(Dropout)",
    "two bindings disagree": "import torch.nn as nn\nif x:\n    import houselib.nn as nn\nprobe(nn.Dropout)",
    "it is rebound later": "from torch import nn\nprobe(nn.Dropout)\nnn = wrapped(nn)",
    "a parameter hides it": "from torch import nn\ndef f(nn):\n    probe(nn.Dropout)",
    "a local name hides it": "from torch import nn\ndef f():\n    nn = g()\n    probe(nn.Dropout)",
    "a loop variable": "from torch import nn\nfor nn in x:\n    probe(nn.Dropout)",
    "the name of an exception": ("from torch import nn\ntry:\n    f()\nexcept E as nn:\n    pass\nprobe(nn.Dropout)"),
    "a walrus": "from torch import nn\nif (nn := g()):\n    probe(nn.Dropout)",
    "a function rebinds it by `global`": (
        "from torch import nn\ndef f():\n    global nn\n    nn = g()\nprobe(nn.Dropout)"
    ),
    "an alias of itself": "a = b\nb = a\nprobe(a)",
    "an attribute of a call": "import torch\nprobe(torch.load('x').nn)",
    "a subscript": "import torch\nprobe(torch.layers[0])",
    "a call": "from torch import nn\nprobe(nn.Dropout(0.5))",
}


@pytest.mark.parametrize("code", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_name_means_nothing_where_the_code_leaves_a_doubt(code: str) -> None:
    assert meaning(code) is None


DEFINITIONS = {
    "a class": ("class Net: pass\nprobe(Net)", "Net"),
    "a function": ("def build(): pass\nprobe(build)", "build"),
    "a class of the function": ("def f():\n    class Net: pass\n    probe(Net)", "Net"),
    "an import": ("from torch import nn\nprobe(nn)", None),
    "two definitions": ("if x:\n    class Net: pass\nelse:\n    class Net: pass\nprobe(Net)", None),
    "a parameter": ("class Net: pass\ndef f(Net):\n    probe(Net)", None),
}


@pytest.mark.parametrize(("code", "expected"), DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_name_leads_to_its_one_definition(code: str, expected: str | None) -> None:
    source, expression = probed(code)
    found = names_of(source).definition(expression)
    assert (None if found is None else found.name) == expected
