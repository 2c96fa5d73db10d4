"""`check --with-runtime`: marks in every format, findings that only the run saw, paths, and reports that are broken."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dropout_lint.cli import main
from dropout_lint.render import formats

NET = """import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        x = F.dropout(x, 0.5)
        return F.dropout(x, 0.4)


class Never(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.3)
"""


def observation(code: str, line: int, file: str, **fields: Any) -> dict[str, Any]:
    place = {"file": file, "line": line, "user_file": file, "user_line": line}
    made = {"code": code, "message": "it is on", "help": "switch it off", "confidence": "high", "count": 2}
    return {**made, **place, "unit": "call", "notes": [], **fields}


def report(folder: Path, **fields: Any) -> dict[str, Any]:
    net = str(folder / "net.py")
    classes = [{"type": "net.Net", "file": net, "line": 5, "end_line": 8, "calls_train": 0, "calls_eval": 4}]
    made = {"schema": "dropout-lint/watch", "version": 1, "directory": str(folder), "sites": [], "exports": []}
    findings = [observation("DRP201", 7, net)]
    return {**made, "findings": findings, "models": [{"type": "net.Net", "classes": classes}], **fields}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    monkeypatch.chdir(made)
    (made / "net.py").write_text(NET, "utf-8")
    write(made, report(made))
    return made


def write(folder: Path, data: object) -> None:
    (folder / "run.json").write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")


def output(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["check", "--no-cache", "--isolated", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def marks(capsys: pytest.CaptureFixture[str], *words: str) -> dict[int, str | None]:
    _, out, _ = output(capsys, "--output-format", "json", "net.py", "--with-runtime", "run.json", *words)
    return {found["location"]["row"]: found.get("runtime") for found in json.loads(out)}


def test_findings_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert marks(capsys) == {7: "confirmed", 8: "refuted", 13: "not reached"}


def test_without_a_report_nothing_is(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = output(capsys, "--output-format", "json", "net.py")
    assert all("runtime" not in found for found in json.loads(out))
    assert "at run time" not in output(capsys, "net.py")[1]


def test_every_format_shows_the_marks(capsys: pytest.CaptureFixture[str]) -> None:
    for name in formats():
        code, out, err = output(capsys, "--output-format", name, "net.py", "--with-runtime", "run.json")
        assert (code, err) == (1, ""), name
        for words in ("confirmed", "refuted", "not reached"):
            assert words in out, name


def test_the_text_says_why_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = output(capsys, "net.py", "--with-runtime", "run.json")
    assert "= note: confirmed at run time: 2 calls\n" in out
    assert "= note: refuted at run time: 4 calls of `Net` in eval mode, and nothing was on here\n" in out
    assert "At run time: 1 confirmed, 1 refuted, 1 not reached.\n" in out


def test_what_only_the_run_saw_is_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = {
        "message": "it was made here",
        "file": "/x.py",
        "line": 1,
        "user_file": str(folder / "net.py"),
        "user_line": 5,
    }
    extra = observation("DRP205", 6, str(folder / "net.py"), notes=[note, {"message": "a fact"}])
    write(folder, report(folder, findings=[extra]))
    assert marks(capsys)[6] == "run only"
    _, out, _ = output(capsys, "net.py", "--with-runtime", "run.json")
    assert "net.py:6:5: DRP205 it is on\n" in out
    assert "6 |     def forward(self, x):\n" in out
    assert "= note: seen only at run time: 2 calls\n" in out
    assert "= note: net.py:5  it was made here\n" in out
    assert "= note: a fact\n" in out


def test_rules_comments_and_confidence_hold_for_the_run_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = str(folder / "net.py")
    extra = [observation("DRP205", 6, net), observation("DRP305", 5, net, confidence="medium")]
    write(
        folder,
        report(
            folder, findings=[*extra, observation("DRP999", 1, net), observation("DRP205", 2, net, confidence="low")]
        ),
    )
    assert {6, 5} <= set(marks(capsys))
    assert not {1, 2} & set(marks(capsys))
    assert 6 not in marks(capsys, "--ignore", "DRP205")
    assert 5 not in marks(capsys, "--min-confidence", "high")
    (folder / "net.py").write_text(
        NET.replace("def forward(self, x):", "def forward(self, x):  # noqa: DRP205", 1), "utf-8"
    )
    assert 6 not in marks(capsys)


def test_a_finding_that_a_comment_suppresses_is_not_found_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.py").write_text(
        NET.replace("x = F.dropout(x, 0.5)", "x = F.dropout(x, 0.5)  # noqa: DRP201"), "utf-8"
    )
    write(folder, report(folder, findings=[observation("DRP207", 7, str(folder / "net.py"))]))
    assert 7 not in marks(capsys, "--extend-select", "DRP207")


def test_files_that_were_not_checked_are_only_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, report(folder, findings=[observation("DRP205", 1, "/elsewhere/other.py")]))
    code, out, err = output(capsys, "net.py", "--with-runtime", "run.json")
    assert err == "note: the run saw 1 more in files that were not checked: /elsewhere/other.py\n"
    assert (code, "DRP205" in out) == (1, False)


def test_a_run_elsewhere_is_matched_by_its_own_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = json.dumps(report(folder)).replace(str(folder), "/build/checkout")
    write(folder, moved)
    assert marks(capsys) == {7: "confirmed", 8: "refuted", 13: "not reached"}


def test_paths_are_matched_through_links_and_spellings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder.parent / "link").symlink_to(folder, target_is_directory=True)
    write(folder, json.dumps(report(folder)).replace(str(folder), str(folder.parent / "link")))
    assert marks(capsys)[7] == "confirmed"
    _, out, _ = output(capsys, "--output-format", "concise", "../project/net.py", "--with-runtime", "run.json")
    assert "[confirmed at run time]" in out


def test_two_reports_count_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "second.json").write_text(
        json.dumps(report(folder, findings=[observation("DRP201", 8, str(folder / "net.py"))]))
    )
    assert marks(capsys, "--with-runtime", "second.json")[8] == "confirmed"


def test_a_file_that_changed_after_the_run_is_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = os.path.getmtime("run.json")
    os.utime("net.py", (made + 10, made + 10))
    _, _, err = output(capsys, "net.py", "--with-runtime", "run.json")
    assert err == "warning: net.py: changed after the run of run.json, so lines may have moved\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "no report of a watched run"),
        ("[" * 100_000, "no report of a watched run"),
        ([], "`the report` is not an object"),
        ({"schema": "other"}, "make one: `python -m dropout_lint.runtime"),
        ({"version": 2}, "a report of version 2; this dropout-lint reads version 1"),
        ({"version": True}, "`version` is not a whole number"),
        ({"directory": 3}, "`directory` is not a string"),
        ({"findings": None}, "`findings` is not a list"),
        ({"findings": [{}]}, "`findings[0].code` is not a string"),
        (
            {"sites": [{"file": "x", "line": 1, "user_file": "x", "user_line": 1}]},
            "`sites[0].calls` is not an object",
        ),
        (
            {"sites": [{"file": "x", "line": "1", "user_file": "x", "user_line": 1}]},
            "`sites[0].line` is not a whole number",
        ),
        ({"exports": [3]}, "`exports[0]` is not an object"),
        ({"models": [{"type": "x", "classes": [{}]}]}, "`models[0].classes[0].type` is not a string"),
    ],
)
def test_a_broken_report_is_an_error_that_names_the_field(
    data: Any, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, report(folder, **data) if isinstance(data, dict) else data)
    code, out, err = output(capsys, "net.py", "--with-runtime", "run.json")
    assert (code, "runtime" in out, out.count("DRP")) == (2, False, 3)  # what is found without it
    assert err.startswith("error: run.json: ")
    assert says in err


@pytest.mark.parametrize("words", [["--fix"], ["--diff"], ["--add-noqa"], ["-"]])
def test_it_goes_with_nothing_that_changes_lines(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    paths = words if words == ["-"] else ["net.py", *words]
    code, _, err = output(capsys, *paths, "--with-runtime", "run.json")
    assert (code, "--with-runtime" in err) == (2, True)


def test_a_missing_report_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = output(capsys, "net.py", "--with-runtime", "nowhere.json")
    assert (code, err) == (2, "error: nowhere.json: No such file or directory\n")
