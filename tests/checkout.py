"""Copies of the working tree, and environments to install them in: what tests of whole installations stand on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.conftest import ROOT, clean_environment

_BUILT = shutil.ignore_patterns(
    ".git", ".venv*", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", "corpus", ".coverage*", "*.pyc"
)


def copy_checkout(target: Path) -> Path:
    """Copy the repository as it stands, committed or not, to the new folder ``target``: what git would track."""
    if not (ROOT / ".git").exists():
        shutil.copytree(ROOT, target, ignore=_BUILT)
        return target
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, env=clean_environment()).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():  # git still lists what has just been deleted
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def make_environment(target: Path, python: str = sys.executable, *, shares_libraries: bool = True) -> Path:
    """A virtual environment in ``target``; returns its interpreter.

    With ``shares_libraries`` it sees what is installed beside the running Python, but no editable install there: the
    ``.pth`` files of a folder that is itself named in a ``.pth`` file are not read.
    """
    subprocess.run([python, "-m", "venv", "--without-pip", target], check=True, env=clean_environment())
    if shares_libraries:
        [packages] = target.glob("lib/python*/site-packages")
        (packages / "libraries_of_the_tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return target / "bin" / "python"


def install(python: Path, *what: str | Path) -> None:
    """Install ``what``, in pip's words, into the environment of ``python``."""
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *what]
    done = subprocess.run(command, cwd=python.parent, env=clean_environment(), capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def find_python(version: str) -> str | None:
    """An interpreter of ``version`` ("3.12"), on the path or kept by pyenv; None if there is none that works."""
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [f"python{version}", *(str(path) for path in sorted(kept.glob(f"{version}.*/bin/python")))]
    question = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        try:
            done = subprocess.run([candidate, "-c", question], capture_output=True, text=True, env=clean_environment())
        except OSError:
            continue
        if done.returncode == 0 and done.stdout.strip() == version:
            return candidate
    return None
