"""The codemod: what `check --fix` writes, by LibCST's own command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import libcst as cst
import pytest
from libcst.codemod import CodemodContext

from dropout_lint.codemod import FixDropout
from dropout_lint.driver.fix_files import fix_bytes
from dropout_lint.lint.registry import all_rules
from dropout_lint.semantic.project import Project
from tests.conftest import ROOT, clean_environment

BAD = [path for path in sorted((ROOT / "fixtures").glob("DRP*/bad.py")) if path.parent.name != "DRP000"]
TEXT = """\
import torch
from torch import nn

rnn = nn.LSTM(8, 8, dropout=0.3)  # one layer
drop = nn.Dropout(30)
"""
FIXED = TEXT.replace(", dropout=0.3", "")


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("path", BAD, ids=lambda path: path.parent.name)
def test_it_writes_what_the_fixes_of_check_write(path: Path, unsafe: bool, tmp_path: Path) -> None:
    copy = tmp_path / "bad.py"
    copy.write_bytes(path.read_bytes())
    rules = [rule for rule in all_rules() if rule.on]
    expected = fix_bytes(str(copy), path.read_bytes(), rules, Project(), unsafe=unsafe).after
    command = FixDropout(CodemodContext(filename=str(copy)), unsafe_fixes=unsafe)
    assert command.transform_module(cst.parse_module(path.read_bytes())).bytes == expected


def codemod(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "libcst.tool", "codemod", "--external", "--no-format"]
    done = subprocess.run(
        [*command, "dropout_lint.codemod.FixDropout", *words],
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def test_the_command_of_libcst_applies_the_safe_fixes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    assert "Transformed 1 files successfully" in codemod(tmp_path, "a.py")
    assert (tmp_path / "a.py").read_text("utf-8") == FIXED


def test_unsafe_fixes_have_to_be_requested(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    codemod(tmp_path, "--unsafe-fixes", "a.py")
    assert (tmp_path / "a.py").read_text("utf-8") == FIXED.replace("30", "0.3")


def test_the_settings_of_the_project_count(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.dropout-lint]\nignore = ["DRP108"]\n', "utf-8")
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    codemod(tmp_path, "a.py")
    assert (tmp_path / "a.py").read_text("utf-8") == TEXT


def test_what_a_comment_suppresses_stays(tmp_path: Path) -> None:
    text = TEXT.replace("# one layer", "# noqa: DRP108")
    (tmp_path / "a.py").write_text(text, "utf-8")
    codemod(tmp_path, "a.py")
    assert (tmp_path / "a.py").read_text("utf-8") == text
