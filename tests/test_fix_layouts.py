"""Fixes keep the layout of a file: what no fix covers stays, and what is written follows its surroundings."""

from __future__ import annotations

import ast
import codecs
import itertools
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from dropout_lint.driver.fix_files import FixedFile, annotate_file, fix_bytes
from dropout_lint.lint.file_check import lint_bytes
from dropout_lint.lint.registry import all_rules
from dropout_lint.syntax.decoding import decode
from dropout_lint.syntax.lines import split_lines
from dropout_lint.syntax.splicing import apply_edits
from tests.conftest import ROOT

RULES = all_rules()
FIXTURES = [path.parent for path in sorted((ROOT / "fixtures").glob("DRP*/fixed.py"))]
COOKIE = "# -*- coding: latin-1 -*-\n# caf\xe9\n"


@dataclass(frozen=True)
class Layout:
    """Another way to write a text down, and the way back to the text."""

    apply: Callable[[str], bytes]
    undo: Callable[[str], str]


def with_ends(text: str) -> str:
    """``text`` with line ends that differ from line to line."""
    lines = text.split("\n")
    ends = [
        ("\n", "\r\n", "\r" if after else "\n")[zlib.crc32(line.encode()) % 3]
        for line, after in itertools.pairwise(lines)
    ]
    return "".join(line + end for line, end in zip(lines, [*ends, ""]))


def with_form_feeds(text: str) -> str:
    return re.sub(r"^(?=(?:class|def|import|from) )", "\f\n", text, flags=re.M)


