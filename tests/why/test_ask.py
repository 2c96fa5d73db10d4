"""`dropout-lint why`: the answer names what was known, and the place that ended it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_lint.cli import main

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)


"""


def ask(folder: Path, text: str, marked: str, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """The answer about the one line of ``text`` that holds ``marked``."""
    (folder / "program.py").write_text(text)
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if marked in line]
    assert len(numbers) == 1
    assert main(["why", f"{folder}/program.py:{numbers[0]}", "--isolated", *options]) == 0
    return capsys.readouterr().out


PREDICTS = "    with torch.no_grad():\n        print(model(x).argmax())  # here\n"
LOADS = "def run(x):\n    model = Net()\n    model.load_state_dict(torch.load('w.pt'))\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(NET + LOADS + PREDICTS, ["DRP301: `model` is in train mode", "mode: train"], id="reported"),
        pytest.param(
            NET + LOADS + "    model.eval()\n" + PREDICTS,
            ["mode: eval, set here  (", "layers whose work depends on the mode: dropout", "gradients are off"],
            id="eval",
        ),
        pytest.param(
            NET + "import zoo\n" + LOADS + "    zoo.train(model)\n" + PREDICTS,
            ["mode: unknown", "its mode is unknown after `zoo.train(model)`  (", "In short: mode: unknown"],
            id="unknown_call",
        ),
        pytest.param(
            NET + "def run(x):\n    model = Net()\n" + PREDICTS,
            ["mode: train, as every new module", "not known to be trained or loaded"],
            id="fresh_weights",
        ),
        pytest.param(
            NET + LOADS + PREDICTS.replace("# here", "# noqa # here"), ["suppressed by a `# noqa`"], id="noqa"
        ),
        pytest.param(
            NET + "def run(model, x):\n    print(model.weight)  # here\n",
            ["no words in this file indicate a place where a mode matters"],
            id="nothing_to_see",
        ),
        pytest.param(
            "from elsewhere import Base\n\n\nclass Net(Base):  # here\n    pass\n",
            ["`Net` is not known to be a module", "`elsewhere.Base`, which no file of the project defines"],
            id="unknown_base",
        ),
        pytest.param(
            NET + "def build(rate=0.3):\n    return nn.Dropout(rate)  # here\n",
            ["`nn.Dropout` is `torch.nn.Dropout`, which drops", "its rate `rate` is 0.3"],
            id="rate",
        ),
    ],
)
def test_the_answer_says_what_is_known(
    text: str, said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ask(tmp_path, text, "# here", capsys)
    for words in said:
        assert words in answer


def test_a_call_in_another_file_is_named_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.py").write_text(NET + "def predict(model, x):\n" + PREDICTS)
    main_text = (
        "import torch\nfrom net import Net, predict\n\nmodel = Net()\n"
        "model.load_state_dict(torch.load('w.pt'))\nmodel.eval()\npredict(model, 1)\n"
    )
    (tmp_path / "main.py").write_text(main_text)
    number = (NET + "def predict(model, x):\n" + PREDICTS).splitlines().index(PREDICTS.splitlines()[1]) + 1
    assert main(["why", f"{tmp_path}/net.py:{number}", "--isolated"]) == 0
    answer = capsys.readouterr().out
    assert "reached through the call of `predict`" in answer
    assert "main.py:7)" in answer
    assert "mode: eval, set here" in answer


def test_the_answer_is_the_same_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = NET + LOADS + PREDICTS
    answer = json.loads(ask(tmp_path, text, "# here", capsys, "--output-format", "json"))
    assert answer["text"] == "print(model(x).argmax())  # here"
    assert answer["cause"].startswith("DRP301: ")
    assert {"heading", "statements"} == set(answer["sections"][0])


def test_what_the_file_says_does_not_reach_the_terminal_unescaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ask(tmp_path, NET + "x = '\x1b[31m'; y = Net()(x)  # here\n", "# here", capsys)
    assert "\x1b" not in answer


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("program.py", "is not of the form FILE:LINE"),
        ("program.py:x", "is not of the form FILE:LINE"),
        ("program.py:3", "has no line 3: it has 1"),
        ("missing.py:1", "No such file"),
        ("broken.py:1", "is not valid Python"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    place: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("program.py").write_text("x = 1\n")
    Path("broken.py").write_text("def (:\n")
    assert main(["why", place]) == 2
    assert said in capsys.readouterr().err
