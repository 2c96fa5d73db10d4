"""Fetches the pinned packages and unpacks their code into benchmarks/corpus, each into <name>-<version>.

With ``--mode`` it fetches the repositories of the mode labels instead of the packages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import index, labels, packages, repositories
from benchmarks.index import FetchError, Index
from benchmarks.packages import CORPUS, Package
from benchmarks.unpack import UnsafeArchive, unpack

_MARKER = ".sha256"  # in a package's folder: the checksum of the archive that it was unpacked from


def main(argv: Sequence[str] | None = None) -> int:
    """Fetch what is missing; returns 0, or 1 if something could not be had."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="where it goes (default: benchmarks/corpus)")
    parser.add_argument("--index-url", help="a package index (default: the one that pip uses)")
    parser.add_argument("--count", action="store_true", help="fetch nothing: count files and lines of what is there")
    parser.add_argument("--mode", action="store_true", help="fetch the repositories of the mode labels from GitHub")
    parser.add_argument("--repos", type=Path, metavar="DIR", help="with --mode: take them from git directories in DIR")
    parser.add_argument("--family", metavar="M2,...", help="with --mode: only those with labels of these families")
    arguments = parser.parse_args(argv)
    if arguments.mode:
        return _fetch_repositories(arguments)
    chosen = packages.load()
    failures = [] if arguments.count else _fetch_all(chosen, arguments.corpus, arguments.index_url)
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    missing = missing_packages(chosen, arguments.corpus)
    if missing:
        names = ", ".join(package.folder for package in missing)
        print(f"Missing: {names}. Run the same command again to go on.", file=sys.stderr)
    files, lines = count(arguments.corpus)
    print(f"{arguments.corpus}: {len(chosen) - len(missing)} packages, {files:,} Python files, {lines:,} lines")
    return 1 if failures or missing else 0


def missing_packages(chosen: Sequence[Package], corpus: Path) -> list[Package]:
    """Those of ``chosen`` that are not in ``corpus``, or were unpacked from another archive than is pinned now."""
    return [package for package in chosen if not _is_complete(package, corpus)]


def python_files(corpus: Path) -> Iterator[Path]:
    """The Python files of the corpus, sorted."""
    return iter(sorted(corpus.rglob("*.py")))


def count(corpus: Path) -> tuple[int, int]:
    """How many Python files and lines there are."""
    files = lines = 0
    for path in python_files(corpus):
        files += 1
        lines += path.read_bytes().count(b"\n")
    return files, lines


def install(package: Package, archive: Path, corpus: Path) -> int:
    """Unpack ``archive`` as ``package``; its folder appears complete or not at all.  Returns the number of files."""
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=corpus) as scratch:
        fresh = Path(scratch) / package.folder
        fresh.mkdir()
        files = unpack(archive, fresh)
        (fresh / _MARKER).write_text(package.sha256 + "\n", "ascii")
        folder = corpus / package.folder
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(fresh, folder)
    return files


def _fetch_all(chosen: Sequence[Package], corpus: Path, url: str | None) -> list[str]:
    corpus.mkdir(parents=True, exist_ok=True)
    todo = missing_packages(chosen, corpus)
    if not todo:
        return []
    source = Index(url, index.configured().certificates) if url else index.configured()
    failures = []
    with ThreadPoolExecutor(4) as pool:
        outcomes = pool.map(lambda package: _fetch(package, source, corpus), todo)
        for package, outcome in zip(todo, outcomes):
            if isinstance(outcome, str):
                failures.append(f"{package.folder}: {outcome}")
            else:
                print(f"{package.folder}: {outcome} files")
    return failures


def _fetch(package: Package, source: Index, corpus: Path) -> int | str:
    """The number of files unpacked, or why there are none."""
    try:
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=corpus) as scratch:
            archive = Path(scratch) / package.file
            source.fetch(source.locate(package.name, package.file), archive, package.sha256)
            return install(package, archive, corpus)
    except (FetchError, UnsafeArchive, OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        return str(error) or type(error).__name__


def _fetch_repositories(arguments: argparse.Namespace) -> int:
    families = arguments.family.split(",") if arguments.family else None
    every = labels.load(labels.files())
    wanted = repositories.wanted([label for label in every if families is None or label.family in families])
    missing = 0
    for name, commit in sorted(wanted.items()):
        if repositories.has(name, commit):
            continue
        try:
            print(f"{name}: {repositories.install(name, commit, arguments.repos)} files")
        except (repositories.NoRepository, UnsafeArchive, OSError, tarfile.TarError) as error:
            print(f"error: {error}", file=sys.stderr)
            missing += 1
    print(f"{repositories.FOLDER}: {len(wanted) - missing} of {len(wanted)} repositories")
    return 1 if missing else 0


def _is_complete(package: Package, corpus: Path) -> bool:
    try:
        return (corpus / package.folder / _MARKER).read_text("ascii").strip() == package.sha256
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
