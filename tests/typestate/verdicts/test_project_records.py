"""Programs that run through several files: what is found, where it is reported, and what is analysed again."""

from __future__ import annotations

import textwrap
from collections.abc import Collection
from pathlib import Path

import pytest

from dropout_lint.finding import Finding
from dropout_lint.knowledge import extended
from dropout_lint.lint.file_check import lint_file, lint_text
from dropout_lint.lint.registry import all_rules
from dropout_lint.project.facts import Facts
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.verdicts import project_records
from dropout_lint.typestate.verdicts.records import Records, records
from tests.nets import NET

ENGINE = """
import torch


def train(model, optimizer, loader):
    model.train()
    for batch in loader:
        model(batch).sum().backward()
        optimizer.step()


def validate(model, loader):
    with torch.no_grad():
        for batch in loader:
            model(batch)
"""
MAIN = """
import torch

from engine import train, validate
from net import Net


def main(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(3):
        train(model, optimizer, loader)
        validate(model, loader)


if __name__ == "__main__":
    main(open("data"))
"""
RIGHT = MAIN.replace("        validate", "        model.eval()\n        validate")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {"net.py": NET, "engine.py": ENGINE, "main.py": MAIN, "pyproject.toml": ""}
    for name, text in files.items():
        (tmp_path / name).write_text(textwrap.dedent(text).lstrip(), "utf-8")
    return tmp_path


def found(path: Path, project: Project | None = None) -> tuple[Finding, ...]:
    return tuple(f for f in lint_file(path, all_rules(), project or Project()).findings if f.code == "DRP301")


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are analysed, in turn."""
    names: list[str] = []

    def counted(source: SourceFile, lines: Collection[int]) -> Records:
        names.append(source.filename)
        return records(source, lines)

    monkeypatch.setattr(project_records, "records", counted)
    return names


def test_a_caller_in_another_file_brings_the_module_in_train_mode(project: Path) -> None:
    [finding] = found(project / "engine.py")
    assert finding.span.start.line == 14
    notes = [(note.message, Path(note.filename or "engine.py").name) for note in finding.notes]
    assert notes == [
        ("train mode is set here", "engine.py"),
        ("`main` is called here", "main.py"),
        ("`validate` is called here", "main.py"),
        ("`Net` has layers that work differently in train mode", "net.py"),
    ]


def test_the_file_that_only_calls_is_not_blamed(project: Path) -> None:
    assert found(project / "main.py") == ()


def test_where_one_caller_is_right_the_other_is_blamed(project: Path) -> None:
    (project / "other.py").write_text(RIGHT.lstrip(), "utf-8")
    assert found(project / "engine.py") == ()
    [finding] = found(project / "main.py")
    assert finding.span.start.line == 12
    assert finding.message.startswith("`model` is in train mode when `validate` runs it here")


def test_a_caller_that_sees_to_the_mode_is_fine(project: Path) -> None:
    (project / "main.py").write_text(RIGHT.lstrip(), "utf-8")
    assert found(project / "engine.py") == ()


def test_a_program_may_lead_there_through_a_file_between(project: Path) -> None:
    """Nobody but the file between speaks of `validate`."""
    between = "from engine import *\n\n\ndef fit(*given):\n    train(*given)\n    validate(given[0], given[2])\n"
    (project / "fitting.py").write_text(between, "utf-8")
    main = MAIN.replace("from engine import train, validate", "from fitting import fit")
    main = main.replace("        validate(model, loader)\n", "").replace("train(model", "fit(model")
    (project / "main.py").write_text(main.lstrip(), "utf-8")
    [finding] = found(project / "engine.py")
    assert finding.span.start.line == 14


def test_a_method_that_is_analysed_alone_too_is_no_other_caller(project: Path) -> None:
    (project / "trainer.py").write_text(
        textwrap.dedent(
            """
            import torch

            from net import Net


            class Trainer:
                def __init__(self):
                    self.model = Net()
                    self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)

                def train(self, loader):
                    for batch in loader:
                        self.model(batch).sum().backward()
                        self.optimizer.step()

                @torch.no_grad()
                def test(self, loader):
                    for batch in loader:
                        self.model(batch)
            """
        ).lstrip(),
        "utf-8",
    )
    (project / "run.py").write_text(
        "from trainer import Trainer\n\n\ndef main(loader):\n    trainer = Trainer()\n    for epoch in range(3):\n"
        "        trainer.train(loader)\n        trainer.test(loader)\n",
        "utf-8",
    )
    assert [finding.span.start.line for finding in found(project / "trainer.py")] == [19]
    assert found(project / "run.py") == ()


def test_each_file_is_analysed_once(project: Path, analysed: list[str]) -> None:
    shared = Project()
    for path in sorted(project.glob("*.py")):
        found(path, shared)
    assert len(analysed) == len(set(analysed)) == 2  # nothing in net.py leads anywhere


def test_a_file_that_makes_no_module_is_not_analysed(project: Path, analysed: list[str]) -> None:
    main = "from engine import validate\n\ndef main(model):\n    validate(model, [])\n"
    (project / "main.py").write_text(main, "utf-8")
    assert not found(project / "main.py", Project())
    assert analysed == []


HELPER = """
import pytorch_lightning as pl

