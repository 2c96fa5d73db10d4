"""`# noqa` is read as flake8 reads it, and comments that suppress nothing are found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dropout_lint.cli import main
from dropout_lint.driver.fix_rounds import fix_text
from dropout_lint.lint.engine import check
from dropout_lint.lint.file_check import lint_text
from dropout_lint.lint.registry import all_rules
from dropout_lint.syntax.noqa import Suppressions, add_noqa
from tests.conftest import Run

ON = [rule for rule in all_rules() if rule.on]
COMMENTS = [
    "# noqa",
    "#noqa",
    "# NOQA",
    "# noqa:DRP107",
    "# noqa: DRP107",
    "# noqa:  DRP107",
    "# noqa : DRP107",
    "#noqa: DRP107",
    "# noqa: drp107",
    "# NoQA: DRP107",
    "# noqa: DRP107,E501",
    "# noqa: E501,DRP107",
    "# noqa: E501 DRP107",
    "# noqa: E501, DRP107",
    "# noqa: DRP1",
    "# noqa: DRP",
    "# noqa: D",
    "# noqa: E501",
    "# noqa: DRP10",
    "# noqa: DRP108",
    "# noqa DRP108",
    "# noqa:DRP107 because",
    "# why # noqa: DRP107",
    "# noqa: DRP107 # why",
    "# noqa:, DRP107",
    "# type: ignore # noqa:DRP107",
    "# noqa: DRP107;",
    "# noqa-DRP108",
    "# see noqa: DRP107",
    "#  noqa",
]
MORE = '''
x = nn.Dropout(0.5, 0.3); y = """
"""  # noqa: DRP107
x = \\
    nn.Dropout(0.5, 0.3)  # noqa: DRP107
x = nn.Dropout(0.5, 0.3) + \\
    1  # noqa
x = (
    nn.Dropout(0.5, 0.3),  # noqa: DRP107
    nn.Dropout(0.5, 0.3),
)  # noqa: DRP107
'''


def program() -> str:
    lines = ["from torch import nn", *(f"nn.Dropout(0.5, 0.3)  {comment}" for comment in COMMENTS)]
    return "\n".join(lines) + MORE


def lines_of(text: str) -> list[int]:
    return [finding.span.start.line for finding in lint_text("x.py", text, ON).findings]


def test_flake8_and_we_read_every_spelling_alike(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("flake8")
    (tmp_path / "x.py").write_text(program(), "utf-8")
    shown = run("-m", "flake8", "--isolated", "--select", "DRP", "x.py", cwd=tmp_path).stdout
    by_flake8 = [int(line) for line in re.findall(r"^x\.py:(\d+):\d+: DRP107", shown, re.M)]
    assert lines_of(program()) == by_flake8
    assert 5 < len(by_flake8) < len(check("x.py", program(), ON))


@pytest.mark.parametrize("comment", ["# flake8: noqa", "# FLAKE8: NOQA", "  # flake8:noqa", "# flake8=noqa"])
def test_a_file_comment_covers_the_file(comment: str) -> None:
    assert lines_of(f"{comment}\nfrom torch import nn\nnn.Dropout(0.5, 0.3)\n") == []


def test_the_tool_s_own_failures_are_not_suppressed() -> None:
    assert [f.code for f in lint_text("x.py", "# flake8: noqa\nimport torch; torch.nn.Dropout(\n", ON).findings] == [
        "DRP000"
    ]


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("x = 1  # noqa: DRP101", "x = 1"),
        ("x = 1  # noqa: DRP101,E501", "x = 1  # noqa: E501"),
        ("x = 1  # noqa: E501,DRP101", "x = 1  # noqa: E501"),
        ("x = 1  # noqa: E501, DRP101, W1", "x = 1  # noqa: E501, W1"),
        ("x = 1  # noqa: DRP101 kept", "x = 1  # kept"),
        ("x = 1  # noqa: DRP101 + 2", "x = 1  # + 2"),
        ("x = 1  # noqa: DRP101, + 2", "x = 1  # + 2"),
        ("x = 1  # noqa: DRP101  # type: int", "x = 1  # type: int"),
        ("x = 1  # why # noqa: DRP101", "x = 1  # why"),
    ],
    ids=[
        "alone",
        "first",
        "last",
        "middle",
        "with a reason",
        "what looks like code",
        "comma",
        "comment after",
        "comment before",
    ],
)
def test_an_unused_code_is_removed_and_others_stay(line: str, after: str) -> None:
    text = f"import torch\n{line}\n"
    fixed = fix_text(text, lambda text: lint_text("x.py", text, all_rules()).findings, unsafe=False)
    assert len(lint_text("x.py", text, all_rules()).findings) == 1
    if "kept" not in line:
        assert fixed.text == f"import torch\n{after}\n"


def test_codes_of_rules_that_do_not_run_are_not_judged() -> None:
    text = "import torch\nx = 1  # noqa: DRP101\n"
    only = [rule for rule in all_rules() if rule.code in ("DRP002", "DRP102")]
    assert lint_text("x.py", text, only).findings == ()


@pytest.mark.parametrize(
    "line",
    [
        "nn.Dropout(0.5, 0.3)",
        "nn.Dropout(0.5, 0.3)  # why",
        "nn.Dropout(0.5, 0.3)  # noqa: E501",
        'x = nn.Dropout(0.5, 0.3), """\n"""',
        "x = nn.Dropout(0.5, 0.3), \\\n    1",
        "x = (\n    nn.Dropout(0.5, 0.3),\n)",
    ],
    ids=["plain", "comment", "other code", "string", "backslash", "parentheses"],
)
def test_added_comments_suppress_and_are_added_once(line: str) -> None:
    text = f"from torch import nn\n{line}\n"
    once = add_noqa(text, lint_text("x.py", text, ON).findings)
    assert lines_of(text)
    assert lines_of(once) == []
    assert add_noqa(once, check("x.py", once, ON)) == once


@pytest.mark.parametrize(
    ("comment", "after"),
    [
        ("# noqa:E501 because", "# noqa:E501,DRP107 because"),
        ("# noqa: E501, because", "# noqa: E501,DRP107, because"),
        ("# noqa: E501  # why", "# noqa: E501,DRP107  # why"),
        ("# noqa: E501 W2 because", "# noqa: E501 W2,DRP107 because"),
        ("# noqa: E501 b2b", "# noqa: E501,DRP107 b2b"),
        ("# noqa: b2b", "# noqa: DRP107,b2b"),
        ("# noqa: E501 DRP1080", "# noqa: E501 DRP1080,DRP107"),
        ("# noqa: E501 \t", "# noqa: E501,DRP107 \t"),
        ("# why # noqa: E501", "# why # noqa: E501,DRP107"),
        ("# noqa : E501", "# noqa : E501"),
        ("# see noqa", "# see noqa  # noqa: DRP107"),
    ],
)
def test_codes_are_added_to_codes_and_reasons_stay(comment: str, after: str) -> None:
    text = f"from torch import nn\nnn.Dropout(0.5, 0.3)  {comment}\n"
    added = add_noqa(text, check("x.py", text, ON))
    assert added == f"from torch import nn\nnn.Dropout(0.5, 0.3)  {after}\n"
    assert lines_of(added) == []


@pytest.mark.parametrize(
    "line",
    [
        'x = "# noqa: E501", nn.Dropout(0.5, 0.3)',
        'x = nn.Dropout(0.5, 0.3), """\n# noqa: E501\n"""',
        'x = nn.Dropout(0.5, 0.3), """\n# noqa: E501 """  # noqa: E502',
    ],
    ids=["in the line", "in a line above", "before a comment"],
)
def test_a_string_that_reads_like_a_comment_is_not_written_into(line: str) -> None:
    text = f"from torch import nn\n{line}\n"
    assert lines_of(text) == [2]
    assert add_noqa(text, check("x.py", text, ON)) == text


