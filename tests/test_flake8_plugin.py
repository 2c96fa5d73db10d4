"""The flake8 face, in real runs of flake8: it finds what the command line finds, and nothing ends the run."""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from dropout_lint import flake8_plugin
from dropout_lint.flake8_plugin import Choices, Plugin
from dropout_lint.lint import engine
from dropout_lint.lint.registry import all_rules
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.trigger import Trigger
from tests.conftest import ROOT, Run, clean_environment

BAD = "from torch import nn\n\ndrop = nn.Dropout(30)\n"
MEDIUM = "from torch import nn\n\n\ndef make(keep_prob):\n    return nn.Dropout(keep_prob)\n"
UNUSED = "from torch import nn\n\ndrop = nn.Dropout(0.3)  # noqa: DRP101\n"


class Shown(NamedTuple):
    """One line of a linter's output; ``column`` counts from 1."""

    path: str
    line: int
    column: int
    code: str
    text: str


Flake8 = Callable[..., list[Shown]]


@pytest.fixture(scope="session")
def flake8(run: Run) -> Flake8:
    """Runs flake8 and reads its output; fails if flake8 does not come to its proper end."""

    def run_flake8(
        *options: str, cwd: Path, stdin: str = "", python: tuple[str, ...] = ("-m", "flake8")
    ) -> list[Shown]:
        layout = "%(path)s\t%(row)d\t%(col)d\t%(code)s\t%(text)s"
        done = run(*python, f"--format={layout}", *options, cwd=cwd, stdin=stdin)
        assert done.stderr == ""
        assert done.returncode == (1 if done.stdout else 0)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        return sorted(Shown(path, int(row), int(column), code, text) for path, row, column, code, text in rows)

    return run_flake8


