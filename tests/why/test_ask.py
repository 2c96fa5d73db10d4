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
            NET + "def run(model, x):\n    print(list(model.weight))  # here\n",
            ["as far as its words say, no model is run in this file"],
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


@pytest.mark.parametrize(
    ("program", "said"),
    [
        pytest.param(
            "model.load_state_dict(torch.load('w.pt'))\nprint(model(torch.randn(1, 3)).shape)  # here\n",
            "DRP301 is silent: its input is made up and nothing trains it",
            id="smoke_test",
        ),
        pytest.param(
            "with torch.no_grad():\n    print(model(torch.load('x.pt')).argmax())  # here\n",
            "DRP301 is silent: its weights are neither trained nor loaded",
            id="random_weights",
        ),
        pytest.param(
            "model.load_state_dict(torch.load('w.pt'))\n\n\ndef mc_dropout(x):\n    with torch.no_grad():\n"
            "        return model(x).argmax()  # here\n\n\nprint(mc_dropout(torch.load('x.pt')))\n",
            "DRP301 is silent: the name of a function or of the model",
            id="meant",
        ),
        pytest.param(
            "model.load_state_dict(torch.load('w.pt'))\ny = model(torch.load('x.pt'))  # here\n"
            "with torch.no_grad():\n    pass\n",
            "DRP301 is silent: gradients are recorded, and nothing shows that its result is only read",
            id="gradients",
        ),
        pytest.param(
            "torch.onnx.export(model, (torch.load('x.pt'),), 'a.onnx', dynamo=False)  # here\n",
            "DRP306 is silent: the older exporter switches to eval mode itself",
            id="older_exporter",
        ),
        pytest.param(
            "optimizer = torch.optim.SGD(model.parameters(), 0.1)\nmodel.eval()\nfor x in torch.load('x.pt'):\n"
            "    model(x).sum().backward()  # here\n    optimizer.step()\n",
            "DRP303 is silent: eval mode was not set for an evaluation or by a loader",
            id="meant_eval",
        ),
    ],
)
def test_the_guard_that_ended_it_says_what_it_is_for(
    program: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ask(tmp_path, f"{NET}model = Net()\n{program}", "# here", capsys)
    assert f"In short: {said}" in answer


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


def test_a_statement_of_several_lines_is_answered_as_a_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = NET + "layer = nn.Dropout(  # first\n    30,  # second\n)\n"
    assert "DRP101" in ask(tmp_path, text, "# first", capsys)
    assert "DRP101" in ask(tmp_path, text, "# second", capsys)


def test_a_line_that_calls_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = NET + LOADS + "    for _ in x:  # here\n        print(model(x))\n"
    assert "In short: nothing is called here" in ask(tmp_path, text, "# here", capsys)


def test_a_finding_at_the_caller_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        NET
        + "def predict(model, x):\n    with torch.no_grad():\n        return model(x).argmax()  # here\n\n\n"
        + "model = Net()\nmodel.load_state_dict(torch.load('w.pt'))\npredict(model, torch.load('x.pt'))  # wrong\n"
        + "model.eval()\npredict(model, torch.load('x.pt'))\n"
    )
    number = next(number for number, line in enumerate(text.splitlines(), 1) if "# wrong" in line)
    answer = ask(tmp_path, text, "# here", capsys)
    assert f"In short: DRP301 is reported where this is called ({tmp_path}/program.py:{number})" in answer


def test_places_can_be_pasted_as_check_prints_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "program.py").write_text(NET + LOADS + PREDICTS)
    code = [{"cell_type": "code", "source": source} for source in (NET, LOADS + PREDICTS)]
    content = {"cells": [{"cell_type": "markdown", "source": "Title"}, *code], "nbformat": 4, "metadata": {}}
    (tmp_path / "play.ipynb").write_text(json.dumps(content))
    assert main(["check", "--isolated", "--no-cache", "--output-format", "concise", str(tmp_path)]) == 1
    places = [line.partition(": DRP")[0] for line in capsys.readouterr().out.splitlines() if ": DRP301" in line]
    assert [place.rpartition("/")[2] for place in places] == ["play.ipynb:cell 3:5:15", "program.py:18:15"]
    for place in places:
        assert main(["why", place, "--isolated"]) == 0
        assert "In short: DRP301: `model` is in train mode" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("program.py", "is not of the form FILE:LINE"),
        ("program.py:x", "is not of the form FILE:LINE"),
        ("program.py:3", "has no line 3: it has 1"),
        ("missing.py:1", "No such file"),
        ("empty.py:1", "is empty"),
        ("program.py:cell 1:1", "is no notebook"),
        ("broken.py:1", "is not valid Python"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    place: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("program.py").write_text("x = 1\n")
    Path("empty.py").write_text("")
    Path("broken.py").write_text("def (:\n")
    assert main(["why", place]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder", "files", "reason"),
    [
        (
            "third_party",
            {"pyproject.toml": '[tool.dropout-lint]\nexclude = ["third_party"]\n'},
            "excluded by the settings",
        ),
        ("venv", {}, "one of the usual folders of tools"),
        ("generated", {".gitignore": "generated/\n", ".git/HEAD": ""}, "git ignores `generated`"),
    ],
    ids=["excluded", "usual", "ignored"],
)
def test_a_file_that_a_search_leaves_out_is_said_to_be_one(
    folder: str,
    files: dict[str, str],
    reason: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {**files, f"{folder}/net.py": "from torch import nn\nnn.Dropout(30)\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert main(["why", f"{folder}/net.py:2"]) == 0
    out = capsys.readouterr().out
    assert reason in out.partition("Not checked\n")[2].partition("\n\n")[0]
    assert reason in out.partition("In short: ")[2]
    assert "DRP101" in out.partition("In short: ")[2]  # which is what `check` of the file by its name reports
    assert main(["check", "--output-format", "json"]) == 0