def test_a_finding_that_no_comment_can_suppress_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.py"
    path.write_text('from torch import nn\nx = "# noqa: E501", nn.Dropout(0.5, 0.3)\nnn.Dropout(0.5, 0.3)\n', "utf-8")
    assert main(["check", "--isolated", "--no-cache", "--add-noqa", str(path)]) == 0
    err = capsys.readouterr().err
    assert "x.py:2:37: no comment can suppress DRP107 here\n" in err
    assert "Added comments for 1 finding." in err


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends_hide_no_comment(end: str) -> None:
    text = f'import torch{end}x = """{end}"""  # noqa: DRP101{end}'.replace("\n", end)
    fixed = fix_text(text, lambda text: lint_text("x.py", text, all_rules()).findings, unsafe=False)
    assert fixed.text == text.replace("  # noqa: DRP101", "")


def test_line_ends_are_kept() -> None:
    text = "from torch import nn\r\nnn.Dropout(0.5, 0.3)\r\n"
    added = add_noqa(text, lint_text("x.py", text, ON).findings)
    assert added == "from torch import nn\r\nnn.Dropout(0.5, 0.3)  # noqa: DRP107\r\n"


def test_a_string_is_no_comment() -> None:
    suppressions = Suppressions('x = "# noqa: DRP101"\n')
    assert suppressions.unused(("DRP101",), ("DRP002", "n", "{suppressed}", "h"), "x.py") == ()
