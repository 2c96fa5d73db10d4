"""Guards that no fixture can hold: what a file's place or the words around a call say."""

from __future__ import annotations

import pytest

from dropout_lint.finding import Confidence, Finding
from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules, rule_by_code
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.analysis import runs
from dropout_lint.typestate.verdicts.judge import judge
from dropout_lint.typestate.verdicts.mode_rule import ModeRule
from tests.conftest import ROOT

SILENT_IN_TESTS = [
    "DRP103",
    "DRP109",
    "DRP201",
    "DRP202",
    "DRP205",
    "DRP207",
    "DRP208",
    "DRP209",
    "DRP212",
    "DRP214",
    "DRP305",
    "DRP401",
    "DRP402",
    "DRP403",
    "DRP404",
    "DRP405",
    "DRP407",
    "DRP409",
    "DRP901",
    "DRP902",
    "DRP903",
]


def found(code: str, text: str, filename: str = "net.py") -> tuple[Finding, ...]:
    return check(filename, text, [rule_by_code(code)])


SPEAKS_OF_TESTS = "\n\ndef test_shape():\n    pass\n"


@pytest.mark.parametrize("code", SILENT_IN_TESTS)
@pytest.mark.parametrize(
    "filename", ["tests/test_net.py", "test_net.py", "pack/test/net.py", "net_test.py", "conftest.py"]
)
def test_code_of_tests_is_left_alone(code: str, filename: str) -> None:
    text = (ROOT / "fixtures" / code / "bad.py").read_text("utf-8") + SPEAKS_OF_TESTS
    assert found(code, text)
    assert found(code, text, filename) == ()


@pytest.mark.parametrize("code", SILENT_IN_TESTS)
@pytest.mark.parametrize("filename", ["test.py", "layers/test_time_pool.py", "run_test.py", "/x/test/proj/net.py"])
def test_neither_the_name_alone_nor_a_folder_above_the_project_makes_a_test(code: str, filename: str) -> None:
    text = (ROOT / "fixtures" / code / "bad.py").read_text("utf-8")
    assert len(found(code, text, filename)) == len(found(code, text)) > 0


@pytest.mark.parametrize("code", ["DRP101", "DRP102", "DRP104", "DRP105", "DRP107", "DRP110", "DRP203", "DRP204"])
def test_what_raises_or_zeroes_everything_is_wrong_in_tests_too(code: str) -> None:
    text = (ROOT / "fixtures" / code / "bad.py").read_text("utf-8")
    assert len(found(code, text, "tests/test_net.py")) == len(found(code, text)) > 0


FRAMEWORKS = {
    "Flax": "from flax import linen as nn",
    "Flax NNX": "from flax import nnx as nn",
    "Keras": "from keras import layers as nn",
    "Paddle": "import paddle.nn as nn",
    "MindSpore": "import mindspore.nn as nn",
    "MLX": "import mlx.nn as nn",
    "OneFlow": "import oneflow.nn as nn",
    "tinygrad": "from tinygrad import nn",
    "either": "try:\n    from torch import nn\nexcept ImportError:\n    from paddle import nn",
}


@pytest.mark.parametrize("imports", FRAMEWORKS.values(), ids=FRAMEWORKS)
@pytest.mark.parametrize(
    ("code", "use"),
    [
        ("DRP101", "nn.Dropout(30)"),
        ("DRP103", "nn.Dropout(1)"),
        ("DRP104", "nn.Dropout(rate=0.3)"),
        ("DRP106", "nn.Dropout(keep_prob)"),
        ("DRP205", "class Net(nn.Module):\n    def forward(self, x):\n        return nn.Dropout(0.3)(x)"),
        (
            "DRP401",
            "class Net(nn.Module):\n    def __init__(self):\n        self.a = [nn.Linear(1, 1), nn.Linear(1, 1)]",
        ),
    ],
)
def test_another_framework_is_not_torch(imports: str, code: str, use: str) -> None:
    assert found(code, f"import torch\n{imports}\n{use}\n") == ()