def with_continuations(text: str) -> str:
    """``text`` with the value of each ``return`` on a line of its own, behind a backslash."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Return) and node.value is not None:
            line, column = lines[node.lineno - 1].encode(), node.value.col_offset
            lines[node.lineno - 1] = f"{line[:column].decode()}\\\n          {line[column:].decode()}"
    return "".join(lines)


def with_blanks(text: str) -> str:
    return re.sub(r"(?<!\\)$(?!\Z)", " \t ", text, flags=re.M)


def with_indent(unit: str) -> Callable[[str], bytes]:
    return lambda text: re.sub(r"^(?: {4})+", lambda blanks: unit * (len(blanks[0]) // 4), text, flags=re.M).encode()


def without_indent(unit: str) -> Callable[[str], str]:
    pattern = re.compile(f"^(?:{unit})+", re.M)
    return lambda text: pattern.sub(lambda blanks: " " * (4 * len(blanks[0]) // len(unit)), text)


def as_it_is(text: str) -> str:
    return text


def with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


LAYOUTS = {
    "lf": Layout(str.encode, as_it_is),
    "crlf": Layout(lambda text: text.replace("\n", "\r\n").encode(), lambda text: text.replace("\r\n", "\n")),
    "cr": Layout(lambda text: text.replace("\n", "\r").encode(), lambda text: text.replace("\r", "\n")),
    "mixed line ends": Layout(lambda text: with_ends(text).encode(), with_line_feeds),
    "byte order mark": Layout(lambda text: codecs.BOM_UTF8 + text.encode(), as_it_is),
    "byte order mark and crlf": Layout(
        lambda text: codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode(), lambda text: text.replace("\r\n", "\n")
    ),
    "tabs": Layout(with_indent("\t"), without_indent("\t")),
    "latin-1": Layout(lambda text: (COOKIE + text).encode("latin-1"), lambda text: text.removeprefix(COOKIE)),
    "form feeds": Layout(lambda text: with_form_feeds(text).encode(), lambda text: text.replace("\f\n", "")),
    "no last line end": Layout(lambda text: text[:-1].encode(), lambda text: text + "\n"),
    "blanks at line ends": Layout(
        lambda text: with_blanks(text).encode(), lambda text: re.sub(r"[ \t]+$", "", text, flags=re.M)
    ),
    "continued lines": Layout(
        lambda text: with_continuations(text).encode(), lambda text: re.sub(r"\\\n *", "", text)
    ),
    "two blanks": Layout(with_indent("  "), without_indent("  ")),
}  # fmt: skip


def fixed(data: bytes, name: str = "fixture.py") -> FixedFile:
    return fix_bytes(name, data, RULES, unsafe=True)


@pytest.mark.parametrize("folder", FIXTURES, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", LAYOUTS)
def test_fixes_keep_the_layout(name: str, folder: Path) -> None:
    layout = LAYOUTS[name]
    before = layout.apply((folder / "bad.py").read_text("utf-8"))
    outcome = fixed(before)
    assert (outcome.error, outcome.refused) == (None, ())
    read = decode(outcome.after)
    assert read.encode(read.text) == outcome.after
    assert layout.undo(read.text) == (folder / "fixed.py").read_text("utf-8")
    assert decode(before).has_bom == read.has_bom
    assert ends_that_follow_nobody(decode(before).text, read.text) == []
    assert not any(finding.fix for finding in outcome.result.findings)
    assert fixed(outcome.after).applied == ()


@pytest.mark.parametrize("folder", FIXTURES, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", LAYOUTS)
def test_each_fix_alone_leaves_python(name: str, folder: Path) -> None:
    data = LAYOUTS[name].apply((folder / "bad.py").read_text("utf-8"))
    fixes = [finding.fix for finding in lint_bytes("fixture.py", data, RULES).findings if finding.fix is not None]
    assert fixes
    for fix in fixes:
        ast.parse(apply_edits(decode(data).text, fix.edits))


def ends_that_follow_nobody(before: str, after: str) -> list[str]:
    """The lines of ``after`` with another end than in ``before``, or, if they are new, than their neighbours."""
    old, new = split_lines(before), split_lines(after)
    contents = [[line.rstrip("\r\n") for line in lines] for lines in (old, new)]
    strange = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, contents[0], contents[1], autojunk=False).get_opcodes():
        if kind == "equal":
            strange += [line for was, line in zip(old[i1:i2], new[j1:j2]) if was != line]
        else:
            ends = {line[len(line.rstrip("\r\n")) :] for line in old[max(i1 - 1, 0) : i2 + 1]}
            strange += [line for line in new[j1:j2] if line[len(line.rstrip("\r\n")) :] not in ends]
    return strange


def test_a_line_end_that_follows_nobody_is_seen() -> None:
    assert ends_that_follow_nobody("a\r\nb\r\n", "a\r\nc\nb\r\n") == ["c\n"]
    assert ends_that_follow_nobody("a\r\nb\r\n", "a\r\nc\r\nb\r\n") == []


TRAIN = "class Net(nn.Module):\n    def train(self, mode=True):\n        super().train(mode)"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(
    ("last", "after"),
    [
        ("", "\n        return self"),
        ("\n", "\n        return self\n"),
        ("  # why", "  # why\n        return self"),
        ("; self.x = 1;\n", "; self.x = 1;\n        return self\n"),
        (
            "\n        if mode:\n            self.x = 1\n",
            "\n        if mode:\n            self.x = 1\n        return self\n",
        ),
    ],
    ids=["end of the file", "line end", "comment", "two in a line", "block"],
)
def test_a_last_statement_is_added_on_a_line_of_its_own(last: str, after: str, end: str) -> None:
    head = "from torch import nn\n" + TRAIN
    outcome = fixed((head + last).replace("\n", end).encode())
    assert outcome.after.decode() == (head + after).replace("\n", end)


ONE_LINE = "    def train(self, mode=True): super().train(mode)\n"
TWO_LINES = "    def train(\n        self, mode=True): super().train(mode)\n"
CONTINUED = "    def train(self, mode=True):\n        super().train(mode); \\\n        self.x = 1\n"
OPEN_END = "    def train(self, mode=True):\n        super().train(mode) \\\n\n"


@pytest.mark.parametrize(
    "method",
    [ONE_LINE, TWO_LINES, CONTINUED, OPEN_END],
    ids=["one line", "head over two lines", "continued line", "continued by nothing"],
)
def test_where_no_line_can_be_added_no_fix_is_offered(method: str) -> None:
    (finding,) = lint_bytes("x.py", f"from torch import nn\nclass Net(nn.Module):\n{method}".encode(), RULES).findings
    assert (finding.code, finding.fix) == ("DRP404", None)


EXPORT = """import torch
from torch import nn
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))
model.load_state_dict(torch.load("x.pt"))
{before}traced = torch.jit.trace(model, torch.rand(2, 4))
"""


@pytest.mark.parametrize(
    ("before", "is_offered"),
    [("", True), ("\f", True), ("x = 1; \\\n", False), ("x = 1; ", False)],
    ids=["own line", "form feed", "behind a continued line", "behind another statement"],
)
def test_a_line_is_added_before_a_statement_only_if_that_begins_one(before: str, is_offered: bool) -> None:
    text = EXPORT.format(before=before)
    (finding,) = lint_bytes("x.py", text.encode(), RULES).findings
    assert (finding.code, finding.fix is not None) == ("DRP306", is_offered)
    if finding.fix is not None:
        ast.parse(apply_edits(text, finding.fix.edits))
        assert fixed(text.encode()).result.findings == ()


@dataclass(frozen=True)
class Style:
    """How a notebook is written down."""

    indent: int | str | None = 1
    end: str = "\n"
    mark: bytes = b""
    ascii_only: bool = False
    as_list: bool = True
    last: str = "\n"


STYLES = {
    "as Jupyter writes": Style(),
    "byte order mark": Style(mark=codecs.BOM_UTF8),
    "crlf": Style(end="\r\n", last="\r\n"),
    "byte order mark and crlf": Style(mark=codecs.BOM_UTF8, end="\r\n", last=""),
    "two blanks": Style(indent=2),
    "tabs": Style(indent="\t"),
    "one line": Style(indent=None, last=""),
    "escapes": Style(ascii_only=True),
    "source as a string": Style(as_list=False),
    "escapes in a string on one line": Style(indent=None, ascii_only=True, as_list=False),
}
OTHERS = (
    '{"cell_type": "markdown", "metadata": {"n": 1.0e5, "n": 1E+2, "s": "\\/\\u00E9\\ud83d\\ude00"}, "source": "a", '
    '"source": ["nn.Dropout(rate=1)"]}'
)


def notebook_of(source: str, style: Style) -> tuple[bytes, bytes, bytes]:
    """A notebook with ``source`` in a cell: what stands before the value of the source, the value, and the rest."""
    value = source.splitlines(keepends=True) if style.as_list else source
    cell: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": "SOURCE",
    }
    content = {"cells": ["OTHER", cell], "metadata": {"é": "SPECIAL"}, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(content, indent=style.indent, ensure_ascii=style.ascii_only)
    written = json.dumps(value, indent=style.indent, ensure_ascii=style.ascii_only)
    if style.indent is not None and style.as_list:
        unit = style.indent if isinstance(style.indent, str) else " " * style.indent
        written = written.replace("\n", "\n" + 3 * unit)
    text = text.replace('"OTHER"', OTHERS).replace("SPECIAL", "" if style.ascii_only else "ä ö")
    before, _, after = (text + style.last.replace("\r\n", "\n")).partition('"SOURCE"')
    before, written, after = (part.replace("\n", style.end) for part in (before, written, after))
    return style.mark + before.encode(), written.encode(), after.encode()


@pytest.mark.parametrize("folder", FIXTURES, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", STYLES)
def test_fixes_of_a_notebook_change_nothing_but_the_source(name: str, folder: Path) -> None:
    text = (folder / "bad.py").read_text("utf-8")
    before, source, after = notebook_of(text, STYLES[name])
    expected = fixed(text.encode(), "fixture.ipynb.py").after.decode()
    outcome = fixed(before + source + after, "fixture.ipynb")
    assert outcome.applied
    assert outcome.refused == ()
    assert outcome.after.startswith(before)
    assert outcome.after.endswith(after)
    value = json.loads(outcome.after[len(before) : len(outcome.after) - len(after)])
    assert "".join(value) == expected
    assert not any(finding.fix for finding in outcome.result.findings)
    assert fixed(outcome.after, "fixture.ipynb").applied == ()


@pytest.mark.parametrize("name", STYLES)
def test_an_added_line_is_a_line_of_its_own_in_the_notebook(name: str) -> None:
    text = "from torch import nn\n" + TRAIN + "\nx = 'é\\\\n'\nnn.Dropout(rate=0.5)"
    outcome = fixed(b"".join(notebook_of(text, STYLES[name])), "x.ipynb")
    expected = text.replace("super().train(mode)", "super().train(mode)\n        return self").replace("rate=", "p=")
    assert outcome.after == b"".join(notebook_of(expected, STYLES[name]))


@pytest.mark.parametrize("name", STYLES)
def test_comments_in_a_notebook_change_nothing_but_their_lines(name: str, tmp_path: Path) -> None:
    text = "from torch import nn\n%time\nx = [1, \\\n     nn.Dropout(30)]\n!ls 'a\nnn.Dropout(40)"
    path = tmp_path / "x.ipynb"
    path.write_bytes(b"".join(notebook_of(text, STYLES[name])))
    assert len(annotate_file(path, RULES).covered) == 2
    expected = text.replace("(30)]", "(30)]  # noqa: DRP101").replace("(40)", "(40)  # noqa: DRP101")
    assert path.read_bytes() == b"".join(notebook_of(expected, STYLES[name]))
    assert lint_bytes("x.ipynb", path.read_bytes(), RULES).findings == ()


def test_cells_with_line_ends_of_their_own_keep_them() -> None:
    text = ("from torch import nn\n" + TRAIN).replace("\n", "\r\n")
    outcome = fixed(b"".join(notebook_of(text, Style(as_list=False))), "x.ipynb")
    assert outcome.after == b"".join(notebook_of(text + "\r\n        return self", Style(as_list=False)))


def test_a_cell_whose_source_is_no_text_is_reported_and_hides_no_other() -> None:
    cells = [{"cell_type": "code", "source": source} for source in (["x", 3], "import torch\ntorch.nn.Dropout(30)")]
    found = lint_bytes("x.ipynb", json.dumps({"cells": [*cells, {"cell_type": "code"}]}).encode(), RULES).findings
    assert [(finding.code, finding.cell) for finding in found] == [("DRP000", 1), ("DRP101", 2)]
    outcome = fixed(json.dumps({"cells": [*cells, {"cell_type": "code"}]}).encode(), "x.ipynb")
    assert outcome.after == json.dumps({"cells": [*cells, {"cell_type": "code"}]}).replace("(30)", "(0.3)").encode()
