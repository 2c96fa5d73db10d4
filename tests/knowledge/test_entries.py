"""What is known of libraries: the files read as they should, a project can add to them, and mistakes are reported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks import knowing
from dropout_lint.driver import config
from dropout_lint.driver.config import ConfigError
from dropout_lint.knowledge import Knowledge, KnowledgeError, extended, standard
from dropout_lint.lint import engine
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.semantic.project import Project
from tests.conftest import Run

DERIVES_FROM_A_LIBRARY = """\
from houselib import HouseModule
from torch import nn


class Net(HouseModule):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Dropout(0.5), nn.Linear(2, 2)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
FOUND = "net.py:8:"
MODULE = '[[module]]\nnames = ["houselib.HouseModule"]\n'
FACTORY = """\
import torch
from houselib import build

model = build()
model.load_state_dict(torch.load("weights.pt"))
with torch.no_grad():
    out = model(torch.load("batch.pt"))
    print(out.argmax())
"""
FACTORY = '[[factory]]\nnames = ["houselib.build"]\nmode = "train"\nlayers = ["dropout"]\n'


def added(folder: Path, text: str) -> Knowledge:
    (folder / "more.toml").write_text(text, "utf-8")
    return extended((folder / "more.toml",))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[factories]]", ["unknown key `factories`", "did you mean `factory`", "factory, call, module"]),
        ("[factory]", ["[[factory]]", "two brackets"]),
        (FACTORY + "layer = []", ["[[factory]] number 1 (houselib.build)", "unknown key `layer`", "`layers`"]),
        (FACTORY.replace('"train"', '"training"'), ['`mode` must be "train" or "eval"', "'training'"]),
        (FACTORY.replace('mode = "train"\n', ""), ["`mode` must be", "is missing"]),
        (FACTORY.replace('"dropout"', '"drop"'), ["unknown layer 'drop'", '"batch norm"']),
        (FACTORY + "loaded = 1", ["`loaded` must be true or false", "not 1"]),
        (FACTORY + "pattern = 'x'", ["either `names`", "or `pattern`"]),
        (FACTORY.replace('names = ["houselib.build"]', "pattern = '('"), ["'('", "no regular expression"]),
        ('[[call]]\nnames = "a.b"\neffect = "keeps"', ["`names` must be a list of strings"]),
        ('[[call]]\nnames = ["a.b"]\neffect = "kept"', ["`effect` must be", '"keeps"', '"either"']),
        ("[[factory]", ["not valid TOML"]),
    ],
    ids=[
        "kind",
        "brackets",
        "key",
        "choice",
        "missing",
        "layer",
        "flag",
        "both",
        "expression",
        "strings",
        "effect",
        "toml",
    ],
)
def test_a_mistake_names_the_file_the_entry_and_the_choices(text: str, says: list[str], tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as raised:
        added(tmp_path, text)
    assert [word for word in [*says, "more.toml"] if word not in str(raised.value)] == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"nowhere\.toml: No such file"):
        extended((tmp_path / "nowhere.toml",))


def test_what_a_project_adds_comes_before_what_we_know(tmp_path: Path) -> None:
    ours = standard().factory("torchvision.models.resnet18")
    assert ours is not None
    assert ours.mode == "train"
    knowledge = added(
        tmp_path, '[[factory]]\nnames = ["torchvision.models.resnet18"]\nmode = "eval"\nlayers = []\n' + FACTORY
    )
    theirs = knowledge.factory("torchvision.models.resnet18")
    assert theirs is not None
    assert (theirs.mode, theirs.layers) == ("eval", ())
    assert knowledge.factory("torchvision.models.resnet34") == standard().factory("torchvision.models.resnet34")


def test_names_are_no_patterns(tmp_path: Path) -> None:
    assert added(tmp_path, FACTORY).factory("houselibxbuild") is None


