"""The baseline of a project: what it knows is left out, wherever it moves; what is new or gone is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_lint.cli import main

BAD = "import torch\nfrom torch import nn\nnn.Dropout(30)\nnn.Dropout(rate=0.3)\nmodel = nn.Identity()\nmodel.eval\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "bad.py").write_text(BAD, "utf-8")
    return tmp_path


def output(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["check", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def codes(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    return [found["code"] for found in json.loads(output(capsys, "--output-format", "json", *words)[1])]


@pytest.fixture
def baseline(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert output(capsys, "--baseline", "known.json", "--update-baseline")[0] == 0
    return folder / "known.json"


def test_a_baseline_that_is_not_there_is_written_and_the_run_fails_as_without(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped name in CI must not be green for ever."""
    code, out, err = output(capsys, "--baseline", "known.json")
    assert (code, "Found 3 findings." in out) == (1, True)
    assert err == "Wrote 3 findings to known.json.  Later runs leave them out.\n"
    assert output(capsys, "--baseline", "known.json") == (
        0,
        "No new findings.\n3 known findings left out, by the baseline.\n",
        "",
    )


def test_known_findings_may_move_and_new_ones_are_shown(
    folder: Path, baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = "# one more line\n" + BAD.replace("nn.Dropout(30)", "if True:\n    nn.Dropout(30)\n    nn.Dropout(30)")
    (folder / "src" / "bad.py").write_text(moved, "utf-8")
    code, out, err = output(capsys, "--baseline", "known.json", "--output-format", "json")
    assert (code, [found["location"]["row"] for found in json.loads(out)]) == (1, [6])  # the second of two equal lines
    assert err == "3 known findings left out, by the baseline.\n"


def test_it_holds_wherever_the_run_starts_and_whatever_is_checked(
    folder: Path, baseline: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert codes(capsys, "--baseline", "known.json", str(folder / "src" / "bad.py")) == []
    monkeypatch.chdir(folder / "src")
    assert codes(capsys, "--baseline", "../known.json", "bad.py") == []


def test_what_has_gone_is_told_and_taken_out_on_request(
    folder: Path, baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "src" / "bad.py").write_text(BAD.replace("30", "0.3"), "utf-8")
    (folder / "src" / "new.py").write_text(BAD, "utf-8")
    code, _, err = output(capsys, "--baseline", "known.json", "src/bad.py")
    assert code == 0
    assert err.splitlines() == [
        "note: src/bad.py: DRP101 in known.json is not found any more: nn.Dropout(30)",
        "1 known finding gone: `--update-baseline` takes them out of the file.",
    ]
    code, out, err = output(capsys, "--baseline", "known.json", "--update-baseline")
    assert (code, out) == (0, "No new findings.\n5 known findings left out, by the baseline.\n")
    assert err == "Wrote 5 findings to known.json (3 new, 1 gone).\n"
    assert set(json.loads(baseline.read_text("utf-8"))["files"]) == {"src/bad.py", "src/new.py"}


def test_of_what_was_not_checked_nothing_has_gone(
    folder: Path, baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "other.py").write_text("x = 1\n", "utf-8")
    before = baseline.read_text("utf-8")
    for words in (["other.py"], ["--select", "DRP2"], ["nowhere.py", "other.py"]):
        assert "gone" not in output(capsys, "--baseline", "known.json", *words)[2]
        output(capsys, "--baseline", "known.json", "--update-baseline", *words)
        assert baseline.read_text("utf-8") == before
    (folder / "src" / "bad.py").unlink()
    assert "3 known findings gone" in output(capsys, "--baseline", "known.json", "other.py")[2]


def test_the_settings_can_name_it(folder: Path, baseline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "dropout-lint.toml").write_text('baseline = "known.json"', "utf-8")
    assert codes(capsys, "src") == []
    assert codes(capsys, "src", "--no-baseline") == ["DRP101", "DRP104", "DRP302"]
    baseline.unlink()
    code, out, err = output(capsys, "src")
    assert (code, out, "there is no baseline known.json" in err) == (2, "", True)
    assert output(capsys, "src", "--update-baseline")[0] == 0
    assert baseline.is_file()


def test_fixes_reach_what_is_known_and_its_entries_go(
    folder: Path, baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = output(capsys, "--baseline", "known.json", "--fix")
    assert (code, out) == (0, "Fixed 1 finding; no new ones are left.\n2 known findings left out, by the baseline.\n")
    assert "src/bad.py: DRP104 in known.json is not found any more" in err


def test_failures_of_the_tool_are_never_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "src" / "bad.py").write_text(BAD + "def f(:\n", "utf-8")
    code, out, _ = output(capsys, "--baseline", "known.json", "--update-baseline", "--output-format", "concise")
    assert (code, "DRP000" in out) == (1, True)
    assert "DRP000" not in (folder / "known.json").read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"tool": "dropout-lint", "version": 2, "files": {}}',
        '{"tool": "dropout-lint", "version": 1, "files": []}',
    ],
)
def test_another_file_is_no_baseline(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "known.json").write_text(text, "utf-8")
    for words in ([], ["--update-baseline"]):
        code, _, err = output(capsys, "--baseline", "known.json", *words)
        assert (code, "known.json is no baseline of dropout-lint" in err) == (2, True)
        assert (folder / "known.json").read_text("utf-8") == text
