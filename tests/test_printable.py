"""Nothing that a file, a setting, a report or a name says reaches the terminal raw, whatever the options."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lint.cli import _COMMANDS, main
from dropout_lint.finding import Confidence, Finding, Note, Position, Severity, Span
from dropout_lint.io.printable import patch_name, printable, printable_json
from dropout_lint.render import formats, renderer
from dropout_lint.render.report import Report
from tests.conftest import ROOT, Run
from tests.hostile_text import ESCAPES, NAME, acts

BAD = (
    "import torch\nfrom torch import nn\n"
    f"drop = (nn \x0c\n  .Dropout)(30)  # {ESCAPES}\n"
    f"drop = nn.Dropout(rate='{ESCAPES}')\n"
    f"drop = nn.Dropout('0.5{ESCAPES}')\n"
    f"text = '{ESCAPES}\t世é'; drop = nn.Dropout(rate=0.3)\n"
)
BROKEN = f"import torch\nfrom torch import nn\nx = '{ESCAPES}' {ESCAPES} nn.Dropout(30\n"
STRUCTURED = sorted({*formats()} - {"full", "concise"})
LINES = {  # formats with a line for each finding, and how it begins
    "azure": r"(?m)^##vso\[task\.logissue type=\w+;sourcepath=[^;\]]*;linenumber=\d+;columnnumber=\d+;code=DRP\d+;\].",
    "github": r"(?m)^::(?:error|warning) title=[^:,]*,file=[^:,]*,line=\d+,col=\d+[^:]*::.",
    "grouped": r"(?m)^  (?:cell \d+:)?\d+:\d+ +DRP\d{3} ",
    "pylint": r"(?m)^(?!::|##).+?:\d+: \[DRP\d{3}\] .",
}

only_where_names_are_free = pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    monkeypatch.chdir(made)
    monkeypatch.setenv("COLUMNS", "200")
    return made


def fill(folder: Path) -> None:
    """Files with the name and the content, in a folder of that name too; notebooks; one that is not Python."""
    inner = folder / NAME.removesuffix(".py")
    inner.mkdir()
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in (BAD, BROKEN)]
    for place in (folder, inner):
        (place / NAME).write_bytes(BAD.encode())
        (place / f"broken{NAME}").write_bytes(BROKEN.encode())
        (place / f"{NAME}.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}), "utf-8")
        (place / f"broken{NAME}.ipynb").write_text(f"{{torch {ESCAPES}", "utf-8")
    (folder / "::error::first.py").write_bytes(BAD.encode())
    if sys.platform == "linux":
        Path(os.fsdecode(b"not unicode \xff.py")).write_bytes(BAD.encode())


def output(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    main([*words])
    captured = capsys.readouterr()
    return captured.out, captured.err


CHECK = ("check", "--isolated", "--no-cache", "--select", "ALL")


def findings_in(name: str, text: str) -> int:
    """How many findings ``text``, in the format ``name``, tells of, by a parser of that format."""
    if name == "junit":
        return len(ElementTree.fromstring(text).findall(".//failure"))
    if name in LINES:
        return len(re.findall(LINES[name], text))
    data: Any = [json.loads(line) for line in text.splitlines()] if name == "json-lines" else json.loads(text)
    if name == "sarif":
        return sum(len(run["results"]) for run in data["runs"])
    return len(data["diagnostics"] if name == "rdjson" else data)


@only_where_names_are_free
@pytest.mark.parametrize("name", formats())
def test_no_format_prints_what_files_and_their_names_hold(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(folder)
    out, err = output(capsys, *CHECK, "--output-format", name)
    assert (acts(out), acts(err)) == ([], [])
    assert not re.search(r"(?m)^::error::(?:first|injected)", out)
    file = folder / "report.txt"
    assert output(capsys, *CHECK, "--output-format", name, "--output-file", str(file)) == ("", "")
    assert acts(file.read_text("utf-8")) == []
    if name in STRUCTURED:
        wanted = len(json.loads(output(capsys, *CHECK, "--output-format", "json", "--exclude", "report.txt")[0]))
        assert findings_in(name, out) == findings_in(name, file.read_text("utf-8")) == wanted > 20


@only_where_names_are_free
def test_colours_are_ours(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(folder)
    out, err = output(capsys, *CHECK, "--color", "always")
    assert "\x1b[" in out
    assert (acts(out, colored=True), acts(err)) == ([], [])


WORDS = Finding(
    "DRP101",
    "integer-probability",
    f"`{NAME}` is a message",
    f"help {NAME}",
    NAME,
    Span(Position(1, 1), Position(1, 3)),
    Severity.ERROR,
    Confidence.HIGH,
    (Note(f"a fact {NAME}"), Note(f"a place {NAME}", f"other {NAME}", Span(Position(2, 1), Position(2, 2)))),
)


@pytest.mark.parametrize("name", formats())
def test_no_format_prints_what_messages_help_and_notes_hold(name: str) -> None:
    text = renderer(name)(Report([WORDS, WORDS], lambda _: f"{ESCAPES}{ESCAPES}\n".encode()))
    assert acts(text) == []
    if name in STRUCTURED:
        assert findings_in(name, text) == 2


def test_json_loses_nothing() -> None:
    (found, _) = json.loads(renderer("json")(Report([WORDS, WORDS], lambda _: b"")))
    assert (found["message"], found["help"]) == (WORDS.message, WORDS.help)
    assert found["filename"] == os.path.abspath(NAME)


def test_a_command_of_github_ends_where_it_should() -> None:
    text = renderer("github")(Report([WORDS], lambda _: b""))
    (line,) = text.splitlines()
    properties, _, message = line.removeprefix("::error ").partition("::")
    assert dict(pair.split("=", 1) for pair in properties.split(",")).keys() >= {"title", "file", "line", "col"}
    assert "file=" in properties
    assert "%0A%3A%3Aerror%3A%3Ainjected%0D" in properties
    assert message.count("%0A") == 2  # a line for each note


LINE = re.compile(r"^ *\d+ \| (.*)\n +\| ( *)(\^+)$", re.M)


def columns(text: str) -> int:
    marks = ("Mn", "Me", "Cf")
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.category(char) in marks for char in text)


@pytest.mark.parametrize(
    "before",
    ["", ESCAPES, "\t\t", "世界", "\u200d\u0301é", "\U0001f468\u200d\U0001f469", "\u0e01\u0e34", "\x00\x1f\x85"],
    ids=ascii,
)
def test_carets_stand_below_what_they_are_about(before: str) -> None:
    source = f'"{before}"; nn.Dropout(30{ESCAPES}0)'
    start = source.index("30")
    span = Span(Position(1, start + 1), Position(1, len(source)))
    finding = Finding("DRP101", "x", "m", "", "net.py", span)
    found = LINE.search(renderer("full")(Report([finding], lambda _: source.encode())))
    assert found is not None
    shown, blanks, carets = found.groups()
    at = shown.index("30")
    assert columns(shown[:at]) == len(blanks)
    assert shown[at : at + len(carets)] == shown[at:-1]
    assert acts(shown) == []


CONFIGURATIONS = {
    "key": '"{}" = 1',
    "code": 'select = ["{}"]',
    "type": 'select = "{}"',
    "confidence": 'min-confidence = "{}"',
    "pattern": 'per-file-ignores = {{ "{}" = ["DRP9999"] }}',
    "ignored code": 'per-file-ignores = {{ "x" = ["{}"] }}',
    "knowledge": 'knowledge = ["{}.toml"]',
    "not TOML": '"{}',
}
ESCAPED = "".join(f"\\u{ord(char):04x}" for char in f"{ESCAPES}\ninjected\r")


@pytest.mark.parametrize("line", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_mistakes_in_the_configuration_are_told_printable(
    line: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_text("[tool.dropout-lint]\n" + line.format(ESCAPED), "utf-8")
    (folder / "net.py").write_text(BAD, "utf-8")
    out, err = output(capsys, "check", "--no-cache")
    assert err.startswith("error: ")
    assert (acts(out), acts(err)) == ([], [])


KNOWLEDGE = {
    "key": '[[call]]\nnames = ["a.b"]\n"{}" = 1',
    "kind": '[["{}"]]\nx = 1',
    "name": '[[call]]\nnames = ["{}"]\neffect = "x"',
    "pattern": '[[factory]]\npattern = "({}"',
    "value": '[[call]]\nnames = ["a.b"]\neffect = "{}"',
}


@pytest.mark.parametrize("content", KNOWLEDGE.values(), ids=KNOWLEDGE)
def test_mistakes_in_knowledge_are_told_printable(
    content: str, folder: Path, capsys: pytest.CaptureFixture[str], run: Run
) -> None:
    (folder / "house.toml").write_text(content.format(ESCAPED), "utf-8")
    (folder / "pyproject.toml").write_text('[tool.dropout-lint]\nknowledge = ["house.toml"]', "utf-8")
    (folder / "net.py").write_text(BAD, "utf-8")
    out, err = output(capsys, "check", "--no-cache")
    assert err.startswith("error: ")
    assert (acts(out), acts(err)) == ([], [])
    pytest.importorskip("flake8")
    told = run("-m", "flake8", "--isolated", "--dropout-lint-knowledge=house.toml", "net.py", cwd=folder)
    assert acts(told.stdout + told.stderr) == []


USAGES = [
    ("check", NAME),
    ("check", f"--{NAME}"),
    ("check", "--select", NAME),
    ("check", "--config", NAME),
    ("check", "--config", f"{NAME}=1"),
    ("check", "--config", f'"{NAME}"=1'),
    ("check", f"--add-noqa={NAME}"),
    ("check", "--output-format", NAME),
    ("check", "--jobs", NAME),
    ("check", "--per-file-ignores", NAME),
    ("check", "--per-file-ignores", f"{NAME}:{NAME}"),
    ("check", "--min-confidence", NAME),
    ("check", "--with-runtime", NAME),
    ("check", "--output-file", f"no/{NAME}"),
    ("check", "--stdin-filename", NAME),
    ("artifacts", NAME),
    ("artifacts", "--output-format", NAME, "x"),
    ("why", NAME),
    ("why", f"{NAME}:1"),
    ("why", f"no-{NAME}:1"),
    ("server", "--tcp", NAME),
    ("rule", NAME),
    ("rule", f"--{NAME}"),
    ("clean", "--cache-dir", NAME),
    ("completion", NAME),
    (NAME,),
    (f"--{NAME}",),
]


@pytest.mark.parametrize("words", USAGES, ids=lambda words: ascii(" ".join(words))[:40])
def test_what_is_typed_wrong_is_told_printable(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    out, err = output(capsys, *words)
    assert out + err != ""
    assert (acts(out), acts(err)) == ([], [])


def test_every_command_is_among_them() -> None:
    assert {words[0] for words in USAGES} >= set(_COMMANDS)


@only_where_names_are_free
def test_lists_warnings_and_errors_name_files_printable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(folder)
    (folder / f"unreadable{NAME}").symlink_to("nowhere")
    (folder / f"stale{NAME}").mkdir()
    for words in (
        ("check", "--show-files"),
        ("check", "--isolated", "--no-cache", f"unreadable{NAME}"),
        ("check", "--isolated", "--statistics"),
        ("check", "--isolated", "--cache-dir", f"cache{NAME}"),
        ("clean", "--cache-dir", f"cache{NAME}"),
        ("clean", "--cache-dir", f"cache{NAME}"),
        ("clean", "--cache-dir", f"stale{NAME}"),
        ("artifacts", NAME),
        ("artifacts", NAME, "--output-format", "json"),
        ("check", "--isolated", "--add-noqa"),
        ("check", "--isolated", "--fix", "--unsafe-fixes"),
    ):
        out, err = output(capsys, *words)
        assert (words, acts(out), acts(err)) == (words, [], [])


@only_where_names_are_free
def test_a_crash_is_told_printable(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError(NAME)

    monkeypatch.setattr("dropout_lint.cli.check.discover", crash)
    out, err = output(capsys, "check")
    assert "RuntimeError" in err
    assert "this is a bug" in err
    assert (acts(out), acts(err)) == ([], [])


def observed(place: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": "DRP201",
        "message": f"m {NAME}",
        "help": f"h {NAME}",
        "confidence": "high",
        "count": 2,
        "unit": f"call {NAME}",
        "notes": [{"message": f"n {NAME}", **place}, {"message": f"n {NAME}"}],
        **place,
    }


@only_where_names_are_free
@pytest.mark.parametrize("name", formats())
def test_what_a_report_of_a_run_says_is_told_printable(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(folder)
    findings = []
    for file in (str(folder / NAME), f"/elsewhere/{NAME}"):
        findings.append(observed({"file": f"lib {NAME}", "line": 1, "user_file": file, "user_line": 2}))
    run = {"schema": "dropout-lint/watch", "version": 1, "directory": str(folder), "sites": [], "exports": []}
    (folder / "run.json").write_text(json.dumps({**run, "findings": findings, "models": []}), "utf-8")
    out, err = output(capsys, *CHECK, "--output-format", name, "--with-runtime", "run.json", NAME)
    assert "more in files that were not checked" in err
    assert (acts(out), acts(err)) == ([], [])
    if name in STRUCTURED:
        assert findings_in(name, out) > 1


@pytest.mark.parametrize("data", [NAME, json.dumps({"schema": NAME}), "[" + ESCAPES])
def test_a_broken_report_is_told_printable(data: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "run.json").write_text(data, "utf-8")
    (folder / "net.py").write_text(BAD, "utf-8")
    out, err = output(capsys, "check", "--with-runtime", "run.json")
    assert err.startswith("error: ")
    assert (acts(out), acts(err)) == ([], [])


@only_where_names_are_free
def test_flake8_is_told_printable(folder: Path, run: Run) -> None:
    pytest.importorskip("flake8")
    (folder / "net.py").write_text(BAD, "utf-8")
    told = run("-m", "flake8", "--isolated", "--select=DRP", "--format=%(code)s %(text)s", "net.py", cwd=folder)
    assert "DRP104" in told.stdout
    assert acts(told.stdout + told.stderr) == []


NET = f"from torch import nn\nname = '{ESCAPES}'\ndrop = nn.Dropout(rate=0.3)\nother = '\t{ESCAPES}é'\n"
DIFF = ("check", "--isolated", "--no-cache", "--unsafe-fixes", "--diff")


@only_where_names_are_free
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=ascii)
@pytest.mark.parametrize("name", [NAME, '"quoted".py', "back\\slash.py", "plain name é.py"], ids=ascii)
@pytest.mark.parametrize("program", ["git", "patch"])
def test_a_diff_in_a_pipe_is_a_patch_that_can_be_applied(
    program: str, name: str, ends: str, folder: Path, run: Run
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    (folder / name).write_bytes(NET.replace("\n", ends).encode())
    told = subprocess.run([sys.executable, "-m", "dropout_lint", *DIFF], cwd=folder, capture_output=True, check=False)
    assert told.stdout.count(b"\n--- ") == 0
    assert acts(told.stderr.decode()) == []
    heads = [line for line in told.stdout.splitlines(keepends=True) if line.startswith((b"---", b"+++"))]
    assert acts(b"".join(heads).decode().replace("\t\n", "\n")) == []
    words = ["git", "apply", "-p0", "-"] if program == "git" else ["patch", "-p0", "--binary", "-s"]
    applied = subprocess.run(words, cwd=folder, input=told.stdout, capture_output=True, check=False)
    assert (applied.returncode, applied.stderr) == (0, b"")
    assert (folder / name).read_bytes() == NET.replace("rate=", "p=").replace("\n", ends).encode()


@only_where_names_are_free
def test_a_diff_on_a_terminal_is_printable(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / NAME).write_bytes(NET.replace("\n", "\r\n").encode())
    raw, _ = output(capsys, *DIFF)
    assert ESCAPES in raw
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out, err = output(capsys, *DIFF)
    assert (acts(out.replace("\t", "")), acts(err)) == ([], [])
    assert len(out.splitlines()) == len(raw.split("\n")) - 1
    file = folder / "out.patch"
    output(capsys, *DIFF, "--output-file", str(file))
    assert ESCAPES in file.read_text("utf-8")


SHOWN = [
    ("a\x1b[31m", "a\\x1b[31m"),
    ("a\nb\r\tc", "a\\nb\\r\\tc"),
    ("\x7f\x80\x9f", "\\x7f\\x80\\x9f"),
    ("\u2028\u202e\u2069", "\\u2028\\u202e\\u2069"),
    ("\udcff", "\\udcff"),
]
STAYS = [
    "é世界",
    "שלום \u200f",
    "नमस्ते",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u00a0\u3000",
    "C:\\new\\x1b",
]


@pytest.mark.parametrize(("text", "shown"), SHOWN, ids=ascii)
def test_what_acts_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", STAYS)
def test_text_of_every_language_stays(text: str) -> None:
    assert printable(text) == text
    assert printable_json(json.dumps(text, ensure_ascii=False)) == json.dumps(text, ensure_ascii=False)
    assert patch_name(text) == (f"{text}\t" if " " in text else text)


ANY = st.text(st.characters(exclude_categories=())) | st.text(st.sampled_from(ESCAPES + '\n\r\t\x00\\"é世\udcff'))


@given(ANY)
def test_whatever_comes_in_what_comes_out_is_printable(text: str) -> None:
    shown = printable(text)
    assert (acts(shown), "\n" in shown) == ([], False)
    assert printable(shown) == shown
    shown.encode("utf-8")
    assert (text == shown) == (acts(text.replace("\n", "\r")) == [])
    assert printable(text, keep="\n").split("\n") == [printable(line) for line in text.split("\n")]
    assert acts(patch_name(text).removesuffix("\t")) == []
    told = printable_json(json.dumps([text], ensure_ascii=False, indent=1))
    assert json.loads(told) == [text]
    assert acts(told) == []


@pytest.mark.checkout
def test_whatever_the_tool_prints_is_fixed_or_made_printable() -> None:
    raw = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "dropout_lint").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        for said in node.args
        if not isinstance(said, ast.Constant)
        if not (isinstance(said, ast.Call) and isinstance(said.func, ast.Name) and said.func.id == "printable")
    ]
    assert raw == []
