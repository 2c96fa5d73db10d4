"""The run-time checks on other people's models in eval mode: a finding is a false alarm unless somebody explained it.

``python -m benchmarks.third_party`` makes an environment with the libraries (several gigabytes, once), sweeps each
library in a process of its own, and prints a table; ``--write`` keeps it in ``benchmarks/third_party.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks import environments
from benchmarks.packages import HERE
from benchmarks.sweep import Result
from benchmarks.zoo import LIBRARIES

REPORT = HERE / "third_party.md"
NOTES = HERE / "third_party_notes.json"
_SHOWN = (
    "torch torchvision transformers timm torch-geometric diffusers vit-pytorch segmentation-models-pytorch braindecode "
    "x-transformers open-clip-torch pytorch-tabnet tab-transformer-pytorch rtdl-revisiting-models peft"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Sweep and report; 1 if a finding is not explained."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.third_party", description=__doc__)
    parser.add_argument("--environment", type=Path, metavar="DIR", help="an environment that has the libraries already")
    parser.add_argument("--library", action="append", choices=LIBRARIES, help="only this one; may be repeated")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args(argv)
    commands = environments.models(options.environment)
    results = [result for library in options.library or LIBRARIES for result in sweep(commands, library)]
    text = report(results, explanations(), environments.versions(commands))
    print(text)
    if options.write:
        REPORT.write_text(text, "utf-8")
    return 1 if "NOT EXPLAINED" in text else 0


def sweep(commands: Path, library: str) -> list[Result]:
    """The results for one library, from a process of the environment whose commands are in ``commands``."""
    print(f"{library} ...", file=sys.stderr)
    done = subprocess.run(
        [commands / "python", "-m", "benchmarks.sweep", library],
        cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(HERE.parent), "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    results = [Result(**json.loads(line)) for line in done.stdout.splitlines() if line.startswith('{"library"')]
    if done.returncode:
        results.append(Result(library, "(the sweep itself)", f"ended with code {done.returncode}"))
    return results


def explanations() -> dict[str, str]:
    """What was read in the source of a model with a finding: ``library name`` to text."""
    notes: dict[str, str] = json.loads(NOTES.read_text("utf-8"))
    return notes


def report(results: Sequence[Result], notes: dict[str, str], versions: dict[str, str]) -> str:
    """The page: a row for each library, then every finding with its explanation, then what did not run."""
    ran = [result for result in results if not result.failed]
    lines = [
        "# Other people's models",
        "",
        "Written by `python -m benchmarks.third_party --write`.  Every model is built from its configuration with",
        "random weights and drop rates of 0.1, put into eval mode, and checked; findings are read in the source of the",
        "library.",
        "",
        "Versions: " + ", ".join(f"{name} {versions[name]}" for name in _SHOWN.split() if name in versions) + ".",
        "",
        "| library | models that ran | active in train mode | state | default | strict | did not run |",
        "|---|---|---|---|---|---|---|",
    ]
    for library in dict.fromkeys(result.library for result in results):
        lines.append(_row(library, [result for result in results if result.library == library]))
    lines += [_row("all", list(results)), ""]
    lines += [
        "State: `assert_eval_mode` and `assert_eval_propagates`; default: `assert_no_active_dropout`; strict:",
        "`assert_deterministic`.  Active in train mode: at least one place drops, or uses the batch's statistics,",
        "after `train()`, so there was something to be wrong about.",
        "",
        "## Findings",
        "",
    ]
    found = [result for result in ran if result.state or result.default or result.strict]
    for result in found:
        key = f"{result.library} {result.name}"
        tier = "state" if result.state else "default" if result.default else "strict"
        where = _place(result.state or result.default or result.strict)
        lines.append(f"- **{key}**, {tier}: {notes.get(key, 'NOT EXPLAINED')}  Reported: {where}")
    if not found:
        lines.append("None.")
    lines += [
        "",
        "## Did not run",
        "",
        "Too large even when small, no recipe for an input, or something is not installed.",
        "",
    ]
    reasons = Counter((result.library, result.failed.partition(":")[0]) for result in results if result.failed)
    lines += [f"- {library}: {count} {reason}" for (library, reason), count in sorted(reasons.items())]
    return "\n".join(lines) + "\n"


def _row(name: str, results: list[Result]) -> str:
    ran = [result for result in results if not result.failed]
    counts = [
        len(ran),
        sum(result.dropped > 0 for result in ran),
        *(sum(bool(getattr(result, tier)) for result in ran) for tier in ("state", "default", "strict")),
        len(results) - len(ran),
    ]
    return f"| {name} | " + " | ".join(map(str, counts)) + " |"


def _place(message: str) -> str:
    """The line of a message that names a place, without folders that differ between machines."""
    lines = [line.strip() for line in message.splitlines() if ".py:" in line] or message.splitlines()[:1]
    return "`" + lines[0].replace(str(Path.home()), "~").rpartition("site-packages/")[2] + "`"


if __name__ == "__main__":
    sys.exit(main())
