"""The command ``artifacts``: exit codes, formats, folders, and what it says of files that hold no mode."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from dropout_lint.artifacts import Unreadable, inspect_file
from dropout_lint.artifacts.verdicts import CODE, NAME
from dropout_lint.cli import main
from dropout_lint.finding import Confidence, Severity
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.render import formats
from tests.artifacts import exporters as to
from tests.artifacts import networks as nets

BLOCKS = 14


def stack() -> nn.Module:
    """The same layer, many times over."""
    return nn.Sequential(*(nn.Dropout(0.5) for _ in range(BLOCKS)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models: `train.pt2` and `script.pt` have findings, the rest have none."""
    made = tmp_path_factory.mktemp("models")
    (made / "inner").mkdir()
    (made / ".hidden").mkdir()
    to.write(to.pt2, nets.Always().train(), nets.ROWS, made / "train.pt2")
    to.write(to.script, stack().train(), nets.ROWS, made / "inner" / "script.pt")
    to.write(to.whole, nets.Always().eval(), nets.ROWS, made / "eval.pt")
    to.write(to.whole, nets.Always().train(), nets.ROWS, made / ".hidden" / "train.pt")
    to.write(to.state_dict, nets.Always(), nets.ROWS, made / "state.pth")
    safetensors.torch.save_file(nets.Always().state_dict(), made / "state.safetensors")
    network = nets.Always().train()
    optimizer = torch.optim.Adam(network.parameters())
    torch.save({"model": network, "optimizer": optimizer.state_dict(), "epoch": 3}, made / "checkpoint.ckpt")
    (made / "notes.txt").write_text("no model", "utf-8")
    return made


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def output(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["artifacts", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["train.pt2"], 1),
        (["train.pt2", "--exit-zero"], 0),
        (["eval.pt"], 0),
        (["state.pth"], 0),
        (["state.safetensors"], 0),
        (["checkpoint.ckpt"], 0),
        (["notes.txt"], 2),
        (["nowhere.pt"], 2),
        (["train.pt2", "nowhere.pt"], 2),
        ([], 2),
        ([".", "--min-confidence", "high"], 1),
        (["inner", "--min-confidence", "high"], 0),
        (["train.pt2", "--output-format", "yaml"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_exit_codes(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["artifacts", *words]) == code


def test_the_text_names_layer_line_and_cure(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = output(capsys, "train.pt2")
    assert err == ""
    text = Path(nets.__file__).read_text("utf-8").splitlines()
    line = next(number for number, code in enumerate(text, 1) if "self.drop(self.fc(x))" in code)
    assert "train.pt2:1:1: DRP306 `drop` (Dropout, p=0.3) is in train mode for good in this exported program" in out
    assert f"networks.py:{line}  it is called here" in out
    assert "help: call `model.eval()` before the export\n" in out
    assert out.endswith("Found 2 findings.\n")


def test_a_folder_is_searched_for_models(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = output(capsys, ".", "--output-format", "concise")
    assert code == 1
    assert {line.partition(":")[0] for line in out.splitlines() if "DRP" in line} == {"train.pt2", "inner/script.pt"}
    assert "error" not in err


def test_the_same_layer_many_times_is_one_finding(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = output(capsys, "inner/script.pt")
    assert f"`0` and {BLOCKS - 1} more layers are in train mode in this TorchScript module" in out
    assert "note: Dropout, p=0.5: `0`, `1`, `2`, `3`, `4` and 9 more" in out
    assert out.count("DRP306") == 1


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("state.pth", "this state dict holds names and tensors"),
        ("state.safetensors", "this safetensors file holds names and tensors"),
        ("checkpoint.ckpt", "this training checkpoint holds an optimizer"),
    ],
)
def test_what_a_file_cannot_tell_is_said(file: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = output(capsys, file)
    assert (code, out) == (0, "All checks passed!\n")
    assert err.startswith(f"note: {file}: {says}")
    assert output(capsys, "-q", file) == (0, "", "")


def test_every_format_tells_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    for name in formats():
        code, out, err = output(capsys, "train.pt2", "--output-format", name)
        assert (code, err) == (1, ""), name
        assert out.count("p=0.3") >= 1, name
        assert out.count("p=0.4") >= 1, name
    found = json.loads(output(capsys, "train.pt2", "--output-format", "json")[1])
    assert [finding["code"] for finding in found] == ["DRP306", "DRP306"]
    assert found[0]["notes"][0]["filename"] == nets.__file__


@pytest.mark.parametrize("name", formats())
def test_no_format_says_that_all_is_well_where_a_file_could_not_be_judged(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.pt").write_bytes(b"x")
    code, out, err = output(capsys, str(tmp_path / "broken.pt"), "--output-format", name)
    assert (code, "broken.pt" in err) == (2, True)
    assert "passed" not in out
    if name in ("full", "concise", "grouped"):
        assert "Not everything was checked" in out


def test_the_code_is_that_of_the_rule_which_finds_the_export_in_code() -> None:
    assert rule_by_code(CODE).name == NAME


def test_what_eval_would_clear_is_less_severe() -> None:
    (scripted,) = inspect_file("inner/script.pt")
    exported = inspect_file("train.pt2")
    assert (scripted.severity, scripted.confidence) == (Severity.WARNING, Confidence.MEDIUM)
    assert {(found.severity, found.confidence) for found in exported} == {(Severity.ERROR, Confidence.HIGH)}


def test_a_file_that_is_no_model_is_an_error() -> None:
    with pytest.raises(Unreadable, match="no format that this tool reads"):
        inspect_file("notes.txt")
