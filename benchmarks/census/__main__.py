"""Compares what the rules find in the repositories of the census with what their readers listed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import repositories
from benchmarks.census.compared import Place, compared, table
from benchmarks.census.tables import BadCensus, Source, labels, sources
from benchmarks.marked import replace_block
from benchmarks.packages import HERE
from benchmarks.repositories import NoRepository
from benchmarks.unpack import UnsafeArchive

FOLDER = repositories.FOLDER / ".census"  # ignored by git


def main(argv: Sequence[str] | None = None) -> int:
    """Unpack what is missing, run, print recall by family, then each miss and each finding that no label speaks of."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.census", description=__doc__)
    parser.add_argument("--repos", type=Path, metavar="DIR", help="take repositories from git directories in DIR")
    parser.add_argument("--round", type=int, metavar="N", help="only the repositories of this round")
    parser.add_argument("--why", action="store_true", help="say of each miss why it is one")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/README.md")
    arguments = parser.parse_args(argv)
    try:
        chosen = [source for source in sources() if arguments.round in (None, source.round)]
        said = [label for label in labels() if arguments.round in (None, label.round)]
    except BadCensus as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    present = [source for source in chosen if _is_present(source, arguments.repos)]
    if not present:
        print("error: there is no repository; see --repos", file=sys.stderr)
        return 2
    places = {source.repo: folder_of(source) for source in present}
    result = compared([label for label in said if label.repo in places], _found(places), places)
    text = table(result)
    print(text)
    if arguments.write:
        replace_block(HERE / "README.md", "census", text)
    for label in result.missed:
        print(f"MISSED {label.id} {label.family} {label.repo} {label.path}:{label.line} {label.reason}")
        if arguments.why:
            print(f"       {result.why(label)}")
    for place in result.unlabelled:
        print(f"no label: {place.repo} {place.path}:{place.line} {place.code} {place.message}")
    return 0


def folder_of(source: Source) -> Path:
    """Where its code is unpacked."""
    return FOLDER / source.repo.replace("/", "+", 1)


def _is_present(source: Source, local: Path | None) -> bool:
    if repositories.has(source.repo, source.commit, FOLDER):
        return True
    try:
        repositories.install(source.repo, source.commit, local, FOLDER, notebooks=True)
    except (NoRepository, UnsafeArchive, OSError, tarfile.TarError) as error:
        print(f"left out: {error}", file=sys.stderr)
        return False
    return True


def _found(places: dict[str, Path]) -> list[Place]:
    """What the rules that are on by default find."""
    command = [sys.executable, "-m", "dropout_lint", "check", "--isolated", "--no-cache", "--quiet"]
    command += ["--output-format", "json", *map(str, places.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("["):
        raise RuntimeError(f"dropout-lint ended with {done.returncode}: {done.stderr.strip()}")
    found: list[Place] = []
    for entry in json.loads(done.stdout):
        filename = Path(entry["filename"])
        for repo, folder in places.items():
            if filename.is_relative_to(folder) and not entry["code"].startswith("DRP00"):
                path = filename.relative_to(folder).as_posix()
                found.append(
                    Place(repo, path, entry["cell"], entry["location"]["row"], entry["code"], entry["message"])
                )
    return found


if __name__ == "__main__":
    sys.exit(main())
