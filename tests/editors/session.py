"""A program with mistakes, and what an editor shows of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, clean_environment

HERE = Path(__file__).parent
PROGRAM = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(p=0.3))
model.load_state_dict(torch.load("w.pt"))
drop = nn.Dropout(rate=0.1)
with torch.no_grad():
    print(model(torch.load("x.pt")).argmax())
"""


def settings(language: str) -> list[str]:
    """The pieces of docs/editors.md that are written in ``language``."""
    page = (ROOT / "docs" / "editors.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def show(folder: Path, command: list[str], settings: str) -> dict[str, Any]:
    """What an editor, started by ``command`` in ``folder``, has seen of `PROGRAM`; it writes that down at its end."""
    program, seen, given = folder / "predict.py", folder / "seen.json", folder / "settings"
    program.write_text(PROGRAM)
    given.write_text(settings)
    (folder / "pyproject.toml").write_text("[tool.dropout-lint]\n")
    environment = clean_environment(
        SETTINGS=str(given),
        SEEN=str(seen),
        PROGRAM=str(program),
        PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        HOME=str(folder),
        XDG_CONFIG_HOME=str(folder),
        XDG_STATE_HOME=str(folder),
    )
    ended = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    assert seen.exists(), f"{ended.stdout}{ended.stderr}"
    found = json.loads(seen.read_text("utf-8"))
    assert isinstance(found, dict)
    return found
