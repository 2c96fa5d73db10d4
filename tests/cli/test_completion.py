"""The printed scripts complete commands, options, values and files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dropout_lint.cli import main
from dropout_lint.cli.options import SHELLS

pytest.importorskip("shtab")

ASK = """
source completion.bash
function=$(complete -p dropout-lint | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMP_LINE="$*"; COMPREPLY=()
$function dropout-lint "${COMP_WORDS[-1]}" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "show-settings" in script
    assert "artifacts" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ch"], {"check"}),
        (["check", "--show-s"], {"--show-settings"}),
        (["check", "--output-format", "j"], {"json", "json-lines", "junit"}),
        (["check", "net"], {"network.py"}),
    ],
    ids=["command", "option", "value", "file"],
)
def test_bash_completes(
    words: list[str], expected: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["completion", "bash"])
    (tmp_path / "completion.bash").write_text(capsys.readouterr().out, "utf-8")
    (tmp_path / "network.py").write_text("", "utf-8")
    command = ["bash", "-c", ASK, "bash", "dropout-lint", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert set(done.stdout.split()) == expected, done.stderr


def test_without_the_extra_it_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "pip install 'dropout-lint[completion]'" in capsys.readouterr().err
