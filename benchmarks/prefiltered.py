"""Checks that the prefilter hides nothing: every file of the corpus with and without it, finding by finding.

Without the prefilter, every statement of every file is shown to every rule.  The mode rules are left out unless they
are selected: what they find rests on whole programs, and on so many files it takes hours.
"""

from __future__ import annotations

import argparse
import gc
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.packages import CORPUS
from dropout_lint.finding import Finding
from dropout_lint.lint.engine import check, may_find
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.selection import Selection, UnknownSelector, chosen
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.decoding import decode

MODES = ("DRP301", "DRP303", "DRP304", "DRP306", "DRP307", "DRP308", "DRP310", "DRP311", "DRP312")
_CHUNK = 64  # files that a worker takes at a time


@dataclass(frozen=True, slots=True)
class Difference:
    """One file in which the prefilter makes a difference: a defect of a trigger."""

    path: str
    hidden: tuple[str, ...]  # findings that are there only without the prefilter, in words
    added: tuple[str, ...]  # findings that are there only with it


@dataclass(frozen=True, slots=True)
class Counts:
    """What a comparison covered."""

    files: int
    findings: int  # without the prefilter
    differences: tuple[Difference, ...]


def compare(path: str, text: str, rules: Sequence[type[Rule]], project: Project) -> tuple[int, Difference | None]:
    """The number of findings in ``text`` without the prefilter, and the difference that the prefilter makes, if any.

    Text that is no Python is left to the prefilter: a file in which nothing can be found is not parsed.
    """
    full = check(path, text, rules, project=project, use_prefilter=False)
    if any(finding.code == "DRP000" for finding in full):
        return 0, None
    quick = check(path, text, rules, project=project) if may_find(text.encode("utf-8", "replace"), rules) else ()
    if full == quick:
        return len(full), None
    return len(full), Difference(path, _only_in(full, quick), _only_in(quick, full))


def _only_in(some: Iterable[Finding], others: tuple[Finding, ...]) -> tuple[str, ...]:
    return tuple(f"{each.span.start.line}: {each.code} {each.message}" for each in some if each not in others)


def compare_files(paths: Sequence[Path], codes: Sequence[str], jobs: int) -> Counts:
    """Compare every file of ``paths`` under the rules with ``codes``, in ``jobs`` processes."""
    files = findings = 0
    differences: list[Difference] = []
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    with ProcessPoolExecutor(jobs, initializer=gc.disable) as pool:
        for counts in pool.map(partial(_compare_chunk, codes=tuple(codes)), chunks):
            files += counts.files
            findings += counts.findings
            differences += counts.differences
            print(f"\r{files:,} of {len(paths):,} files", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Counts(files, findings, tuple(differences))


def _compare_chunk(paths: Sequence[Path], codes: Sequence[str]) -> Counts:
    warnings.simplefilter("ignore")  # of Python's parser, about the code that is checked
    rules, project = [rule_by_code(code) for code in codes], Project()
    files = findings = 0
    differences: list[Difference] = []
    for path in paths:
        try:
            text = decode(path.read_bytes()).text
        except (OSError, SyntaxError):
            continue  # neither way can read it
        count, difference = compare(str(path), text, rules, project)
        project.trim()
        files += 1
        findings += count
        if difference is not None:
            differences.append(difference)
    return Counts(files, findings, tuple(differences))


def lines_of(counts: Counts) -> Iterator[str]:
    """The report, line by line."""
    for difference in counts.differences:
        yield difference.path
        for word, found in (("hidden", difference.hidden), ("added", difference.added)):
            yield from (f"  {word}  {line}" for line in found)
    yield (
        f"{counts.files:,} files, {counts.findings:,} findings without the prefilter; "
        f"it makes a difference in {len(counts.differences)}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print; returns 0 if nothing differs, 1 if something does, 2 if there was nothing to compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prefiltered", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[CORPUS], help="where to look for Python files")
    parser.add_argument("--select", default="ALL", metavar="CODES", help="rules, by comma; default: all")
    parser.add_argument("--ignore", default=",".join(MODES), metavar="CODES", help="default: the mode rules")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args(argv)
    split = [tuple(code for code in text.split(",") if code) for text in (arguments.select, arguments.ignore)]
    try:
        rules = chosen([Selection(select=split[0], ignore=split[1])])
    except UnknownSelector as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    paths = sorted(path for folder in arguments.folders for path in Path(folder).resolve().rglob("*.py"))
    if not paths:
        print("error: no Python files there; run `python -m benchmarks.corpus` first", file=sys.stderr)
        return 2
    counts = compare_files(paths, [rule.code for rule in rules], arguments.jobs)
    for line in lines_of(counts):
        print(line)
    return 1 if counts.differences else 0


if __name__ == "__main__":
    sys.exit(main())
