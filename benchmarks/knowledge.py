"""Checks the knowledge files against the libraries themselves, in an environment of its own, and prints a table."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from benchmarks.marked import replace_block
from benchmarks.packages import HERE

# torchvision must fit torch; the last ones are what this package itself needs.
_TOGETHER = (
    "torch==2.14.1", "torchvision==0.29.1", "timm==1.0.31", "transformers==5.24.0", "diffusers==0.42.1",
    "accelerate==1.15.0", "torch_geometric==2.8.1", "open_clip_torch==3.3.0", "segmentation_models_pytorch==0.6.0",
    "vit-pytorch==1.26.11", "sentence-transformers==6.2.0", "lightning==2.6.6", "pytorch-lightning==2.6.6",
    "pytorch-ignite==0.5.5", "skorch==1.4.0", "peft==0.21.2", "efficientnet_pytorch==0.7.1",
    "thop==0.1.1.post2209072238", "ptflops==0.7.5", "calflops==0.3.2", "torchinfo==1.8.0", "torchprofile==0.1.0",
    "fvcore==0.1.5.post20221221", "captum==0.9.0", "shap==0.51.0", "torchattacks==3.5.1", "torch-lr-finder==0.2.1",
    "poutyne==1.19.0", "grad-cam==1.5.5", "pytorch-model-summary==0.1.2", "torchview==0.2.7", "torch-pruning==1.6.1",
    "libcst", "rich", "pathspec",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Print what holds and what does not; returns 1 if something does not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.knowledge", description=__doc__)
    parser.add_argument("--python", type=Path, help="an interpreter that has the libraries (default: its own)")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/README.md")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.here:
        return _print_table()
    python = arguments.python or _environment()
    done = subprocess.run(
        [python, "-m", "benchmarks.knowledge", "--here"],
        cwd=HERE.parent,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(done.stdout, end="")
    if arguments.write and done.returncode in (0, 1):
        replace_block(HERE / "README.md", "knowledge", done.stdout.strip())
    return done.returncode


def _environment() -> Path:
    from benchmarks import environments  # which reads the version of flake8, and the libraries come without one

    return environments.with_packages("knowledge", _TOGETHER) / "python"


def _print_table() -> int:
    from benchmarks import knowing

    failed = 0
    counts: dict[str, list[int]] = {}
    for claim in knowing.claims():
        held = counts.setdefault(claim.library, [0, 0, 0])
        if not knowing.is_available(claim):
            held[2] += 1
            continue
        try:
            knowing.check(claim)
        except Exception as error:
            failed += 1
            held[1] += 1
            print(f"NOT TRUE: {claim.kind} {claim.name}: {claim.example.strip()}: {error!r}", file=sys.stderr)
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        else:
            held[0] += 1
    print(
        "| library | version | examples that hold | that do not | not installed |\n| --- | --- | ---: | ---: | ---: |"
    )
    for library, (good, bad, absent) in sorted(counts.items()):
        print(f"| {library} | {_version(library)} | {good} | {bad} | {absent} |")
    print("\nNot tried, and why:\n")
    for kind, name, reason in knowing.unchecked():
        print(f"- {kind} `{name}`: {reason}")
    return 1 if failed else 0


def _version(library: str) -> str:
    for name in (library, f"{library}_torch", f"pytorch_{library}"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "-"


if __name__ == "__main__":
    sys.exit(main())
