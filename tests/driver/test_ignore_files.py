"""Files such as `.gitignore`: bad lines are named, the others count, and no pattern keeps a run busy."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from dropout_lint.driver.ignore_files import read_ignore_file, without_backtracking
from tests.conftest import Run
from tests.damage import few

BAD = "import torch\nfrom torch import nn\nnn.Dropout(30)\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a finding in `bad.py`."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "bad.py").write_text(BAD, "utf-8")
    (tmp_path / "ignored.py").write_text(BAD, "utf-8")
    return tmp_path


def test_lines_that_are_no_patterns_are_named_and_the_others_count(tree: Path, run: Run) -> None:
    (tree / ".gitignore").write_text("!\n[z-a]\nx\\\n# a comment\n\nignored.py\n", "utf-8")
    done = run("-m", "dropout_lint", "check", "--no-cache", "--output-format=concise", cwd=tree)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"error: .gitignore:{line}: {text} is no pattern, so the line is passed over"
        for line, text in ((1, "'!'"), (2, "'[z-a]'"), (3, r"'x\\'"))
    ]
    assert [line.partition(":")[0] for line in done.stdout.splitlines() if "DRP101" in line] == ["bad.py"]
    asked_not_to = run("-m", "dropout_lint", "check", "--no-cache", "--no-respect-gitignore", cwd=tree)
    assert (asked_not_to.returncode, asked_not_to.stderr) == (1, "")


@pytest.mark.parametrize("place", [".gitignore", ".ignore", ".git/info/exclude"])
def test_a_folder_in_the_place_of_patterns_is_named(place: str, tree: Path, run: Run) -> None:
    (tree / place).mkdir(parents=True)
    (tree / "part").mkdir()
    (tree / "part" / "bad.py").write_text(BAD, "utf-8")
    for paths in ([], ["part"]):
        done = run("-m", "dropout_lint", "check", "--no-cache", *paths, cwd=tree)
        assert (done.returncode, "DRP101" in done.stdout) == (2, True)
        assert done.stderr.endswith(f"{place}: a folder, not a file\n")


@pytest.mark.parametrize(
    "line",
    ["*a" * 30 + "b", "*[!b]" * 30 + "b", "a*" * 30 + "/b", "**/a/" * 30 + "b", "/" + "**/*a/" * 12 + "b"],
    ids=["stars", "classes", "stars in a folder", "double stars", "both"],
)
def test_no_pattern_keeps_a_run_busy(line: str, tree: Path, run: Run) -> None:
    deep = tree.joinpath(*["a"] * 60)
    deep.mkdir(parents=True)
    for folder in (tree, deep):
        (folder / ("a" * 200 + ".py")).write_text("", "utf-8")
    (tree / ".gitignore").write_text(f"{line}\n", "utf-8")
    done = run("-m", "dropout_lint", "check", "--no-cache", cwd=tree, timeout=120)  # it would take years
    assert (done.returncode, done.stderr) == (1, "")


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbfa.py\r\nb.py\r\n")
    spec, problems = read_ignore_file(str(tmp_path / "x"))
    assert ([bool(spec.match_file(name)) for name in ("a.py", "b.py", "c.py")], problems) == ([True, True, False], ())


@pytest.mark.skipif(sys.platform == "win32", reason="names there are texts")
def test_a_pattern_of_bytes_that_are_no_text_matches_a_name_of_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff*.py\n")
    assert read_ignore_file(str(tmp_path / "x"))[0].match_file("\udcffa.py")


segments = st.lists(
    st.sampled_from(["**", "*", "a", "b", "a*", "*b", "a*b*", "*a*b*a", "?", "[ab]*", "[!a]*b*", "**a"])
)
names = st.lists(st.text("ab.", min_size=1, max_size=6), min_size=1, max_size=6).map("/".join)


@few(3)
@given(segments.map("/".join) | st.text("ab/*?[]!^-\\.", max_size=14), st.lists(names, max_size=6), st.booleans())
@example("a/**/b*a/**/*b", ["a/ba/ba/b/ab", "a/a/ba/bb"], False)
def test_a_rewritten_pattern_matches_the_same_names(line: str, found: list[str], for_folders: bool) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            patterns = GitIgnoreSpec.from_lines([line + "/" * for_folders]).patterns
    except (ValueError, re.error):
        return
    for regex in [pattern.regex for pattern in patterns if pattern.regex is not None]:
        rewritten = re.compile(without_backtracking(regex.pattern))
        for name in (*found, *(f"{name}/" for name in found)):
            before, after = regex.search(name), rewritten.search(name)
            assert (before is None) == (after is None), (regex.pattern, rewritten.pattern, name)
            if before is not None and after is not None:
                assert before.groupdict().get("ps_d") == after.groupdict().get("ps_d")