MODULE = """import torch.nn.functional as F
from torch import nn


class {name}(nn.Module):
    def forward(self, x):
        {comment}
        x = F.dropout(x, 0.5)
        return {result}
"""


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("Prenet", "pass"),
        ("MCDropoutNet", "pass"),
        ("BayesianHead", "pass"),
        ("Head", "# Monte Carlo: stays on"),
        ("Head", "# always on, as in the paper"),
        ("Head", "# data augmentation"),
        ("Head", "# used for classifier-free guidance"),
    ],
)
def test_words_of_intent_make_it_silent(name: str, comment: str) -> None:
    assert found("DRP201", MODULE.format(name=name, comment=comment, result="x")) == ()


def test_a_sibling_that_follows_the_mode_outweighs_them() -> None:
    result = "F.dropout(x, 0.5, training=self.training)"
    text = MODULE.format(name="Head", comment="# augmentation", result=result)
    (finding,) = found("DRP201", text)
    assert finding.confidence is Confidence.MEDIUM
    assert [note.span.start.line for note in finding.notes if note.span] == [9]
    (finding,) = found("DRP201", text.replace("# augmentation", "pass"))
    assert finding.confidence is Confidence.HIGH


def test_a_dropout_that_is_called_twice_raises_the_confidence_that_another_was_forgotten() -> None:
    text = (
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, p, q):\n        super().__init__()\n"
        "        self.a = nn.Dropout(q)\n        self.b = nn.Dropout(p)\n\n"
        "    def forward(self, x):\n        return self.a({})\n"
    )
    (finding,) = found("DRP403", text.format("x"))
    assert finding.confidence is Confidence.MEDIUM
    (finding,) = found("DRP403", text.format("self.a(x) + 1"))
    assert finding.confidence is Confidence.HIGH


def test_a_dropout_of_the_same_rate_that_is_called_once_leaves_another_to_itself() -> None:
    text = (
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, p):\n        super().__init__()\n"
        "        self.a = nn.Dropout(p)\n        self.b = nn.Dropout(p)\n\n"
        "    def forward(self, x):\n        return self.a({})\n"
    )
    assert found("DRP403", text.format("x")) == ()
    assert found("DRP403", text.format("self.a(x) + 1")) != ()


VGG = """
import torch
from torch import nn
from torchvision import models

model = models.vgg16(weights="DEFAULT")
{before}
with torch.no_grad():
    for picture in pictures:
        {run}(picture)
"""


@pytest.mark.parametrize(
    ("before", "run", "findings"),
    [
        ("", "model", 1),
        ("model.classifier[6] = nn.Linear(4096, 2)", "model", 1),
        ("half = nn.Sequential(*list(model.classifier.children())[:4])", "half", 1),
        ("model.classifier = nn.Sequential(nn.Dropout(), nn.Linear(25088, 2))", "model", 1),
        ("model.classifier = nn.Linear(25088, 2)", "model", 0),
        ("first = list(model.features.modules())[0]", "first", 0),
    ],
)
def test_only_the_part_that_is_known_to_drop_matters(before: str, run: str, findings: int) -> None:
    assert len(found("DRP301", VGG.format(before=before, run=run))) == findings


@pytest.mark.parametrize(
    ("line", "findings"),
    [
        ("import torch.optim as optim", 1),
        ("from torch import optim", 1),
        ("optim.SGD(model.heads(), 0.1).step(loss)", 0),
        ("self.optimizer.step()", 0),
        ("engine.backward(loss)", 0),
    ],
)
def test_a_script_that_may_train_serves_nothing(line: str, findings: int) -> None:
    text = f"""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 2), nn.Dropout())
model.load_state_dict(torch.load("net.pt"))
for picture in pictures:
    print(model(picture).argmax())


def unseen(self, engine, loss):
    {line}
"""
    assert len(found("DRP301", text)) == findings