def codes(shown: list[Shown]) -> list[str]:
    return [line.code for line in shown]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_flake8_shows_what_the_command_line_shows_on_every_fixture(
    jobs: str, run: Run, flake8: Flake8, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    checked = run(
        "-m", "dropout_lint", "check", "--select=DRP", "--no-cache", "--output-format=json", ".", cwd=tmp_path
    )
    expected = [
        Shown(
            str(Path(found["filename"]).resolve().relative_to(tmp_path.resolve())),
            found["location"]["row"],
            found["location"]["column"],
            found["code"],
            "; ".join(filter(None, (found["message"], found["help"]))),
        )
        for found in json.loads(checked.stdout)
        if found["code"] != "DRP000" and found["filename"].endswith(".py")  # flake8 says E999, and reads no notebooks
    ]
    shown = flake8("--isolated", "--select=DRP", f"-j{jobs}", "fixtures", cwd=tmp_path)
    assert len(expected) > 50
    assert shown == sorted(expected)


def test_columns_count_characters(flake8: Flake8, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('from torch import nn\nnets = ["é", "日本", nn.Dropout(30)]\n', "utf-8")
    [shown] = flake8("--isolated", "--select=DRP", "a.py", cwd=tmp_path)
    assert (shown.line, shown.column) == (2, 31)


@pytest.mark.parametrize(
    ("content", "position"),
    [
        pytest.param(b"\xef\xbb\xbffrom torch import nn; nn.Dropout(30)\n", (1, 34), id="byte order mark"),
        pytest.param(b"from torch import nn\r\nnn.Dropout(30)\r\n", (2, 12), id="CRLF"),
        pytest.param(b"from torch import nn\rnn.Dropout(30)\r", (2, 12), id="lone CR"),
        pytest.param(b"# coding: latin-1\nfrom torch import nn\n'\xe9', nn.Dropout(30)\n", (3, 17), id="latin-1"),
        pytest.param(b"from torch import nn\n\x0cnn.Dropout(30)\n", (2, 13), id="form feed"),
        pytest.param(b"from torch import nn\nnn.Dropout(30)", (2, 12), id="no newline at the end"),
    ],
)
def test_positions_hold_in_any_layout(
    content: bytes, position: tuple[int, int], flake8: Flake8, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_bytes(content)
    [shown] = flake8("--isolated", "--select=DRP", "a.py", cwd=tmp_path)
    assert (shown.line, shown.column) == position
    checked = run("-m", "dropout_lint", "check", "--no-cache", "--output-format=json", "a.py", cwd=tmp_path)
    [found] = json.loads(checked.stdout)
    assert (found["location"]["row"], found["location"]["column"]) == position


def test_standard_input_is_checked_under_the_name_it_is_given(flake8: Flake8, tmp_path: Path) -> None:
    shown = flake8("--isolated", "--select=DRP", "--stdin-display-name=net.py", "-", cwd=tmp_path, stdin=BAD)
    assert [(line.path, line.line, line.code) for line in shown] == [("net.py", 3, "DRP101")]


def test_imports_are_followed_from_the_checked_file(flake8: Flake8, tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text("from torch import nn\n\nclass Base(nn.Module):\n    pass\n")
    (tmp_path / "net.py").write_text(
        "import torch.nn.functional as F\nfrom base import Base\n\n"
        "class Net(Base):\n    def forward(self, x):\n        return F.dropout(x, 0.5)\n"
    )
    assert codes(flake8("--isolated", "--select=DRP2", "net.py", cwd=tmp_path)) == ["DRP201"]


def test_stub_files_are_left_alone(flake8: Flake8, tmp_path: Path) -> None:
    (tmp_path / "a.pyi").write_text(BAD)
    assert flake8("--isolated", "--select=DRP", "a.pyi", cwd=tmp_path) == []


# What is shown


def test_the_plugin_knows_which_rules_are_off() -> None:
    assert flake8_plugin.off_by_default() == [rule.code for rule in all_rules() if not rule.on]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        pytest.param([], [], id="off by default"),
        pytest.param(["--ignore=E501"], [], id="off although an own `ignore` replaces the default one"),
        pytest.param(["--extend-ignore=E501"], [], id="off with `extend-ignore`"),
        pytest.param(["--extend-select=DRP002"], ["DRP002"], id="on by its code"),
        pytest.param(["--extend-select=DRP0"], ["DRP002"], id="on by a prefix"),
        pytest.param(["--select=DRP"], ["DRP002"], id="on by `select`"),
        pytest.param(["--select=DRP", "--extend-ignore=DRP002"], [], id="selected and ignored"),
        pytest.param(["--select=DRP1"], [], id="another group selected"),
    ],
)
def test_a_rule_that_is_off_is_shown_only_to_who_asks(
    options: list[str], shown: list[str], flake8: Flake8, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text(UNUSED)
    assert codes(flake8("--isolated", *options, "a.py", cwd=tmp_path)) == shown


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        pytest.param([], ["E702", "DRP101"], id="on by default, beside the other plugins"),
        pytest.param(["--ignore=DRP101"], ["E702"], id="ignored"),
        pytest.param(["--extend-ignore=DRP"], ["E702"], id="ignored by prefix"),
        pytest.param(["--select=E"], ["E702"], id="not selected"),
        pytest.param(["--select=DRP101"], ["DRP101"], id="selected alone"),
        pytest.param(["--per-file-ignores=a.py:DRP101"], ["E702"], id="ignored for the file"),
    ],
)
def test_flake8_decides_which_codes_are_shown(
    options: list[str], shown: list[str], flake8: Flake8, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text("from torch import nn; drop = nn.Dropout(30)\n")
    assert codes(flake8("--isolated", *options, "a.py", cwd=tmp_path)) == shown


@pytest.mark.parametrize(
    ("comment", "is_suppressed"),
    [
        pytest.param("# noqa", True, id="blanket"),
        pytest.param("# noqa: DRP101", True, id="code"),
        pytest.param("# NoQA:DRP1", True, id="prefix"),
        pytest.param("# noqa: E501, DRP101", True, id="one of several"),
        pytest.param("# noqa : X1", True, id="a space before the colon makes it a blanket"),
        pytest.param("#noqa: DRP101", False, id="without a space it is no noqa"),
        pytest.param("# noqa: DRP102", False, id="another code"),
        pytest.param("# type: ignore", False, id="another tool"),
    ],
)
def test_suppression_is_flake8s_and_the_command_line_agrees(
    comment: str, is_suppressed: bool, run: Run, flake8: Flake8, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text(f"from torch import nn\n\ndrop = nn.Dropout(30)  {comment}\n")
    expected = [] if is_suppressed else ["DRP101"]
    assert codes(flake8("--isolated", "--select=DRP1", "a.py", cwd=tmp_path)) == expected
    checked = run("-m", "dropout_lint", "check", "--no-cache", "--output-format=json", "a.py", cwd=tmp_path)
    assert [found["code"] for found in json.loads(checked.stdout)] == expected


def test_a_comment_counts_on_the_line_where_the_call_begins(flake8: Flake8, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from torch import nn\n\ndrop = nn.Dropout(\n    30,\n)  # noqa: DRP101\n")
    (tmp_path / "b.py").write_text("from torch import nn\n\ndrop = nn.Dropout(\n    30,  # noqa: DRP101\n)\n")
    shown = flake8("--isolated", "--select=DRP", "--extend-ignore=DRP002", "a.py", "b.py", cwd=tmp_path)
    assert [(line.path, line.line) for line in shown] == [("a.py", 4)]


@pytest.mark.parametrize(("least", "shown"), [("medium", ["DRP106"]), ("high", [])])
def test_weaker_evidence_can_be_left_out(least: str, shown: list[str], flake8: Flake8, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(MEDIUM)
    (tmp_path / "tox.ini").write_text(f"[flake8]\nselect = DRP\ndropout-lint-min-confidence = {least}\n")
    assert codes(flake8("a.py", cwd=tmp_path)) == shown
    assert (
        codes(flake8("--isolated", f"--dropout-lint-min-confidence={least}", "--select=DRP", "a.py", cwd=tmp_path))
        == shown
    )


def test_a_bad_option_value_names_the_choices(run: Run, tmp_path: Path) -> None:
    done = run("-m", "flake8", "--isolated", "--dropout-lint-min-confidence=sure", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert re.search("choose from '?medium'?, '?high'?", done.stderr)  # Python 3.12 dropped the quotes


def test_the_table_in_pyproject_does_not_decide_for_flake8(flake8: Flake8, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "pyproject.toml").write_text('[tool.dropout-lint]\nignore = ["DRP101"]\nno-such-key = 1\n')
    assert codes(flake8("--select=DRP", "a.py", cwd=tmp_path)) == ["DRP101"]


def test_options_reach_worker_processes_that_share_nothing(flake8: Flake8, tmp_path: Path) -> None:
    """As on macOS and Windows, and everywhere from Python 3.14 on, where workers are not forked."""
    (tmp_path / "run_spawned.py").write_text(
        "import multiprocessing, sys\n"
        "from flake8.main.cli import main\n"
        'if __name__ == "__main__":\n'
        '    multiprocessing.set_start_method("spawn")\n'
        "    sys.exit(main())\n"
    )
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(UNUSED)
    command = (sys.executable, "run_spawned.py")
    shown = flake8("--isolated", "--extend-select=DRP002", "-j2", "a.py", "b.py", cwd=tmp_path, python=command)
    assert codes(shown) == ["DRP002", "DRP002"]


# What must not happen


def test_a_crash_is_reported_and_the_run_goes_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import dropout_lint.lint.engine as engine\n"
        "check = engine.check\n"
        "def crash(filename, *rest, **more):\n"
        '    if "bad" in filename:\n'
        '        raise ZeroDivisionError("on\\nbad")\n'
        "    return check(filename, *rest, **more)\n"
        "engine.check = crash\n"
    )
    (tmp_path / "a_bad.py").write_text(BAD)
    (tmp_path / "b.py").write_text(BAD + "x=1\n")
    environment = clean_environment(PYTHONPATH=str(tmp_path))
    done = run("-m", "flake8", "--isolated", "-j2", "a_bad.py", "b.py", cwd=tmp_path, env=environment)
    first, *rest = done.stdout.splitlines()
    assert first.startswith("a_bad.py:1:1: DRP001 dropout-lint failed on this file: ZeroDivisionError: on bad; ")
    assert [line.split()[:2] for line in rest] == [["b.py:3:19:", "DRP101"], ["b.py:4:2:", "E225"]]
    assert done.stderr == ""


def test_a_crashing_rule_is_reported_and_the_other_rules_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Crashing(Rule):
        code = "DRP999"
        name = "crashing"
        message = "none"
        triggers = Trigger(("Dropout",), r"\bDropout\b")

        def visit_Call(self, node: ast.Call) -> None:
            raise KeyError("a bug")

    monkeypatch.setattr(flake8_plugin, "_rules", lambda choices: (*all_rules(), Crashing))
    found = list(Plugin(ast.parse(BAD), BAD.splitlines(keepends=True), "a.py").run())
    assert [(line, text.split()[0]) for line, _, text, _ in found] == [(3, "DRP001"), (3, "DRP101")]


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError(), AssertionError(), SyntaxError("no")])
def test_whatever_the_engine_raises_becomes_a_line(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(engine, "check", crash)
    [(line, column, text, _)] = Plugin(ast.parse(BAD), BAD.splitlines(keepends=True), "a.py").run()
    assert (line, column) == (1, 0)
    assert text.startswith(f"DRP001 dropout-lint failed on this file: {type(error).__name__}")


def test_deep_nesting_is_no_obstacle() -> None:
    text = (
        "from torch import nn\ndrop = nn.Dropout(30)\ny = "
        + "(x + " * 150
        + "x"
        + ")" * 150
        + "\nz = x"
        + ".a" * 900
        + "\n"
    )
    found = list(Plugin(ast.parse(text), text.splitlines(keepends=True), "a.py").run())
    assert [(line, text.split()[0]) for line, _, text, _ in found] == [(2, "DRP101")]


def test_files_that_are_not_python_leave_the_other_files_checked(flake8: Flake8, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("from torch import nn\nnn.Dropout(30\n")
    (tmp_path / "wrong_coding.py").write_bytes(b"# coding: utf-8\nfrom torch import nn\n'\xff', nn.Dropout(30)\n")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "good.py").write_text(BAD)
    shown = flake8("--isolated", "--select=DRP,E9", ".", cwd=tmp_path)
    assert ("./good.py", 3, "DRP101") in [(line.path, line.line, line.code) for line in shown]
    assert ("./broken.py", "E999") in [(line.path, line.code) for line in shown]


def test_the_tree_is_left_as_it_was_for_other_plugins() -> None:
    tree = ast.parse(BAD)
    before = ast.dump(tree, include_attributes=True)
    list(Plugin(tree, BAD.splitlines(keepends=True), "a.py").run())
    assert ast.dump(tree, include_attributes=True) == before
    assert not any(hasattr(node, "parent") for node in ast.walk(tree))


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        pytest.param(
            "x = 1\n", ["dropout_lint.lint.engine", "dropout_lint.lint.registry", "libcst", "torch"], id="without torch"
        ),
        pytest.param(BAD, ["libcst", "torch", "rich"], id="with torch"),
    ],
)
def test_a_run_imports_no_more_than_it_needs(text: str, unwanted: list[str], run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text)
    program = (
        "import sys\nfrom flake8.main.cli import main\n"
        "main(['--isolated', '-j1', '--exit-zero', 'a.py'])\n"
        f"print([name for name in {unwanted!r} if name in sys.modules])\n"
    )
    done = run(sys.executable, "-c", program, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"


def test_choices_match_by_prefix() -> None:
    assert Choices(("DRP0",)).wants("DRP002")
    assert not Choices(("DRP1", "E")).wants("DRP002")
    assert not Choices().wants("DRP002")
