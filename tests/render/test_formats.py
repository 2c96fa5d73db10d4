"""Each output format holds what its readers expect: their schemas, and their idea of a place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dropout_lint.cli import main
from dropout_lint.render import formats

WIDE = (
    'from torch import nn\nname = "é世"; drop = nn.Dropout(rate=0.3)\n'  # `rate` is character 32, byte 35 of its line
)
CELLS = ("from torch import nn", "%matplotlib inline\ndrop = nn.Dropout(rate=0.3)", "def f(:")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a #1 é%.py").write_text(WIDE, "utf-8")
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in CELLS]
    (tmp_path / "nb.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}), "utf-8")
    return tmp_path


def rendered(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    main(["check", "--isolated", "--no-cache", "--output-format", name])
    return capsys.readouterr().out


def ruff_keys(value: Any) -> Any:
    """The names of all fields, as deep as they go."""
    if isinstance(value, dict):
        return {key: ruff_keys(inner) for key, inner in sorted(value.items())}
    return ruff_keys(value[0]) if isinstance(value, list) and value else None


def test_json_has_every_field_of_the_ruff_that_is_installed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ruff")
    (folder / "unused.py").write_text("import os\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--output-format",
        "json",
        "unused.py",
    ]
    theirs = ruff_keys(json.loads(subprocess.run(command, capture_output=True, check=False).stdout))
    ours = ruff_keys(json.loads(rendered("json", capsys)))
    for key, inner in theirs.items():
        assert key in ours
        assert inner is None or inner == ours[key]


def test_reviewdog_s_columns_count_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads(rendered("rdjson", capsys))["diagnostics"][0]
    assert first["location"]["range"]["start"] == {"line": 2, "column": 35}
    (suggestion,) = first["suggestions"]
    assert suggestion == {"range": {"start": {"line": 2, "column": 35}, "end": {"line": 2, "column": 39}}, "text": "p"}


def test_sarif_s_addresses_are_escaped_and_its_columns_count_characters(capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = json.loads(rendered("sarif", capsys))["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20%231%20%C3%A9%25.py"
    assert (run["columnKind"], place["region"]["startColumn"]) == ("unicodeCodePoints", 32)


def test_junit_is_valid_by_jenkins_s_schema_and_names_each_case_once(capsys: pytest.CaptureFixture[str]) -> None:
    root = ElementTree.fromstring(rendered("junit", capsys))
    required = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name", "classname"}}
    for element in root.iter():
        assert required.get(element.tag, set()) <= set(element.keys())
        allowed = {"testsuites": {"name", "tests", "failures", "errors"}, "failure": {"message", "type"}, **required}
        assert set(element.keys()) <= allowed[element.tag]
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert names[-1] == ("nb.ipynb", "DRP000 cell 3:1:7")
    assert len(set(names)) == len(names) == 3


@pytest.mark.parametrize("name", ["sarif", "gitlab", "rdjson", "github"])
def test_formats_without_cells_name_them_in_words_and_point_to_the_file(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def places(value: Any) -> list[int]:
        if isinstance(value, dict):
            own = [value[key] for key in ("line", "startLine") if isinstance(value.get(key), int)]
            return own + [line for inner in value.values() for line in places(inner)]
        return [line for inner in value for line in places(inner)] if isinstance(value, list) else []

    text = rendered(name, capsys)
    assert "cell 2" in text
    if name == "github":
        assert "file=nb.ipynb,line=1,col=1::" in text
        return
    report = json.loads(text)
    found = {
        "sarif": lambda: report["runs"][0]["results"],
        "gitlab": lambda: report,
        "rdjson": lambda: report["diagnostics"],
    }[name]()
    assert [set(places(each)) for each in found] == [
        {2},
        {1},
        {1},
    ]  # in a notebook no edit either: it has lines of cells


def test_notes_in_a_notebook_name_their_own_cell(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    cells = [
        "from torch import nn",
        "import torch\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n        return x",
        "Net.train = 1",
    ]
    from dropout_lint.finding import Finding, Note, Position, Span
    from dropout_lint.render.full import render
    from dropout_lint.render.report import Report
    from dropout_lint.syntax import notebook

    content = {"cells": [{"cell_type": "code", "metadata": {}, "source": cell} for cell in cells], "nbformat": 4}
    read = notebook.read(json.dumps(content).encode())
    here, there = Span(Position(8, 1), Position(8, 4)), Span(Position(5, 7), Position(5, 10))
    elsewhere = Note("in another file", "other.py", there)
    finding = Finding("DRP301", "x", "m", "h", "nb.ipynb", here, notes=(Note("made here", None, there), elsewhere))
    moved = notebook.in_cells(finding, read)
    assert (moved.cell, moved.span.start) == (3, Position(1, 1))
    assert moved.notes == (Note("made here", None, Span(Position(4, 7), Position(4, 10)), 2), elsewhere)
    text = render(Report([moved], lambda name: json.dumps(content).encode()))
    assert "note: nb.ipynb:cell 2:4  made here\n" in text
    assert "note: other.py:5  in another file\n" in text


WITNESSES = """from torch import nn


