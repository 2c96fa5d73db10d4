"""Emacs with eglot, driven as a user drives it: Debian's packages emacs-nox and elpa-eglot, or Emacs 29 and newer."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.editors.session import HERE, PROGRAM, settings, show

pytest.importorskip("pygls")
pytestmark = pytest.mark.checkout  # the settings are those of docs/editors.md
EMACS = os.environ.get("DROPOUT_LINT_EMACS") or shutil.which("emacs")
PACKAGES = "/usr/share/emacs/site-lisp/elpa-src"


def has_eglot() -> bool:
    if EMACS is None:
        return False
    look = f'(let ((default-directory "{PACKAGES}/")) (when (file-directory-p default-directory)'
    look += ' (normal-top-level-add-subdirs-to-load-path)) (kill-emacs (if (locate-library "eglot") 0 1)))'
    return subprocess.run([EMACS, "-Q", "--batch", "--eval", look], capture_output=True).returncode == 0


@pytest.mark.skipif(EMACS is None, reason="Emacs is not installed")
def test_findings_are_shown_fixed_and_explained_in_emacs(tmp_path: Path) -> None:
    if not has_eglot():
        pytest.skip("this Emacs has no eglot")
    seen = show(tmp_path, [str(EMACS), "-Q", "--batch", "-l", str(HERE / "session.el")], *settings("elisp"))

    assert [found["line"] for found in seen["opened"]] == [6, 8]
    unknown, mode = (found["message"] for found in seen["opened"])
    assert "`nn.Dropout` has no parameter `rate`" in unknown
    assert "`model` is in train mode here" in mode
    assert "\nline 4: " in mode  # eglot shows no related information

    assert any(title.startswith("Write `p=`") for title in seen["actions"])
    assert seen["text"] == PROGRAM.replace("rate=", "p=")
    assert [found["line"] for found in seen["fixed"]] == [8]

    assert "mode: train" in seen["hover_on_model"]
    assert "predict.py:4" in seen["hover_on_model"]
    assert "drops elements with probability 0.3" in seen["hover_on_dropout"]