def test_arguments_choose_between_entries_of_one_name() -> None:
    known = standard()
    of_resnet = known.factory("timm.create_model", ["resnet50"])
    of_vit = known.factory("timm.create_model", ["vit_small_patch16_224"])
    of_unknown = known.factory("timm.create_model", [None])
    assert of_resnet is not None
    assert of_vit is not None
    assert of_resnet.layers == ("batch norm",)
    assert of_vit == of_unknown
    assert of_vit.depends_on


def test_what_is_known_changes_the_key_of_cached_results(tmp_path: Path) -> None:
    one = added(tmp_path, FACTORY).digest
    (tmp_path / "other").mkdir()
    assert len({standard().digest, one, added(tmp_path / "other", FACTORY + "loaded = true").digest}) == 3


def a_project(folder: Path, knowledge: str = MODULE) -> Path:
    (folder / "pyproject.toml").write_text('[tool.dropout-lint]\nknowledge = ["facts/house.toml"]\n', "utf-8")
    (folder / "facts").mkdir()
    (folder / "facts" / "house.toml").write_text(knowledge, "utf-8")
    (folder / "net.py").write_text(DERIVES_FROM_A_LIBRARY, "utf-8")
    return folder


def test_the_command_line_knows_what_the_project_adds(run: Run, tmp_path: Path) -> None:
    a_project(tmp_path)
    command = ("-m", "dropout_lint", "check", "--select", "DRP401", "--output-format", "concise", "-q", "net.py")
    first = run(*command, cwd=tmp_path)
    assert first.stdout.startswith(FOUND)
    assert run(*command, cwd=tmp_path).stdout == first.stdout  # from the cache
    assert run(*command, "--isolated", cwd=tmp_path).stdout == ""
    (tmp_path / "facts" / "house.toml").write_text(FACTORY, "utf-8")
    assert run(*command, cwd=tmp_path).stdout == ""  # not the cached result of other knowledge


def test_stdin_knows_it_too(run: Run, tmp_path: Path) -> None:
    a_project(tmp_path)
    done = run(
        *("-m", "dropout_lint", "check", "--select", "DRP401", "--output-format", "concise", "-q"),
        *("--stdin-filename", "net.py", "-"),
        cwd=tmp_path,
        stdin=DERIVES_FROM_A_LIBRARY,
    )
    assert done.stdout.startswith(FOUND)


def test_flake8_knows_what_its_own_option_names(run: Run, tmp_path: Path) -> None:
    a_project(tmp_path)
    command = ("-m", "flake8", "--select", "DRP401", "net.py")
    assert run(*command, cwd=tmp_path).stdout == ""
    (tmp_path / ".flake8").write_text("[flake8]\ndropout-lint-knowledge = facts/house.toml\n", "utf-8")
    assert run(*command, cwd=tmp_path).stdout.startswith(FOUND)
    (tmp_path / "facts" / "house.toml").write_text("[[factori]]", "utf-8")
    broken = run(*command, cwd=tmp_path)
    assert broken.returncode != 0
    assert "unknown key `factori`" in broken.stdout + broken.stderr


def test_a_mistake_in_an_added_file_is_one_in_the_configuration(tmp_path: Path) -> None:
    folder = a_project(tmp_path, "[[factori]]")
    with pytest.raises(ConfigError, match=r"pyproject\.toml: knowledge file .*house\.toml: unknown key `factori`"):
        config.in_directory(folder)


def test_every_entry_of_ours_has_a_source_with_a_version_and_a_proof_or_a_reason() -> None:
    assert knowing.without_either() == []
    for known in standard().factories:
        assert any(part[:1].isdigit() for part in known.source.replace(":", " ").split()), known


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(claim, id=f"{claim.kind}-{claim.example.strip().splitlines()[-1][:60]}")
        for claim in knowing.claims()
    ],
)
def test_what_we_know_is_true_of_the_libraries_that_are_here(
    claim: knowing.Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others: `python -m benchmarks.knowledge`."""
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    if not knowing.is_available(claim):
        pytest.skip(f"{claim.library} is not installed")
    knowing.check(claim)


def test_an_entry_that_is_wrong_is_caught() -> None:
    pytest.importorskip("torch")
    wrong = knowing.Claim(
        "call",
        "torch.nn.Module.eval",
        {"effect": "keeps"},
        "model = torch.nn.Sequential(torch.nn.Dropout()).train(start)\nmodel.eval()",
    )
    with pytest.raises(AssertionError, match="started with train"):
        knowing.check(wrong)


NET = """\
import lightning
import torch
from ignite.engine import create_supervised_trainer
from torch import nn


class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))

    def forward(self, x):
        return self.body(x)


