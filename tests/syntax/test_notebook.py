"""Notebooks: what IPython adds to Python hides nothing, and each finding is in its cell."""

from __future__ import annotations

import json

import pytest

from dropout_lint.lint.file_check import lint_bytes
from dropout_lint.lint.registry import all_rules
from dropout_lint.syntax import notebook


def notebook_of(*sources: str, language: str = "python") -> bytes:
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": s.splitlines(keepends=True)} for s in sources
    ]
    metadata = {"kernelspec": {"language": language, "name": "x", "display_name": "x"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline",
        "!pip install torch",
        "files = !ls",
        "x = %timeit -o 1",
        "nn.Dropout?",
        "?nn.Dropout",
        "%%time\nx = 1",
        "await f()",
        "if 1:\n    !ls",
        "!pip install \\\n  torch",
        "%%bash\nrm -rf (",
        "cd data/net",
        "x = 1\ncd ..\npip install torch",
        "if 1:\n    mkdir -p data",
    ],
)
def test_ipython_s_own_syntax_hides_nothing(magic: str) -> None:
    data = notebook_of("from torch import nn", magic, "x = 1\nnn.Dropout(30)")
    (finding,) = lint_bytes("x.ipynb", data, all_rules()).findings
    assert (finding.code, finding.cell, finding.span.start.line, finding.span.start.column) == ("DRP101", 3, 2, 12)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("less - nn.Dropout(30)", 1),
        ("cat = nn.Dropout(30)", 1),
        ("man += [\n    nn.Dropout(30)]", 2),
        ("cats = [nn.Dropout(30)\n    for cat in\n    cat ]", 1),
        ("cd data\ncat = [\n    nn.Dropout(30)]", 3),
        ("cd data\nls -nn.Dropout(30)", 2),
    ],
)
def test_what_is_python_is_no_magic_without_its_sign(cell: str, line: int) -> None:
    (finding,) = lint_bytes("x.ipynb", notebook_of("from torch import nn", cell), all_rules()).findings
    assert (finding.code, finding.span.start.line) == ("DRP101", line)


def test_a_cell_that_is_broken_beside_a_magic_is_reported() -> None:
    data = notebook_of("from torch import nn\nnn.Dropout(30)", "cd data\ndef f(:")
    found_here = lint_bytes("x.ipynb", data, all_rules()).findings
    assert [(finding.code, finding.cell, finding.span.start.line) for finding in found_here] == [
        ("DRP101", 1, 2),
        ("DRP000", 2, 2),
    ]


def test_a_broken_cell_is_reported_and_hides_no_other() -> None:
    data = notebook_of("from torch import nn", "def f(:", "nn.Dropout(30)")
    found_here = lint_bytes("x.ipynb", data, all_rules()).findings
    assert [(finding.code, finding.cell) for finding in found_here] == [("DRP000", 2), ("DRP101", 3)]


def test_what_python_only_warns_of_is_not_said(recwarn: pytest.WarningsRecorder) -> None:
    data = notebook_of("from torch import nn\nx = '\\l'; x is 1; nn.Dropout(30)")
    assert [finding.code for finding in lint_bytes("x.ipynb", data, all_rules()).findings] == ["DRP101"]
    assert [str(warning.message) for warning in recwarn] == []


def test_notebooks_in_other_languages_are_left_alone() -> None:
    assert lint_bytes("x.ipynb", notebook_of("torch <- (", language="R"), all_rules()).findings == ()


@pytest.mark.parametrize(
    "data", [b"torch nn.Dropout(30)", b"\xff torch nn.Dropout(30)", b'{"worksheets": "torch nn.Dropout(30)"}']
)
def test_what_is_no_notebook_is_unparsable(data: bytes) -> None:
    assert [finding.code for finding in lint_bytes("x.ipynb", data, all_rules()).findings] == ["DRP000"]


def test_an_untouched_notebook_round_trips() -> None:
    text = json.dumps(json.loads(notebook_of("a = 1\nb = 2")), indent=1, ensure_ascii=False) + "\n"
    read = notebook.read(text.encode())
    assert read.with_edits(1, ()) == text.encode()