class Net(nn.Module):
    def __init__(self, p=30):
        super().__init__()
        self.drop = nn.Dropout(p)
"""


@pytest.mark.parametrize("name", sorted({*formats()} - {"concise", "gitlab", "grouped", "pylint"}))
def test_notes_are_told_wherever_there_is_room(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "nb.ipynb").unlink()
    (folder / "net.py").write_text(WITNESSES, "utf-8")
    text = rendered(name, capsys)
    assert "`nn.Dropout` gets it here" in text
    if name == "sarif":
        result = next(each for each in json.loads(text)["runs"][0]["results"] if each["ruleId"] == "DRP101")
        (flow,) = result["codeFlows"]
        steps = [
            step["location"]["physicalLocation"]["region"]["startLine"] for step in flow["threadFlows"][0]["locations"]
        ]
        assert steps == [7, 5]  # the witnesses in order, and the finding at last
        assert [place["id"] for place in result["relatedLocations"]] == [1]


def test_services_get_places_from_the_root_of_the_repository(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".git").mkdir()
    (folder / "part").mkdir()
    (folder / "part" / "net.py").write_text(WIDE, "utf-8")
    monkeypatch.chdir(folder / "part")
    (result,) = json.loads(rendered("sarif", capsys))["runs"][0]["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "part/net.py", "uriBaseId": "%SRCROOT%"}
    assert result["fixes"][0]["artifactChanges"][0]["artifactLocation"] == artifact
    assert json.loads(rendered("gitlab", capsys))[0]["location"]["path"] == "part/net.py"
    assert ",file=part/net.py," in rendered("github", capsys)
    assert ";sourcepath=part/net.py;" in rendered("azure", capsys)
    assert rendered("concise", capsys).startswith("net.py:2:32")  # people are where they are


def test_a_place_outside_of_the_repository_is_absolute(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "repository" / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder / "repository")
    main(["check", "--isolated", "--no-cache", "--output-format", "sarif", str(folder / "a #1 é%.py")])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": (folder / "a #1 é%.py").as_uri()}


def test_sarif_tells_of_rules_in_words_and_recognises_findings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def marks() -> list[dict[str, str]]:
        (run,) = json.loads(rendered("sarif", capsys))["runs"]
        for rule in run["tool"]["driver"]["rules"]:
            texts = rule["shortDescription"]["text"] + rule["fullDescription"]["text"]
            assert "{" not in texts
            assert texts.startswith(("Finds ", "Reports "))
        assert run["invocations"] == [{"executionSuccessful": True}]
        return [result["partialFingerprints"] for result in run["results"]]

    before = marks()
    assert all(list(each) == ["dropoutLint/v1"] for each in before)
    text = (folder / "a #1 é%.py").read_text("utf-8")
    (folder / "a #1 é%.py").write_text(f"# moved\n{text}", "utf-8")
    assert marks() == before


def test_json_lines_are_the_objects_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    lines = rendered("json-lines", capsys).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(rendered("json", capsys))


def test_grouped_findings_stand_below_the_name_of_their_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "net.py").write_text(WITNESSES + "nn.Dropout(rate=1)\n" * 3, "utf-8")
    blocks = rendered("grouped", capsys).split("\n\n")
    assert [block.splitlines()[0] for block in blocks[:-1]] == ["a #1 é%.py:", "nb.ipynb:", "net.py:"]
    lines = blocks[2].splitlines()[1:]
    assert len(lines) == 4
    assert {line.index("DRP") for line in lines} == {len("  10:12  ")}  # in a column, whatever the place


def test_pylint_s_lines_are_read_by_its_readers(capsys: pytest.CaptureFixture[str]) -> None:
    first = rendered("pylint", capsys).splitlines()[0]
    assert first.startswith("a #1 é%.py:2: [DRP104] `nn.Dropout` has no parameter `rate`")
