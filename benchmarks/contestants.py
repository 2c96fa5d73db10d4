"""Who is timed, on which files, and which figures are set against each other."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import environments
from benchmarks.measure import Cost

_FLOOR = Path(__file__).with_name("floor.py")
_NO_NOTEBOOKS = ["--exclude", "*.ipynb"]  # not everyone reads them
_ARGUMENT_RULES = ["--select", "DRP1", "--ignore", "DRP109"]  # DRP109 is about whole classes, and off by default


@dataclass(frozen=True, slots=True)
class Contestant:
    """One command to time."""

    name: str
    group: str
    command: Sequence[str]
    cwd: Path
    lines: int  # in the files that it gets
    prepare: bool = False  # runs once right before it is timed, to fill its cache
    expected: tuple[int, ...] = (0, 1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The cost of ``one`` over that of ``other``, in the same round."""

    what: str
    one: str
    other: str
    figure: str  # cpu, wall, or "cpu per line"
    at_most: float | None = None
    at_least: float | None = None

    def ratio(self, costs: dict[str, Cost], lines: dict[str, int]) -> float:
        """The ratio in one round, whose ``costs`` and numbers of ``lines`` are given by name."""
        return self._figure(self.one, costs, lines) / self._figure(self.other, costs, lines)

    def ratio_of_least(self, rounds: Sequence[Mapping[str, Cost]], lines: dict[str, int]) -> float:
        """The least cost of ``one`` in any round over that of ``other``: mostly free of what a busy machine adds."""
        one, other = (
            min(self._figure(name, dict(costs), lines) for costs in rounds) for name in (self.one, self.other)
        )
        return one / other

    def holds(self, ratio: float) -> bool:
        """Whether ``ratio`` is what was set as the goal."""
        return (self.at_most is None or ratio <= self.at_most) and (self.at_least is None or ratio >= self.at_least)

    def _figure(self, name: str, costs: dict[str, Cost], lines: dict[str, int]) -> float:
        cost = costs[name]
        if self.figure == "wall":
            return cost.wall
        return cost.cpu / lines[name] if self.figure == "cpu per line" else cost.cpu


@dataclass(frozen=True, slots=True)
class Files:
    """Python files, and how many lines they have."""

    paths: Sequence[str] = field(repr=False)
    lines: int

    @classmethod
    def of(cls, paths: Sequence[Path], wanted: Callable[[bytes], bool] = lambda data: True) -> Files:
        """Those of ``paths`` whose content is wanted."""
        kept, lines = [], 0
        for path in paths:
            data = path.read_bytes()
            if wanted(data):
                kept.append(str(path))
                lines += data.count(b"\n")
        return cls(kept, lines)

    def listed(self, file: Path) -> Path:
        """``file``, with the names written into it."""
        file.write_text("".join(f"{path}\n" for path in self.paths), "utf-8")
        return file


def says_dropout(data: bytes) -> bool:
    """Whether a file is about torch and dropout at all."""
    return b"torch" in data and b"dropout" in data.lower()


def on_corpus(corpus: Path, every: Sequence[Path], scratch: Path) -> list[Contestant]:
    """The tool, ruff, and what no linter can do without, on the whole corpus."""
    whole, about_dropout = Files.of(every), Files.of(every, says_dropout)
    tool = [sys.executable, "-m", "dropout_lint", "check", "--isolated", "--quiet", *_NO_NOTEBOOKS]
    ruff = [str(_beside_python("ruff")), "check", "--isolated", "--quiet", "--select", "F", *_NO_NOTEBOOKS]

    def cached(name: str) -> list[str]:
        return ["--cache-dir", str(scratch / name), "."]

    def contestant(name: str, command: Sequence[str], *, prepare: bool = False) -> Contestant:
        return Contestant(name, "corpus", command, corpus, whole.lines, prepare)

    reading = [sys.executable, "-S", str(_FLOOR), "read", str(whole.listed(scratch / "all.txt"))]
    parsing = [sys.executable, "-S", str(_FLOOR), "parse", str(about_dropout.listed(scratch / "dropout.txt"))]
    return [
        contestant("dropout-lint, argument rules, cold", [*tool, *_ARGUMENT_RULES, "--no-cache", "."]),
        contestant(
            "dropout-lint, argument rules, cached", [*tool, *_ARGUMENT_RULES, *cached("arguments")], prepare=True
        ),
        contestant("dropout-lint, default rules, cold", [*tool, "--no-cache", "."]),
        contestant("dropout-lint, default rules, cached", [*tool, *cached("default")], prepare=True),
        contestant("ruff --select F, cold", [*ruff, "--no-cache", "."]),
        contestant("ruff --select F, cached", [*ruff, *cached("ruff")], prepare=True),
        contestant("reading all bytes", reading),
        Contestant("ast.parse, files that say dropout", "corpus", parsing, corpus, about_dropout.lines),
    ]