def predict(model, loader):
    found = []
    with torch.no_grad():
        for batch in loader:
            found.append(model(batch).argmax(dim=1))
    return found


loader = torch.load("batches.pt")
model = Net()
"""


def lines_with_missing_eval(body: str) -> list[int]:
    return [finding.span.start.line for finding in engine.check("net.py", NET + body, [rule_by_code("DRP301")])]


def test_a_call_that_trains_and_keeps_the_mode_leaves_a_model_worth_something_in_train_mode() -> None:
    trainer = "trainer = lightning.Trainer()\ntrainer.fit(model, loader)\n"
    assert lines_with_missing_eval(trainer + "print(predict(model, loader))") == [20]
    assert lines_with_missing_eval(trainer + "model.eval()\nprint(predict(model, loader))") == []


def test_a_call_that_may_leave_either_mode_silences() -> None:
    engines = "optimizer = torch.optim.Adam(model.parameters())\n"
    engines += "create_supervised_trainer(model, optimizer, nn.MSELoss()).run(loader)\n"
    assert lines_with_missing_eval(engines + "print(predict(model, loader))") == []


def test_a_wrapper_is_the_model_that_it_wraps() -> None:
    prepared = "model.load_state_dict(torch.load('weights.pt'))\n{}model = lightning.Fabric().setup(model)\n"
    assert lines_with_missing_eval(prepared.format("") + "print(predict(model, loader))") == [20]
    assert lines_with_missing_eval(prepared.format("model.eval()\n") + "print(predict(model, loader))") == []


HOUSE = """\
[[call]]
names = ["house.count"]
effect = "eval"

[[call]]
names = ["house.summary"]
effect = "flat"

[[call]]
names = ["house.snapshot"]
effect = "keeps"
returns = "copy"

[[call]]
names = ["house.Explainer"]
effect = "keeps"
returns = "holder"

[[call]]
names = ["house.Explainer.explain"]
effect = "eval"

[[call]]
names = ["house.Explainer.find"]
effect = "eval"
when_given = ["validation"]
"""


@pytest.mark.parametrize(
    ("program", "is_silent"),
    [
        ("house.count(model)\n", True),
        ("model.body.eval()\nhouse.summary(model)\n", False),  # the frozen part is in train mode again
        ("model.eval()\nhouse.summary(model)\n", True),
        ("model.eval()\nmodel = house.snapshot(model)\n", True),
        ("copied = house.snapshot(model)\ncopied.eval()\n", False),  # of a copy, not of the model
        ("house.Explainer(model)\n", False),
        ("house.Explainer(model=model).explain(loader)\n", True),
        ("e = house.Explainer(model)\ne.find(loader)\n", False),
        ("e = house.Explainer(model)\ne.find(loader, validation=loader)\n", True),
        ("model.eval()\ne = house.Explainer(model)\ne.nobody_knows(loader)\n", True),
    ],
)
def test_what_a_knowledge_file_says_of_calls_is_what_they_do(program: str, is_silent: bool, tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text(HOUSE)
    knowledge = extended((tmp_path / "house.toml",))
    text = NET + "import house\nmodel.load_state_dict(torch.load('weights.pt'))\n" + program
    text += "print(predict(model, loader))\n"
    found = engine.check(str(tmp_path / "net.py"), text, [rule_by_code("DRP301")], project=Project(knowledge))
    assert ([finding.span.start.line for finding in found] == []) is is_silent
