"""Neovim, driven as a user drives it: Debian's 0.7 and newer ones; that which is on the path, or $DROPOUT_LINT_NVIM."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.editors.session import HERE, PROGRAM, settings, show

pytest.importorskip("pygls")
pytestmark = pytest.mark.checkout  # the settings are those of docs/editors.md
NEOVIM = os.environ.get("DROPOUT_LINT_NVIM") or shutil.which("nvim")


@pytest.mark.skipif(NEOVIM is None, reason="Neovim is not installed")
def test_findings_are_shown_fixed_and_explained_in_neovim(tmp_path: Path) -> None:
    script = f"luafile {HERE / 'session.lua'}"
    current, old = settings("lua")
    has_config = subprocess.run(
        [str(NEOVIM), "--clean", "--headless", "-c", "lua print(vim.lsp.config)", "-c", "q"], capture_output=True
    )
    given = old if b"nil" in has_config.stderr else current
    seen = show(tmp_path, [str(NEOVIM), "--clean", "--headless", "predict.py", "-c", script], given)

    assert [(found["code"], found["line"]) for found in seen["opened"]] == [("DRP104", 6), ("DRP301", 8)]
    mode = seen["opened"][1]
    assert mode["severity"] == 1
    assert mode["page"].endswith("#drp301")
    assert [related["line"] for related in mode["related"]] == [4]

    assert any(title.startswith("Write `p=`") for title in seen["actions"])
    assert seen["text"] + "\n" == PROGRAM.replace("rate=", "p=")
    assert [(found["code"], found["line"]) for found in seen["fixed"]] == [("DRP301", 8)]

    assert "mode: train" in seen["hover_on_model"]
    assert "predict.py:4" in seen["hover_on_model"]
    assert "drops elements with probability 0.3" in seen["hover_on_dropout"]
    if "hints" in seen:  # from Neovim 0.10 on
        assert seen["hints"] == [{"line": 8, "label": "train"}]
