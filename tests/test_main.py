"""The command as a process: how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environment

FILES = {
    "clean": ("import torch\n", 0, "All checks passed!"),
    "a finding": ("import torch\nfrom torch import nn\n\nnn.Dropout(30)\n", 1, "DRP101"),
    "many findings": ("import torch\nfrom torch import nn\n\n" + "nn.Dropout(30)\n" * 3000, 1, "Found 3000 findings."),
}
"""What a file holds, its text, the exit code, and what is printed last or first."""


def run(program: list[str], path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *program, "check", "--isolated", "--no-cache", str(path)]
    return subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("text", "code", "said"), FILES.values(), ids=FILES.keys())
def test_all_that_was_printed_arrives_and_the_exit_code_does(text: str, code: int, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(text, "utf-8")
    done = run(["-m", "dropout_lint"], path)
    assert (done.returncode, done.stderr) == (code, "")
    assert said in done.stdout
    assert done.stdout.endswith("\n")


def test_what_is_registered_for_the_end_of_the_process_runs(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import torch\n", "utf-8")
    program = "import atexit; atexit.register(print, 'the end'); from dropout_lint.__main__ import run; run()"
    done = run(["-c", program], path)
    assert (done.returncode, done.stdout) == (0, "All checks passed!\nthe end\n")
