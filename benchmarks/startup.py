"""What a single file costs, where somebody waits for it: in the command and in flake8, beside another build.

    python -m benchmarks.startup --against PATH

Each build is installed, in an environment of its own, as users install it.  CPU seconds, user and system, of all
processes; in turns, after one turn that does not count; the median.  What Python itself takes, `python -c pass`, is in
the figures and is printed, so that both ratios can be told.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import environments
from benchmarks.measure import measure

_HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
_LAYER = """class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 2)

    def forward(self, x):
        return self.linear(F.dropout(x, 0.3{}))
"""
_MODEL = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.3)
        self.linear = nn.Linear(8, 2)

    def forward(self, x):
        return self.linear(self.drop(x))


model = Net()
model.load_state_dict(torch.load("net.pt")){}
with torch.no_grad():
    print(model(torch.load("x.pt")).argmax())
"""
FILES = {
    "a finding with a fix": _HEAD + _LAYER.format(""),
    "clean, with dropout": _HEAD + _LAYER.format(", training=self.training"),
    "clean, torch alone": "import torch\n\n\ndef total(x):\n    return torch.sum(x, dim=0)\n",
    "without torch": "import os\n\n\ndef here():\n    return os.getcwd()\n",
    "a finding about modes": _HEAD + _MODEL.format(""),
    "clean, with modes": _HEAD + _MODEL.format("\nmodel.eval()"),
}
"""What is checked, by what it is."""

Build = dict[str, list[str]]
"""The commands of a build, by what they do; the file comes behind."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.startup", description=__doc__.partition("\n")[0])
    parser.add_argument("--against", type=Path, metavar="PATH", help="another checkout, measured beside this one")
    parser.add_argument("--turns", type=int, default=11, metavar="N", help="how often each is run (default: 11)")
    arguments = parser.parse_args(argv)
    commands = environments.flake8_with_plugin()
    builds = {"here": _build(commands)}
    if arguments.against is not None:
        builds["there"] = _build(environments.flake8_with_plugin(arguments.against.resolve(), "flake8-plugin-against"))
    plain = [str(environments.flake8() / "python"), "-m", "flake8", "--isolated", "--select", "F"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").touch()  # a project, as nearly always
        runs = {("python", "", ""): [str(commands / "python"), "-c", "pass"]}
        for number, (what, text) in enumerate(FILES.items()):
            file = Path(folder) / f"file{number}.py"
            file.write_text(text, "utf-8")
            for build, does in builds.items():
                for kind, command in does.items():
                    runs[kind, what, build] = [*command, str(file)]
            runs["flake8", what, "without"] = [*plain, str(file)]
        costs = _costs(runs, Path(folder), arguments.turns)
    _print(costs, [*builds])
    return 0


def _build(commands: Path) -> Build:
    python = str(commands / "python")
    return {
        "check": [python, "-m", "dropout_lint", "check", "--no-cache"],
        "flake8": [python, "-m", "flake8", "--isolated", "--select", "F,DRP"],
    }


def _costs(runs: dict[tuple[str, str, str], list[str]], folder: Path, turns: int) -> dict[tuple[str, str, str], float]:
    taken: dict[tuple[str, str, str], list[float]] = {key: [] for key in runs}
    for turn in range(turns + 1):
        for key, command in runs.items():
            cost = measure(command, folder)
            if turn:
                taken[key].append(cost.cpu)
    return {key: statistics.median(costs) for key, costs in taken.items()}


def _print(costs: dict[tuple[str, str, str], float], builds: Sequence[str]) -> None:
    base = costs["python", "", ""]
    print(f"python -c pass: {base * 1000:.0f} ms\n")
    heads = [*(f"{build} (ms)" for build in builds), "without (ms)", "here / there", "less Python", "here / without"]
    print("| command | file | " + " | ".join(heads) + " |")
    print("|---" * (len(heads) + 2) + "|")
    for kind in ("check", "flake8"):
        for what in FILES:
            here, there, without = (costs.get((kind, what, build)) for build in ("here", "there", "without"))
            assert here is not None
            cells = [f"{costs[kind, what, build] * 1000:.0f}" for build in builds]
            cells.append("" if without is None else f"{without * 1000:.0f}")
            cells.append("" if there is None else f"{here / there:.2f}")
            cells.append("" if there is None else f"{(here - base) / (there - base):.2f}")
            cells.append("" if without is None else f"{here / without:.2f}")
            print(f"| {kind} | {what} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    sys.exit(main())
