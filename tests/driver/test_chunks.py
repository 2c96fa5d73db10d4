"""Files are divided among workers by their folders, each once and none left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lint.driver.chunks import portions


def _folders(paths: list[str], workers: int) -> list[set[str]]:
    return [{paths[place].split("/")[0] for place in part} for part in portions(paths, workers)]


def test_a_portion_ends_where_a_package_ends() -> None:
    paths = sorted(
        f"{package}/part{part}/file{number}.py" for package in "abcd" for part in (1, 2) for number in range(10)
    )
    assert _folders(paths, 1) == [{"a"}, {"b"}, {"c"}, {"d"}]


def test_a_large_package_is_cut_between_its_folders() -> None:
    paths = sorted(f"one/part{part}/file{number}.py" for part in range(4) for number in range(18))
    parts = [{paths[place].split("/")[1] for place in part} for part in portions(paths, 2)]
    assert parts == [{"part0"}, {"part1"}, {"part2"}, {"part3"}]


def test_many_files_of_one_folder_are_shared_by_all_workers() -> None:
    paths = [f"flat/file{number:04}.py" for number in range(1000)]
    assert len(list(portions(paths, 4))) >= 20


@pytest.mark.parametrize("workers", [1, 2, 7])
@given(st.lists(st.text("ab/", min_size=1, max_size=9), max_size=200))
def test_every_file_is_in_one_portion(workers: int, paths: list[str]) -> None:
    dealt = [place for part in portions(sorted(paths), workers) for place in part]
    assert dealt == list(range(len(paths)))
