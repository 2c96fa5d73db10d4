"""Gathers the files of the playground: ``python -m website.playground.gather FOLDER``.

FOLDER has the wheels in `wheels/` already; the rest comes from here and from `node_modules`.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from dropout_lint.lint import page
from dropout_lint.lint.registry import all_rules

HERE = Path(__file__).resolve().parent
OURS = ("answer.py", "playground.css", "playground.js", "worker.js")
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


def examples() -> list[dict[str, object]]:
    """The first example of each rule that has one."""
    found = [(rule, page.code(rule, "Example")) for rule in all_rules()]
    return [{"code": rule.code, "name": rule.name, "default": rule.on, "example": code} for rule, code in found if code]


def gather(folder: Path) -> None:
    """Put everything that the page loads into ``folder``."""
    for name in OURS:
        shutil.copy(HERE / name, folder / name)
    (folder / "pyodide").mkdir(exist_ok=True)
    for name in PYODIDE:
        shutil.copy(HERE / "node_modules" / "pyodide" / name, folder / "pyodide" / name)
    wheels = sorted(path.name for path in (folder / "wheels").glob("*.whl"))
    (folder / "wheels.json").write_text(json.dumps(wheels), "utf-8")
    (folder / "examples.json").write_text(json.dumps(examples()), "utf-8")


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
