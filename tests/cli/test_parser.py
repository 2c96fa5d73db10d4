"""Mistyped options and values: what is suggested, and what is not."""

from __future__ import annotations

import pytest

from dropout_lint.cli import main, options


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check", "--selct", "DRP1"], "did you mean `--select`?"),
        (["check", "--format", "json"], "did you mean `--output-format`?"),
        (["check", "--unsafe"], "did you mean `--unsafe-fixes` or `--no-unsafe-fixes`?"),
        (["check", "--add_noqa"], "did you mean `--add-noqa`?"),
        (["rule", "--fix"], "`--fix` is an option of `check`"),
        (["artifacts", "x.pt2", "--no-cache"], "`--no-cache` is an option of `check`"),
        (["check", "--output-format", "josn"], "did you mean `json`?"),
        (["check", "--min-confidence", "hihg"], "did you mean `high`?"),
    ],
    ids=" ".join,
)
def test_what_was_meant_is_suggested(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("words", [["check", "--watch"], ["check", "--line-length=100"], ["rule", "--xyz", "DRP101"]])
def test_nothing_is_suggested_where_nothing_is_alike(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "did you mean" not in capsys.readouterr().err


def test_an_option_is_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    """What an abbreviation means would change with the next option."""
    assert main(["check", "--isol"]) == 2
    assert "unrecognized arguments: --isol" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"), [(["--add-noqa", "x.py"], ""), (["--add-noqa=why", "x.py"], "why"), (["x.py"], None)]
)
def test_a_reason_comes_behind_an_equals_sign_only(words: list[str], reason: str | None) -> None:
    parsed = options.parser().parse_args(["check", *words])
    assert (parsed.add_noqa, parsed.paths) == (reason, ["x.py"])
