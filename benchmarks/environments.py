"""Virtual environments for what cannot be installed beside the tool: TorchFix pins LibCST, and plain flake8 has no
plugin.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from benchmarks.packages import HERE

FOLDER = HERE / ".venvs"  # ignored by git
_TORCHFIX = "torchfix==0.7.0"
_FLAKE8 = f"flake8=={importlib.metadata.version('flake8')}"  # the one that the tests run with
_MODELS = (  # torchvision fits exactly one torch; the rest was installed beside them when the table was made
    "torch==2.14.1",
    "torchvision==0.29.1",
    "transformers==5.24.0",
    "timm==1.0.31",
    "torch_geometric==2.8.1",
    "diffusers",
    "vit-pytorch",
    "segmentation-models-pytorch",
    "braindecode",
    "x-transformers",
    "open-clip-torch",
    "pytorch-tabnet",
    "tab-transformer-pytorch",
    "rtdl-revisiting-models",
    "peft",
)
_PEERS = ("torch==2.13.0", "numpy", "pytest>=8", "rich", "pytest-torch==1.1.1", "torch-audit==0.3.0")
_SOURCES = ("dropout_lint", "rules", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")


def torchfix() -> Path:
    """The folder with the ``torchfix`` command."""
    return _ensure("torchfix", [_TORCHFIX])


def flake8() -> Path:
    """The folder with a ``flake8`` command without plugins."""
    return _ensure("flake8", [_FLAKE8])


def flake8_with_plugin(checkout: Path = HERE.parent, name: str = "flake8-plugin") -> Path:
    """The folder with a ``flake8`` command, of the same version, with the plugin as it is in ``checkout``; the
    environment is called ``name``.
    """
    commands = _ensure(name, [_FLAKE8, "libcst", "pathspec", "rich"])
    with tempfile.TemporaryDirectory() as scratch:  # a build in the checkout itself would leave things there
        for file in _SOURCES:
            source, target = checkout / file, Path(scratch) / file
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, target)
        _pip(commands, ["--no-deps", "--force-reinstall", scratch])
    return commands


def models(home: Path | None = None) -> Path:
    """The folder with a ``python`` that has the libraries of the zoo: gigabytes.  ``home``: one made already."""
    return _commands(home) if home else _ensure("models", _MODELS)


def peers(home: Path | None = None) -> Path:
    """The folder with a ``python`` that has torch and what else tests models.  ``home``: one made already."""
    return _commands(home) if home else _ensure("peers", _PEERS)


def with_packages(name: str, requirements: Sequence[str], alone: Sequence[str] = ()) -> Path:
    """The folder with the commands of an environment called ``name`` that has ``requirements``, and those that are
    installed ``alone``, without what they ask for.
    """
    return _ensure(name, requirements, alone)


def versions(commands: Path) -> dict[str, str]:
    """The distributions of an environment and their versions."""
    listing = subprocess.run(
        [commands / "python", "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True
    )
    return {entry["name"].lower().replace("_", "-"): entry["version"] for entry in json.loads(listing.stdout)}


def _ensure(name: str, requirements: Sequence[str], alone: Sequence[str] = ()) -> Path:
    home = FOLDER / name
    commands = _commands(home)
    marker = home / "requirements.txt"
    wanted = "\n".join([f"# {sys.implementation.cache_tag}", *requirements, *alone]) + "\n"
    if not marker.exists() or marker.read_text("utf-8") != wanted:
        print(f"Making {home} ...", file=sys.stderr)
        venv.create(home, clear=True, with_pip=True)
        _pip(commands, requirements)
        if alone:
            _pip(commands, ["--no-deps", *alone])
        marker.write_text(wanted, "utf-8")
    return commands


def _commands(home: Path) -> Path:
    return home / ("Scripts" if sys.platform == "win32" else "bin")


def _pip(commands: Path, arguments: Sequence[str]) -> None:
    command = [str(commands / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr)
