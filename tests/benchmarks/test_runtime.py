"""The run-time benchmarks: what they print of results that are given to them, and the GPU script where no GPU is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import peers, runtime, third_party
from benchmarks.duel import CONTESTANTS, Outcome
from benchmarks.overhead import AGAIN, IDLE, PLAIN, SUBJECTS, WATCHED
from benchmarks.sweep import Result
from benchmarks.zoo import LIBRARIES
from tests.conftest import ROOT, Run, clean_environment

FOUND = "the model draws random numbers\n/usr/lib/python3/site-packages/timm/layers/drop.py:12: DRP201 `bernoulli`"


def sweep_page(*results: Result, notes: dict[str, str] | None = None) -> str:
    return third_party.report(results, notes or {}, {"torch": "2.14.1", "pip": "1"})


def test_a_finding_without_an_explanation_is_shouted_at() -> None:
    page = sweep_page(Result("timm", "vit/tiny", default=FOUND))
    assert "**timm vit/tiny**, default: NOT EXPLAINED" in page


def test_a_finding_shows_its_explanation_and_no_folder_of_this_machine() -> None:
    page = sweep_page(Result("timm", "vit/tiny", strict=FOUND), notes={"timm vit/tiny": "It samples its mask."})
    assert "**timm vit/tiny**, strict: It samples its mask.  Reported: `timm/layers/drop.py:12: DRP201" in page
    assert "/usr/lib" not in page


def test_what_did_not_run_counts_for_nothing() -> None:
    page = sweep_page(
        Result("timm", "a", dropped=2), Result("timm", "b"), Result("timm", "c", failed="TypeError: no such argument")
    )
    assert "| timm | 2 | 1 | 0 | 0 | 0 | 1 |" in page
    assert "- timm: 1 TypeError" in page


def test_only_the_versions_of_what_was_swept_are_shown() -> None:
    assert "Versions: torch 2.14.1." in sweep_page(Result("timm", "a"))


@pytest.mark.checkout
def test_every_library_of_the_zoo_has_a_module() -> None:
    for module in LIBRARIES.values():
        assert (ROOT / (module.replace(".", "/") + ".py")).exists()


def test_the_comparison_counts_what_is_caught_and_what_is_named() -> None:
    outcomes = [Outcome("a", True, name, "both" if name == "default" else "") for name in CONTESTANTS]
    outcomes += [Outcome("b", False, name, "caught" if name == "twice" else "") for name in CONTESTANTS]
    page = peers.report(outcomes, {"torch": "2.13.0"})
    assert f"| {CONTESTANTS['default']} | 1 of 1 | 1 | 1 | 0 of 1 | 0 |" in page
    assert f"| {CONTESTANTS['twice']} | 0 of 1 | 0 | 0 | 1 of 1 | 0 |" in page


@pytest.mark.parametrize(("ratio", "exit_code"), [(1.0, 0), (1.2, 1)])
def test_a_missed_goal_is_an_exit_code(ratio: float, exit_code: int, capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        subject: {PLAIN: [0.001] * 4, AGAIN: [1.0] * 4, IDLE: [1.0] * 4, WATCHED: [ratio] * 4} for subject in SUBJECTS
    }
    assert runtime.print_table(found, [], 4) == exit_code
    assert ("MISSED: encoder, eval, watched" in capsys.readouterr().out) == bool(exit_code)


def test_results_that_differ_are_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        subject: {PLAIN: [0.001] * 4, AGAIN: [1.0] * 4, IDLE: [1.0] * 4, WATCHED: [1.0] * 4} for subject in SUBJECTS
    }
    assert runtime.print_table(found, ["cnn, eval"], 4) == 1
    assert "DIFFERENT for cnn, eval" in capsys.readouterr().out


@pytest.mark.checkout
def test_the_gpu_script_ends_well_where_no_gpu_is(run: Run, tmp_path: Path) -> None:
    environment = clean_environment(PYTHONPATH=str(ROOT), CUDA_VISIBLE_DEVICES="")
    done = run("-m", "benchmarks.runtime_gpu", cwd=ROOT, env=environment)
    assert (done.returncode, done.stdout) == (0, "No CUDA device here: nothing was run.\n")
