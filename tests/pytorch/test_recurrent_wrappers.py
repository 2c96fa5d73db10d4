"""Recurrent layers behind wrappers: which rates have no effect, and when that is not certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.semantic.project import Project

HEAD = "import torch\nfrom torch import nn\n"
PLAIN = """
class PlainLSTM(nn.Module):
    def __init__(self, width, layers=1, dropout=0.0):
        super().__init__()
        self.rnn = nn.LSTM(width, width, layers, dropout=dropout)
"""


def found(text: str) -> list[int]:
    return [finding.span.start.line for finding in check("net.py", HEAD + text, [rule_by_code("DRP108")])]


@pytest.mark.parametrize(
    "call",
    [
        "PlainLSTM(8, 1, 0.3)",
        "PlainLSTM(8, dropout=0.3)",
        "PlainLSTM(8, layers=1, dropout=rate)",
        "PlainLSTM(8, 1, rate)",
    ],
)
def test_a_rate_for_one_layer_is_found_at_the_call(call: str) -> None:
    assert found(f"{PLAIN}def build(rate):\n    return {call}\n") == [9]


@pytest.mark.parametrize(
    "call",
    [
        "PlainLSTM(8, 2, 0.3)",
        "PlainLSTM(8, 1, 0.0)",
        "PlainLSTM(8, 1)",
        "PlainLSTM(8, layers, 0.3)",
        "PlainLSTM(8, dropout=0.3, **options)",
        "PlainLSTM(*sizes, dropout=0.3)",
    ],
    ids=["two layers", "no rate", "default rate", "unknown layers", "options", "unpacked"],
)
def test_what_is_not_certain_is_not_found(call: str) -> None:
    assert found(f"{PLAIN}def build(layers, options, sizes):\n    return {call}\n") == []


@pytest.mark.parametrize(
    "change",
    [
        ("layers, dropout=dropout)", "layers, dropout=dropout)\n        self.drop = nn.Dropout(dropout)"),
        ("layers, dropout=dropout)", "layers, dropout=dropout)\n        self.rate = dropout"),
        ("dropout=dropout)", "dropout=dropout if layers > 1 else 0.0)"),
        ("super().__init__()", "super().__init__()\n        layers = max(layers, 2)"),
        ("super().__init__()", "super().__init__()\n        dropout = dropout or 0.0"),
        ("nn.LSTM(width, width, layers, dropout=dropout)", "make(width, dropout)"),
        ("class PlainLSTM(nn.Module)", "class PlainLSTM"),
    ],
    ids=["own layer", "kept", "looked at", "layers changed", "rate changed", "handed elsewhere", "no module"],
)
def test_a_wrapper_that_does_more_is_left_alone(change: tuple[str, str]) -> None:
    assert found(PLAIN.replace(*change) + "PlainLSTM(8, 1, 0.3)\n") == []


NESTED = """class OuterLSTM(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.a = {kind}(8, 1, dropout)
"""


def test_the_wrapper_that_asks_for_one_layer_is_blamed_and_not_its_callers() -> None:
    assert found(f"{PLAIN}{NESTED.format(kind='PlainLSTM')}OuterLSTM(0.3)\n") == [11]


def test_wrappers_that_build_each_other_end() -> None:
    assert found(f"{NESTED.format(kind='OuterLSTM')}OuterLSTM(0.3)\n") == []


def test_a_layer_that_is_chosen_by_its_name_is_found_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(HEAD + PLAIN, "utf-8")
    text = (
        "import layers\nimport torch\nfrom torch import nn\n"
        "class AnyRNN(nn.Module):\n    def __init__(self, kind, n, dropout):\n        super().__init__()\n"
        "        self.a = getattr(layers, kind)(8, layers=n, dropout=dropout)\n"
        "AnyRNN('PlainLSTM', 1, 0.3)\nAnyRNN('Other', 1, 0.3)\nAnyRNN('PlainLSTM', 2, 0.3)\n"
    )
    path = tmp_path / "net.py"
    path.write_text(text, "utf-8")
    (finding,) = check(str(path), text, [rule_by_code("DRP108")], project=Project())
    assert finding.span.start.line == 8
    assert [note.filename for note in finding.notes] == [str(tmp_path / "layers.py")]
