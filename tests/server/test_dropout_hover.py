"""What hover says of dropout."""

from __future__ import annotations

import pytest

from dropout_lint.finding import Position
from dropout_lint.semantic.project import Project
from dropout_lint.server.dropout_hover import dropout_at

IDENTITY = "returns its input as it is"
CASES = {
    "a layer": (
        "nn.Dropout(0.2)",
        [
            "`p=0.2`\n",
            "after `train()`: drops elements with probability 0.2, and scales what is kept by 1.25",
            IDENTITY,
        ],
    ),
    "its default": ("nn.Dropout()", ["`p=0.5` by default", "scales what is kept by 2"]),
    "whole channels": ("nn.Dropout2d(0.5)", ["drops whole channels"]),
    "no scale": ("nn.AlphaDropout(0.5)", ["drops elements with probability 0.5\n"]),
    "a name": ("nn.Dropout(RATE)", ["`p=0.1`, from `RATE`"]),
    "an unknown name": ("nn.Dropout(other)", ["`p=other`, whose value is not known here", "drops elements\n"]),
    "nothing": ("nn.Dropout(0)", ["drops nothing: the rate is 0"]),
    "all": ("nn.Dropout(p=1)", ["drops all elements"]),
    "no flag": (
        "F.dropout(x, 0.5)",
        ["in both modes: drops elements", "`training` is not passed, and is True by default"],
    ),
    "no flag, which is False": ("F.alpha_dropout(x)", [f"in both modes: {IDENTITY}", "is False by default"]),
    "a flag": (
        "F.dropout(x, 0.5, self.training)",
        ["where `self.training` is true: drops", f"where `self.training` is false: {IDENTITY}"],
    ),
    "a flag that is True": ("F.dropout(x, training=True)", ["in both modes: drops", "`training` is True"]),
    "a flag that is False": ("F.dropout(x, training=False)", [f"in both modes: {IDENTITY}"]),
    "an open call": ("F.dropout(x, **rest)", ["where `training` is true"]),
    "an operator": ("torch.dropout(x, 0.5, on)", ["where `on` is true"]),
    "attention": (
        "F.scaled_dot_product_attention(q, k, v, dropout_p=0.1)",
        ["in both modes: drops attention weights", "no `training` flag"],
    ),
    "a recurrent layer": (
        "nn.LSTM(2, 2, 2, dropout=0.5)",
        ["outputs of each layer but the last", "after `eval()`: drops nothing"],
    ),
}


def hover(call: str, before: str = "") -> str | None:
    text = f"import torch\nimport torch.nn.functional as F\nfrom torch import nn\nRATE = 0.1\n{call}\n"
    return dropout_at(Project().open("/a.py", text), Position(5, len(before) + 1))


@pytest.mark.parametrize(("call", "expected"), CASES.values(), ids=CASES)
def test_a_call_that_drops_is_explained(call: str, expected: list[str]) -> None:
    said = hover(call)
    assert said is not None
    assert [words for words in expected if words not in f"{said}\n"] == []


@pytest.mark.parametrize("before", ["nn.Dropout(", "nn.Dropout"])
def test_only_the_name_is_explained(before: str) -> None:
    assert hover("nn.Dropout(0.5)", before) is None


def test_what_does_not_drop_is_not_explained() -> None:
    assert hover("nn.Linear(2, 2)") is None