def on_samples(corpus: Path, every: Sequence[Path]) -> list[Contestant]:
    """TorchFix, and flake8 with and without the plugin, which are too slow for the whole corpus."""
    few, some = Files.of(every[::250]), Files.of(every[::40])
    plain, plugin = (str(folder() / "flake8") for folder in (environments.flake8, environments.flake8_with_plugin))
    torchfix = str(environments.torchfix() / "torchfix")
    alone = [plain, "--isolated", "--select", "F"]
    together = [plugin, "--isolated", "--select", "F,DRP"]
    other = Files.of(_standard_library(), lambda data: b"torch" not in data)
    return [
        # Without --show-stderr its failures stay hidden; they end a file early, in its favour.
        Contestant("TorchFix (every 250th file)", "torchfix", [torchfix, *few.paths], corpus, few.lines),
        Contestant("flake8 (every 40th file)", "flake8", [*alone, *some.paths], corpus, some.lines),
        Contestant("flake8 with the plugin (every 40th file)", "flake8", [*together, *some.paths], corpus, some.lines),
        Contestant("flake8 (no torch)", "flake8", [*alone, *other.paths], corpus, other.lines),
        Contestant("flake8 with the plugin (no torch)", "flake8", [*together, *other.paths], corpus, other.lines),
    ]


COMPARISONS: Sequence[Comparison] = (
    Comparison(
        "argument rules / ruff, cold", "dropout-lint, argument rules, cold", "ruff --select F, cold", "cpu", at_most=5
    ),
    Comparison(
        "default rules / ruff, cold", "dropout-lint, default rules, cold", "ruff --select F, cold", "cpu", at_most=10
    ),
    Comparison(
        "argument rules cached / ruff cold",
        "dropout-lint, argument rules, cached",
        "ruff --select F, cold",
        "cpu",
        at_most=1,
    ),
    Comparison(
        "argument rules / ruff, both cached",
        "dropout-lint, argument rules, cached",
        "ruff --select F, cached",
        "cpu",
        at_most=1,
    ),
    Comparison(
        "default rules / ruff, both cached", "dropout-lint, default rules, cached", "ruff --select F, cached", "cpu"
    ),
    Comparison(
        "argument rules / ast.parse of files that say dropout",
        "dropout-lint, argument rules, cold",
        "ast.parse, files that say dropout",
        "cpu",
    ),
    Comparison(
        "TorchFix / argument rules, per line",
        "TorchFix (every 250th file)",
        "dropout-lint, argument rules, cold",
        "cpu per line",
        at_least=100,
    ),
    Comparison(
        "TorchFix / default rules, per line",
        "TorchFix (every 250th file)",
        "dropout-lint, default rules, cold",
        "cpu per line",
        at_least=100,
    ),
    Comparison(
        "flake8 with / without the plugin",
        "flake8 with the plugin (every 40th file)",
        "flake8 (every 40th file)",
        "wall",
    ),
    Comparison(
        "flake8 with / without the plugin, no torch",
        "flake8 with the plugin (no torch)",
        "flake8 (no torch)",
        "wall",
        at_most=1.05,
    ),
    Comparison(
        "the same, CPU",
        "flake8 with the plugin (no torch)",
        "flake8 (no torch)",
        "cpu",
    ),
)


def _standard_library() -> list[Path]:
    """A third of Python's own library without its tests: a tree in which nobody has heard of torch."""
    root = Path(sysconfig.get_path("stdlib"))
    left_out = {"test", "tests", "site-packages", "idle_test", "lib2to3"}  # the last holds broken files on purpose
    found = [path for path in sorted(root.rglob("*.py")) if not left_out.intersection(path.relative_to(root).parts)]
    return found[::3]


def _beside_python(name: str) -> Path:
    """The command ``name`` of the environment that runs this, which need not be the active one."""
    return Path(sys.executable).with_name(name)