EVALUATION = """
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 2), nn.Dropout())
model.load_state_dict(torch.load("net.pt"))
with torch.no_grad():
    for picture in pictures:
        print(model(picture).argmax())
"""
TEST = (
    EVALUATION
    + """

def test_shape():
    pass
"""
)


@pytest.mark.parametrize(
    ("filename", "text", "findings"),
    [
        ("run_test.py", EVALUATION, 1),
        ("test_net.py", EVALUATION, 1),
        ("run_test.py", TEST, 0),
        ("test_net.py", TEST, 0),
        ("tests/net.py", EVALUATION, 0),
        ("conftest.py", EVALUATION, 0),
    ],
)
def test_a_script_is_no_test_by_its_name_alone(filename: str, text: str, findings: int) -> None:
    assert len(found("DRP301", text, filename)) == findings


MODE_RULES = {rule.code: rule for rule in all_rules() if issubclass(rule, ModeRule)}


@pytest.mark.parametrize("code", sorted(MODE_RULES))
def test_a_rule_about_modes_is_as_sure_as_the_verdict_that_it_reports(code: str) -> None:
    path = ROOT / "fixtures" / code / "bad.py"
    source = SourceFile(str(path), path.read_text("utf-8"))
    judged = {
        (verdict.event.node.lineno, verdict.event.node.col_offset + 1): verdict.confidence
        for run in runs(source)
        for verdict in judge(run)
        if verdict.misuse is MODE_RULES[code].misuse
    }
    findings = found(code, source.text, str(path))
    reported = {(finding.span.start.line, finding.span.start.column): finding.confidence for finding in findings}
    both = reported.keys() & judged.keys()
    assert both
    assert {place: reported[place] for place in both} == {place: judged[place] for place in both}


def test_dropout_that_is_kept_on_for_monte_carlo_is_reported_with_medium_confidence() -> None:
    path = ROOT / "fixtures" / "DRP310" / "bad.py"
    (finding,) = found("DRP310", path.read_text("utf-8"))
    assert finding.confidence is Confidence.MEDIUM


STEP = """\
import torch.nn.functional as F
from pytorch_lightning import LightningModule
from torch import nn


class Net(LightningModule):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)

    def {method}(self, batch, index):
        {body}
"""


@pytest.mark.parametrize("method", ["validation_step", "test_step", "predict_step"])
def test_train_mode_in_a_step_that_is_run_in_eval_mode_is_reported(method: str) -> None:
    (finding,) = found("DRP304", STEP.format(method=method, body="self.train(); return self(batch)"))
    assert (finding.confidence, finding.span.start.line) == (Confidence.MEDIUM, 15)


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("training_step", "self.train(); return self(batch)"),
        ("validation_step", "self.eval(); loss = self(batch).sum(); self.train(); return loss"),
        ("validation_step", "self.train(); loss = self(batch).sum(); loss.backward(); return loss"),
        ("predict_step", "self.train(); return torch.stack([self(batch) for _ in range(9)]).std(0)"),
        ("predict_step", "self.train()  # Monte Carlo\n        return self(batch)"),
        ("validation_step", "self.model.train(); return self(batch)"),  # a detector tells its loss in train mode only
    ],
)
def test_train_mode_that_may_be_meant_in_a_step_is_not(method: str, body: str) -> None:
    assert found("DRP304", STEP.format(method=method, body=body)) == ()


@pytest.mark.parametrize("method", ["validation_step", "test_step", "predict_step"])
def test_functional_dropout_in_a_step_that_is_run_in_eval_mode_is_reported(method: str) -> None:
    assert len(found("DRP201", STEP.format(method=method, body="return F.dropout(self(batch), 0.5)"))) == 1


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("training_step", "return F.dropout(self(batch), 0.5)"),
        ("validation_step", "return F.dropout(self(batch), 0.5, self.training)"),
        ("eval_epoch", "return F.dropout(self(batch), 0.5)"),  # whoever calls it may have a reason
    ],
)
def test_functional_dropout_elsewhere_is_not(method: str, body: str) -> None:
    assert found("DRP201", STEP.format(method=method, body=body)) == ()