from engine import validate


class Helper(pl.LightningModule):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner


def helper(inner, loader):
    model = Helper(inner)
    model.eval()
    validate(model, loader)
"""


def test_once_there_is_misuse_programs_are_heard_that_make_nothing_known(project: Path) -> None:
    assert [finding.span.start.line for finding in found(project / "engine.py")] == [14]
    (project / "helper.py").write_text(HELPER, "utf-8")
    assert found(project / "engine.py") == ()
    assert [finding.span.start.line for finding in found(project / "main.py")] == [12]


def test_unsaved_text_is_analysed_alone(project: Path, analysed: list[str]) -> None:
    path = project / "engine.py"
    edited = "\nfrom net import Net\n\ndef check(loader):\n    validate(Net(), loader)\n"
    lint_text(str(path), path.read_text("utf-8") + edited, all_rules(), Project())
    assert set(analysed) == {str(path)}


def test_the_order_of_the_files_does_not_matter(project: Path) -> None:
    paths = sorted(project.glob("*.py"))
    one, other = Project(), Project()
    forward = {path: found(path, one) for path in paths}
    backward = {path: found(path, other) for path in reversed(paths)}
    assert forward == backward


def test_the_result_rests_on_who_imports_what(project: Path) -> None:
    main = project / "main.py"
    calls = main.read_text("utf-8")
    main.write_text("", "utf-8")
    before = lint_file(project / "engine.py", all_rules(), Project())
    main.write_text(calls, "utf-8")
    after = lint_file(project / "engine.py", all_rules(), Project())
    assert after.findings != before.findings
    assert Facts().hold(after.dependencies)
    assert not Facts().hold(before.dependencies)


def test_the_result_rests_on_the_callers(project: Path) -> None:
    result = lint_file(project / "engine.py", all_rules(), Project())
    read = {Path(fact[1]).name for fact in result.dependencies if fact[0] == "content"}
    assert {"main.py", "net.py"} <= read


FACTORY = """
[[factory]]
names = ["acme.make"]
mode = "train"
layers = ["dropout"]
loaded = true
source = "acme 1.0"
examples = ["acme.make()"]
"""


def test_what_a_project_knows_of_libraries_counts_for_files_on_disk(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(FACTORY)
    text = (
        "import torch, acme\nmodel = acme.make()\nwith torch.no_grad():\n    print(model(torch.load('x')).argmax())\n"
    )
    (tmp_path / "main.py").write_text(text)
    assert not found(tmp_path / "main.py", Project())
    assert [each.code for each in found(tmp_path / "main.py", Project(extended((tmp_path / "acme.toml",))))] == [
        "DRP301"
    ]
