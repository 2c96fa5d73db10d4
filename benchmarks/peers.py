"""The case matrix side by side with what else tests PyTorch models under pytest: what each catches, and what it names.

``python -m benchmarks.peers`` makes an environment with the other tools, plays every case that is a model with an
input, and prints a table; ``--write`` keeps it in ``benchmarks/peers.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import environments
from benchmarks.duel import CONTESTANTS, Outcome
from benchmarks.packages import HERE

REPORT = HERE / "peers.md"
_SHOWN = ("torch", "pytest-torch", "torch-audit")
_SIGNS = {"": ".", "caught": "x", "layer": "x layer", "line": "x line", "both": "x layer, line", "error": "E"}


def main(argv: Sequence[str] | None = None) -> int:
    """Play, and print the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--environment", type=Path, metavar="DIR", help="an environment that has the tools already")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args(argv)
    commands = environments.peers(options.environment)
    done = subprocess.run(
        [commands / "python", "-m", "benchmarks.duel"],
        cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    outcomes = [Outcome(**json.loads(line)) for line in done.stdout.splitlines() if line.startswith('{"case"')]
    text = report(outcomes, environments.versions(commands))
    print(text)
    if options.write:
        REPORT.write_text(text, "utf-8")
    return 0


def report(outcomes: Sequence[Outcome], versions: dict[str, str]) -> str:
    """The page: totals for each contestant, then a row for each case."""
    by_place = {(outcome.case, outcome.misuse, outcome.contestant): outcome for outcome in outcomes}
    misused = list(dict.fromkeys((outcome.case, True) for outcome in outcomes if outcome.misuse))
    legitimate = list(dict.fromkeys((outcome.case, False) for outcome in outcomes if not outcome.misuse))
    lines = [
        "# Side by side",
        "",
        "Written by `python -m benchmarks.peers --write`: the cases of `tests/runtime/cases` that are a model with an",
        "input, in eval mode (unless that is the mistake), given to each check.  `x` caught, with what the message",
        "names; `.` silent; `E` raised something else than a finding.  What torch-audit reports here is about other",
        "subjects; the strict check is right that five of its six legitimate models are random, which they mean to be.",
        "",
        "Versions: " + ", ".join(f"{name} {versions[name]}" for name in _SHOWN if name in versions) + ".",
        "",
        "| check | caught | names the layer | names the line | alarms on legitimate cases | errors |",
        "|---|---|---|---|---|---|",
    ]
    for contestant, what in CONTESTANTS.items():
        of_misuse = [by_place[case[0], case[1], contestant].what for case in misused]
        of_right = [by_place[case[0], case[1], contestant].what for case in legitimate]
        counts = [
            f"{sum(what not in ('', 'error') for what in of_misuse)} of {len(misused)}",
            str(sum(what in ("layer", "both") for what in of_misuse)),
            str(sum(what in ("line", "both") for what in of_misuse)),
            f"{sum(what not in ('', 'error') for what in of_right)} of {len(legitimate)}",
            str(sum(what == "error" for what in [*of_misuse, *of_right])),
        ]
        lines.append(f"| {what} | " + " | ".join(counts) + " |")
    for title, names in (("Misuse", misused), ("Legitimate", legitimate)):
        lines += [
            "",
            f"## {title}",
            "",
            "| case | " + " | ".join(CONTESTANTS) + " |",
            "|---|" + "---|" * len(CONTESTANTS),
        ]
        for case in names:
            cells = [_SIGNS[by_place[case[0], case[1], contestant].what] for contestant in CONTESTANTS]
            lines.append(f"| {case[0]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
