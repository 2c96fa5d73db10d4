"""What is found in a project does not depend on other files beside it, and costs as much as the project is large.

Work is counted, not timed: steps of the analysis, and files parsed.
"""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import grown
from dropout_lint.lint.file_check import lint_file
from dropout_lint.lint.registry import all_rules
from dropout_lint.project import import_graph
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.lazy_parse import parse_in_part
from dropout_lint.typestate.evaluation.interpreter import Interpreter

RULES = tuple(rule for rule in all_rules() if rule.code.startswith("DRP3") and rule.on)
Found = Counter[tuple[str, int, str]]


def found_in(root: Path) -> Found:
    """The findings of mode rules below ``root``: file, line and code."""
    around = Project(traced=False)
    results = [(path, lint_file(path, RULES, around)) for path in sorted(root.rglob("*.py"))]
    return Counter(
        (str(path.relative_to(root)), finding.span.start.line, finding.code)
        for path, result in results
        for finding in result.findings
    )


def test_a_project_of_401_files_has_the_findings_of_one_of_400(tmp_path: Path) -> None:
    grown.project(tmp_path, 395)
    before = found_in(tmp_path)
    assert sum(before.values()) == 27
    (tmp_path / "empty.py").write_text("", "utf-8")
    assert found_in(tmp_path) == before


def test_findings_are_in_proportion_to_the_size(tmp_path: Path) -> None:
    for families in (3, 30, 90):
        root = tmp_path / str(families)
        grown.project(root, 5 * families)
        assert sum(found_in(root).values()) == families // 3


def test_a_copy_beside_a_project_has_the_same_findings_again(tmp_path: Path) -> None:
    grown.project(tmp_path, 60, "one")
    alone = found_in(tmp_path)
    assert len(alone) == 4
    for name in ("two", "three", "four", "five"):
        grown.project(tmp_path, 60, name)
    beside = found_in(tmp_path)
    for name in ("one", "two", "three", "four", "five"):
        assert {(path.partition("/")[2], line, code) for path, line, code in beside if path.startswith(f"{name}/")} == {
            (path.partition("/")[2], line, code) for path, line, code in alone
        }


STRANGERS = st.lists(
    st.sampled_from(
        [
            "",
            "x = 1\n",
            "def evaluate(model):\n    model.eval()\n",
            "def fit(model, loader):\n    for x in loader:\n        model(x).backward()\n",
            "class Net0:\n    def train(self):\n        return self\n",
            "evaluate(fit(model, train, test))\n",
            "def main():\n    build()\n\n\nif __name__ == '__main__':\n    main()\n",
            "this is no Python (\n",
        ]
    ),
    min_size=1,
    max_size=12,
)


@given(STRANGERS, st.sampled_from([".", "models", "scripts", "other", "other/deeper"]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_files_that_import_nothing_and_that_nothing_imports_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], folder: str
) -> None:
    root = tmp_path_factory.mktemp("grown")
    grown.project(root, 30)
    before = found_in(root)
    assert len(before) == 2
    (root / folder).mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (root / folder / f"stranger{number}.py").write_text(text, "utf-8")
    after = found_in(root)
    assert {each: after[each] for each in after if "stranger" not in each[0]} == dict(before)


class Work:
    """What was counted while something ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = self.parsed = 0
        release, parse = Interpreter.release, parse_in_part

        def released(interpreter: Interpreter) -> None:
            self.steps += interpreter.steps
            release(interpreter)

        def parsed(text: str) -> object:
            self.parsed += 1
            return parse(text)

        monkeypatch.setattr(Interpreter, "release", released)
        monkeypatch.setattr("dropout_lint.semantic.project.parse_in_part", parsed)

    def of(self, root: Path) -> tuple[int, int]:
        """The steps and the files parsed that it takes to look through ``root``."""
        self.steps = self.parsed = 0
        found_in(root)
        return self.steps, self.parsed


def test_work_grows_with_the_size_and_no_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, counted = Work(monkeypatch), {}
    for files in (60, 120, 480):
        grown.project(tmp_path / str(files), files)
        counted[files] = work.of(tmp_path / str(files))
    for (few, less), (many, more) in itertools.pairwise(counted.items()):
        assert more[0] <= 1.1 * less[0] * many / few
        assert more[1] <= 1.1 * less[1] * many / few


def test_a_ring_of_files_that_call_each_other_costs_little_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(monkeypatch)
    for files in (12, 24):
        grown.ring(tmp_path / str(files), files)
        assert work.of(tmp_path / str(files))[0] <= 1_500 * files


def test_who_imports_another_file_of_the_same_name_crowds_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_graph, "_MOST_IMPORTERS", 3)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'many'\n", "utf-8")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "utils.py").write_text("def f():\n    pass\n", "utf-8")
        (tmp_path / name / "lib.py").write_text("from .utils import f\n\n\ndef g():\n    f()\n", "utf-8")
        (tmp_path / name / "main.py").write_text("from .lib import g\n", "utf-8")
    for number in range(5):
        (tmp_path / "two" / f"more{number}.py").write_text("from .utils import f\n", "utf-8")
    found = Project().importers(str(tmp_path / "one" / "utils.py"))
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["one/lib.py", "one/main.py"]


def test_names_that_are_not_found_may_mean_every_file_that_they_fit(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'paths'\n", "utf-8")
    (tmp_path / "lib" / "net").mkdir(parents=True)
    (tmp_path / "lib" / "net" / "model.py").write_text("x = 1\n", "utf-8")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "a.py").write_text(
        "import sys\nsys.path.append('../lib')\nfrom net.model import x\n", "utf-8"
    )
    (tmp_path / "tools" / "b.py").write_text("from other.model import x\n", "utf-8")
    found = Project().importers(str(tmp_path / "lib" / "net" / "model.py"))
    assert found == (tmp_path / "tools" / "a.py",)
