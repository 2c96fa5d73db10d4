"""The command line: exit codes, options, formats, and the errors that it gives."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dropout_lint.cli import main
from dropout_lint.finding import Confidence
from dropout_lint.lint.registry import all_rules
from dropout_lint.render import formats
from tests.conftest import clean_environment

BAD = "import torch\nfrom torch import nn\nnn.Dropout(30)\nnn.Dropout(rate=0.3)\nmodel = nn.Identity()\nmodel.eval\n"
GOOD = "import torch\nfrom torch import nn\nnn.Dropout(0.3)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DROPOUT_LINT_CACHE_DIR", raising=False)
    (tmp_path / "bad.py").write_text(BAD, "utf-8")
    (tmp_path / "good.py").write_text(GOOD, "utf-8")
    return tmp_path


def output(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main([*words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def codes(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    _, out, _ = output(capsys, "check", "--output-format", "json", *words)
    return [finding["code"] for finding in json.loads(out)]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check", "good.py"], 0),
        (["check", "bad.py"], 1),
        (["check", "bad.py", "--exit-zero"], 0),
        (["check", "nowhere.py"], 2),
        (["check", "bad.py", "nowhere.py"], 2),
        (["check", "--select", "DRP9999"], 2),
        (["check", "--output-format", "yaml"], 2),
        (["check", "--jobs", "0"], 2),
        (["check", "--nonsense"], 2),
        (["check", "-", "good.py"], 2),
        (["check", "--add-noqa", "--fix", "bad.py"], 2),
        (["check", "--output-file", "nowhere/out.txt", "bad.py"], 2),
        (["bad.py"], 2),
        (["rule"], 2),
        (["rule", "DRP000"], 0),
        (["rule", "nothing"], 2),
        (["--version"], 0),
        ([], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_exit_codes(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == code


def test_a_missing_file_hides_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = output(capsys, "check", "--output-format", "concise", "bad.py", "nowhere.py")
    assert code == 2
    assert "DRP101" in out
    assert "nowhere.py: no such file" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check", "--select", "DRP10X"], ["--select", "DRP10X", "did you mean", "DRP0, DRP1"]),
        (["check", "--selct", "DRP1"], ["--selct", "did you mean `--select`"]),
        (["check", "--select", "drp101"], ["drp101", "did you mean `DRP101`"]),
        (["check", "--add-noqa", "--fix"], ["--add-noqa and --fix do not go together"]),
        (["check", "--output-file", "nowhere/out.txt", "bad.py"], ["cannot write nowhere/out.txt"]),
        (["bad.py"], ["`bad.py` is not a command; did you mean `dropout-lint check bad.py`?"]),
        (["check", "--output-format", "yaml"], ["yaml", "sarif", "concise"]),
        (["check", "--min-confidence", "low"], ["low", "high", "medium"]),
        (["check", "--per-file-ignores", "x"], ["--per-file-ignores", "PATTERN:CODE"]),
        (["check", "--config", "nowhere.toml"], ["nowhere.toml"]),
        (["check", "--stdin-filename", "x.py"], ["--stdin-filename", "`-`"]),
    ],
    ids=[
        "code",
        "option",
        "small letters",
        "conflict",
        "output file",
        "no command",
        "format",
        "confidence",
        "per-file",
        "config",
        "stdin",
    ],
)
def test_errors_name_the_thing_and_the_choices(
    words: list[str], says: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = output(capsys, *words)
    assert (code, out) == (2, "")
    assert [word for word in says if word not in err] == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["DRP101", "DRP104", "DRP302"]),
        (["--select", "DRP1"], ["DRP101", "DRP104"]),
        (["--select", "integer-probability"], ["DRP101"]),
        (["--select", "DRP1,DRP302"], ["DRP101", "DRP104", "DRP302"]),
        (["--ignore", "DRP1"], ["DRP302"]),
        (["--select", "DRP101", "--ignore", "DRP1"], ["DRP101"]),
        (["--select", "DRP1", "--ignore", "DRP101"], ["DRP104"]),
        (["--per-file-ignores", "bad.py:DRP101,DRP302"], ["DRP104"]),
        (["--per-file-ignores", "good.py:DRP101"], ["DRP101", "DRP104", "DRP302"]),
        (["--exclude", "bad.py"], ["DRP101", "DRP104", "DRP302"]),
        (["--exclude", "bad.py", "--force-exclude"], []),
    ],
    ids=lambda value: " ".join(value) if value else "default",
)
def test_rules_are_chosen(words: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert codes(capsys, "bad.py", *words) == expected


def test_opt_in_rules_run_when_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.py").write_text("import torch\nx = 1  # noqa: DRP101\n", "utf-8")
    assert codes(capsys, "bad.py") == []
    assert codes(capsys, "bad.py", "--extend-select", "DRP002") == ["DRP002"]


def test_json_has_the_fields_of_ruff_and_ours(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = output(capsys, "check", "--output-format", "json", "bad.py")
    first = json.loads(out)[0]
    ruff = {"cell", "code", "end_location", "filename", "fix", "location", "message", "noqa_row", "url"}
    assert set(first) == ruff | {"name", "help", "severity", "confidence", "notes"}
    assert first["location"] == {"row": 3, "column": 12}
    assert first["end_location"] == {"row": 3, "column": 14}
    assert first["filename"] == os.path.abspath("bad.py")
    assert first["fix"]["applicability"] == "unsafe"
    assert set(first["fix"]["edits"][0]) == {"content", "location", "end_location"}


def test_every_format_tells_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    for name in formats():
        code, out, err = output(capsys, "check", "--output-format", name, "bad.py")
        assert (code, err) == (1, "")
        assert all(drp in out for drp in ("DRP101", "DRP104", "DRP302")), name


def test_machine_formats_are_well_formed_with_and_without_findings(capsys: pytest.CaptureFixture[str]) -> None:
    for file, count in (("bad.py", 3), ("good.py", 0)):
        sarif = json.loads(output(capsys, "check", "--output-format", "sarif", file)[1])
        (run,) = sarif["runs"]
        assert (sarif["version"], len(run["results"])) == ("2.1.0", count)
        for result in run["results"]:
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        gitlab = json.loads(output(capsys, "check", "--output-format", "gitlab", file)[1])
        assert len({issue["fingerprint"] for issue in gitlab}) == count
        tree = ElementTree.fromstring(output(capsys, "check", "--output-format", "junit", file)[1])
        assert tree.get("failures") == str(count)
        assert len(json.loads(output(capsys, "check", "--output-format", "rdjson", file)[1])["diagnostics"]) == count


def test_gitlab_s_fingerprints_do_not_move_with_the_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def prints() -> list[str]:
        return [i["fingerprint"] for i in json.loads(output(capsys, "check", "--output-format", "gitlab", "bad.py")[1])]

    before = prints()
    (folder / "bad.py").write_text("\n\n" + BAD, "utf-8")
    assert prints() == before


def test_github_s_commands_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "check", "--output-format", "github", "bad.py")[1].splitlines()
    assert len(lines) == 3
    assert all(line.startswith("::error title=dropout-lint (DRP") for line in lines)


def test_nothing_to_check_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "empty").mkdir()
    code, out, err = output(capsys, "check", "empty")
    assert (code, out) == (0, "No file was checked.\n")
    assert err == "warning: there are no Python files to check under the given paths\n"
    assert output(capsys, "check", "--quiet", "empty")[2] == ""


def test_statistics_count_by_rule(capsys: pytest.CaptureFixture[str]) -> None:
    out = output(capsys, "check", "--statistics", "bad.py")[1]
    assert [line.split()[:2] for line in out.splitlines()] == [["1", "DRP101"], ["1", "DRP104"], ["1", "DRP302"]]


def test_statistics_mark_what_fix_alone_mends(capsys: pytest.CaptureFixture[str]) -> None:
    out = output(capsys, "check", "--statistics", "bad.py")[1]
    assert ["[*]" in line for line in out.splitlines()] == [False, True, False]  # the other fixes are unsafe


@pytest.mark.parametrize(("given", "meant"), [("chek", "check"), ("artifact", "artifacts"), ("rules", "rule")])
def test_a_mistyped_command_is_corrected(given: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = output(capsys, given, "x")
    assert (code, err) == (2, f"error: `{given}` is not a command; did you mean `dropout-lint {meant}`?\n")


def test_statistics_are_json_where_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = output(capsys, "check", "--statistics", "--output-format", "json", "bad.py")
    rows = {row["code"]: row for row in json.loads(out)}
    assert rows["DRP101"] == {"code": "DRP101", "name": "integer-probability", "count": 1, "fixable": True}


def test_what_comments_suppress_can_be_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.py").write_text("from torch import nn\nnn.Dropout(30)  # noqa: DRP101\n", "utf-8")
    assert codes(capsys, "bad.py") == []
    assert codes(capsys, "bad.py", "--ignore-noqa") == ["DRP101"]


def test_what_git_ignores_can_be_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".git").mkdir()
    (folder / ".gitignore").write_text("bad.py\n", "utf-8")
    assert codes(capsys) == []
    assert codes(capsys, "--no-respect-gitignore") == ["DRP101", "DRP104", "DRP302"]


def test_a_run_that_fixed_something_can_fail(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "--fix", "--unsafe-fixes", "--exit-non-zero-on-fix", "bad.py"]
    assert output(capsys, *words)[0] == 1
    assert output(capsys, *words)[0] == 0


@pytest.mark.parametrize("way", [["-"], ["bad.py"], ["--fix", "bad.py"]], ids=["stdin", "file", "fix"])
def test_less_certain_findings_are_left_out_everywhere(
    way: list[str], folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dropout_lint.lint import engine

    real = engine.check
    monkeypatch.setattr(
        engine,
        "check",
        lambda *words, **more: tuple(each._replace(confidence=Confidence.MEDIUM) for each in real(*words, **more)),
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert output(capsys, "check", "--no-cache", "--min-confidence", "high", *way)[:2] == (0, "All checks passed!\n")
    assert (folder / "bad.py").read_text("utf-8") == BAD


def test_stdin_is_left_alone_if_its_name_is_excluded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, code in (("venv/x.py", 0), ("x.pyi", 0), ("x.py", 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
        assert output(capsys, "check", "--force-exclude", "--stdin-filename", name, "-")[0] == code


def test_stdin_is_checked_under_its_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    code, out, _ = output(capsys, "check", "--output-format", "concise", "--stdin-filename", "some/name.py", "-")
    assert code == 1
    assert out.startswith("some/name.py:3:12: DRP101")


def test_show_files_lists_and_stops(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = output(capsys, "check", "--show-files")
    assert (code, out.splitlines()) == (0, [str(folder / "bad.py"), str(folder / "good.py")])


def test_diff_shows_and_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = output(capsys, "check", "--diff", "bad.py")
    assert code == 1
    assert "-nn.Dropout(rate=0.3)\n+nn.Dropout(p=0.3)\n" in out
    assert "0.3)\n+nn.Dropout(0.3)" not in out  # that fix is unsafe
    assert (folder / "bad.py").read_text("utf-8") == BAD


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_a_diff_is_one_that_patch_applies(end: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "from torch import nn\n\n# page\x0c break\u2028 here\nnn.Dropout(rate=0.3)\nx = 1".replace("\n", end)
    (folder / "bad.py").write_bytes(text.encode())
    _, out, _ = output(capsys, "check", "--diff", "bad.py")
    changed = [line for line in out.split("\n") if line.startswith(("-", "+")) and "bad.py" not in line]
    if end != "\r":
        assert [line.rstrip("\r") for line in changed] == ["-nn.Dropout(rate=0.3)", "+nn.Dropout(p=0.3)"]
    assert out.count("No newline at end of file") == 1


def test_fix_applies_the_safe_fixes_and_tells_the_rest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = output(capsys, "check", "--fix", "--output-format", "concise", "bad.py")
    assert code == 1
    assert (folder / "bad.py").read_text("utf-8") == BAD.replace("rate=", "p=")
    assert "Found 3 findings (1 fixed)." in out
    code, out, _ = output(capsys, "check", "--fix", "--unsafe-fixes", "bad.py")
    assert (code, out) == (0, "Found 2 findings, all fixed.\n")
    assert (
        (folder / "bad.py")
        .read_text("utf-8")
        .endswith("nn.Dropout(0.3)\nnn.Dropout(p=0.3)\nmodel = nn.Identity()\nmodel.eval()\n")
    )


def test_only_what_was_fixed_is_told_where_that_is_wanted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = output(capsys, "check", "--fix-only", "--show-fixes", "bad.py")
    listed = "Fixed 1 finding:\n- bad.py:\n    1 x DRP104 (unknown-keyword)\n"
    assert (code, out) == (0, f"{listed}Fixed 1 finding, 2 left.\n")
    assert (folder / "bad.py").read_text("utf-8") == BAD.replace("rate=", "p=")
    (folder / "bad.py").write_text(BAD, "utf-8")
    code, out, err = output(capsys, "check", "--fix-only", "--show-fixes", "--output-format", "json", "bad.py")
    assert (code, out, err) == (0, "[]\n", listed)  # what programs read stays what they can read
    (folder / "bad.py").write_text(BAD, "utf-8")
    assert output(capsys, "check", "--fix-only", "--exit-non-zero-on-fix", "bad.py")[0] == 1


def test_that_only_unsafe_fixes_are_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = "There are no safe fixes, and 1 with `--unsafe-fixes`: look at the diff, results change.\n"
    assert output(capsys, "check", "--select", "DRP101", "--diff", "bad.py") == (0, "", said)
    assert output(capsys, "check", "--select", "DRP101", "--fix", "bad.py")[1].endswith(f"Found 1 finding.\n{said}")
    assert output(capsys, "check", "--diff", "good.py") == (0, "", "Nothing to fix.\n")


@pytest.mark.parametrize("name", ["README.txt", "Makefile"])
def test_a_file_that_is_no_python_is_not_said_to_be_fine(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_text("all: train\n", "utf-8")
    code, out, err = output(capsys, "check", name)
    assert (code, out) == (0, "No file was checked.\n")
    assert err.startswith(f"warning: {name} is not checked: neither its name nor a first line")
    assert output(capsys, "check", name, "good.py")[1] == "All checks passed!\n"


@pytest.mark.parametrize("name", ["drp301", "Drp301", "DRP301", "missing-eval", "Missing-Eval"])
def test_a_rule_is_explained_however_its_letters_are_typed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "rule", name)[1].startswith("# missing-eval (DRP301)")


def test_programs_get_each_rule_in_parts(capsys: pytest.CaptureFixture[str]) -> None:
    rules = {rule["code"]: rule for rule in json.loads(output(capsys, "rule", "--all", "--output-format", "json")[1])}
    assert set(rules) == {rule.code for rule in all_rules()}
    told = rules["DRP302"]
    assert "    model.eval\n" in told["example"]
    assert "    model.eval()\n" in told["repair"]
    assert told["when_it_stays_silent"].startswith("In a `try` that waits for `AttributeError`")
    assert (told["fix"], told["fixes"]) == ("unsafe", ["unsafe"])
    assert rules["DRP104"]["fixes"] == ["safe", "unsafe"]
    assert (rules["DRP000"]["example"], rules["DRP000"]["fixes"]) == (None, [])


def test_only_a_cache_of_ours_is_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n", "utf-8")
    (folder / "dropout-lint.toml").write_text('cache-dir = "theirs"', "utf-8")
    assert output(capsys, "clean")[0] == 2
    assert (folder / "theirs" / "CACHEDIR.TAG").exists()
    (folder / "dropout-lint.toml").write_text('cache-dir = "ours"', "utf-8")
    output(capsys, "check", "good.py")
    assert (folder / "ours").is_dir()
    assert output(capsys, "clean")[0] == 0
    assert not (folder / "ours").exists()


def test_short_options_are_ruff_s(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "check", "-e", "-n", "-o", "out.txt", "bad.py") == (0, "", "")
    assert "DRP101" in (folder / "out.txt").read_text("utf-8")
    assert not (folder / ".dropout_lint_cache").exists()


def test_added_comments_say_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "check", "--add-noqa=b2b model, see #12", "bad.py")[0] == 0
    text = (folder / "bad.py").read_text("utf-8")
    assert "nn.Dropout(30)  # noqa: DRP101  # b2b model, see #12\n" in text
    assert output(capsys, "check", "bad.py")[0] == 0
    assert output(capsys, "check", "--add-noqa=two\nlines", "bad.py")[0] == 2
    (folder / "bad.py").write_bytes(b"# coding: latin-1\nfrom torch import nn\nnn.Dropout(30)\n")
    code, _, err = output(capsys, "check", "--add-noqa=\u4e16", "bad.py")
    assert (code, "cannot hold '\u4e16', which the reason has" in err) == (2, True)


def test_added_comments_make_a_file_clean(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "check", "--add-noqa", "bad.py")[0] == 0
    text = (folder / "bad.py").read_text("utf-8")
    assert "nn.Dropout(30)  # noqa: DRP101\n" in text
    assert output(capsys, "check", "bad.py")[0] == 0
    output(capsys, "check", "--add-noqa", "bad.py")
    assert (folder / "bad.py").read_text("utf-8") == text


def test_comments_are_added_to_the_cells_of_a_notebook(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = ["from torch import nn", "%time\nnn.Dropout(30)\nnn.Dropout(40)  # why\n"]
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    notebook = folder / "nb.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=1), "utf-8")
    assert output(capsys, "check", "--add-noqa", "nb.ipynb")[0] == 0
    written = json.loads(notebook.read_text("utf-8"))["cells"][1]["source"]
    assert written == "%time\nnn.Dropout(30)  # noqa: DRP101\nnn.Dropout(40)  # why  # noqa: DRP101\n"
    assert output(capsys, "check", "nb.ipynb")[0] == 0


def test_the_output_file_holds_the_last_report_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        code, out, _ = output(capsys, "check", "--output-file", "out.txt", "--output-format", "concise", "bad.py")
        assert (code, out) == (1, "")
    assert (folder / "out.txt").read_text("utf-8").count("DRP101") == 1


def test_a_crash_of_the_tool_is_exit_code_2_and_says_what_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dropout_lint.cli import check

    monkeypatch.setattr(check, "discover", lambda *arguments, **others: 1 / 0)
    code, _, err = output(capsys, "check", "bad.py")
    assert code == 2
    assert "ZeroDivisionError" in err
    assert "please report it" in err


def test_rule_explains_by_code_and_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "rule", "DRP101")[1] == output(capsys, "rule", "integer-probability")[1]
    pages = json.loads(output(capsys, "rule", "--all", "--output-format", "json")[1])
    assert [page["code"] for page in pages] == [rule.code for rule in all_rules()]
    assert all(page["explanation"].startswith("# ") and page["summary"] for page in pages)


def test_clean_removes_the_cache_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "bad.py"])
    cache = folder / ".dropout_lint_cache"
    assert (cache / "CACHEDIR.TAG").exists()
    assert output(capsys, "clean")[0] == 0
    assert not cache.exists()
    assert "Nothing to remove" in output(capsys, "clean")[1]
    code, _, err = output(capsys, "clean", "--cache-dir", str(folder))
    assert code == 2
    assert "not a cache" in err
    assert (folder / "bad.py").exists()


@pytest.mark.parametrize(
    ("environment", "words", "colored"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({}, ["--color", "always"], True),
    ],
    ids=["pipe", "forced", "no color wins", "option"],
)
def test_colour_is_for_terminals(environment: dict[str, str], words: list[str], colored: bool, folder: Path) -> None:
    command = [sys.executable, "-m", "dropout_lint", "check", *words, "bad.py"]
    result = subprocess.run(command, capture_output=True, cwd=folder, env=clean_environment(**environment), check=False)
    assert (b"\x1b[" in result.stdout) == colored


def test_a_closed_pipe_and_a_narrow_encoding_are_no_crash(folder: Path) -> None:
    (folder / "bad.py").write_text(BAD.replace("nn.Dropout(30)", "nn.Dropout(30)  # é世"), "utf-8")
    command = [sys.executable, "-m", "dropout_lint", "check", "bad.py"]
    ascii_only = clean_environment(PYTHONIOENCODING="ascii")
    result = subprocess.run(command, capture_output=True, cwd=folder, env=ascii_only, check=False)
    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    piped = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=clean_environment()
    )
    assert piped.stdout is not None
    piped.stdout.close()
    assert b"Traceback" not in piped.communicate()[1]


def test_a_crash_of_a_rule_is_exit_code_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rule = next(rule for rule in all_rules() if rule.code == "DRP104")
    monkeypatch.setattr(rule, "visit_Call", lambda self, node: 1 / 0)
    from dropout_lint.lint import engine

    monkeypatch.setattr(engine, "_known_visits", {})
    code, out, _ = output(capsys, "check", "--no-cache", "--output-format", "concise", "bad.py")
    assert code == 2
    assert "DRP001" in out
    assert "DRP101" in out
