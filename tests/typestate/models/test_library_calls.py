"""What calls into libraries do to modes, by the knowledge files: a training that goes on after it, a prediction."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.lint import engine
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.semantic.project import Project

NET = """\
import calflops, monai, openvino, poutyne, ptflops, shap, thop, torch, torch_geometric, torch_lr_finder, torchattacks
import torchinfo
from captum.attr import Saliency
from fvcore.nn import FlopCountAnalysis
from ignite.engine import create_supervised_evaluator
from pytorch_grad_cam import GradCAM
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4))
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.body(x))


model = Net()
loader = torch.load("batches.pt")
batch = torch.load("batch.pt")
"""

TRAINING = """\
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for epoch in range(3):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    {call}
"""

PREDICTION = """\
model.load_state_dict(torch.load("weights.pt"))
{call}
with torch.no_grad():
    for x, y in loader:
        print(model(x).argmax(1))
"""

FINDER = "torch_lr_finder.LRFinder(model, torch.optim.SGD(model.parameters(), 1e-5), nn.CrossEntropyLoss())"

LEAVES_EVAL = {
    "ptflops": "ptflops.get_model_complexity_info(model, (8,))",
    "calflops": "calflops.calculate_flops(model, input_shape=(2, 8))",
    "grad-cam": "GradCAM(model=model, target_layers=[model.body])",
    "shap": "explainer = shap.DeepExplainer(model, batch)",
    "ignite": "create_supervised_evaluator(model).run(loader)",
    "monai to torchscript": "monai.networks.convert_to_torchscript(model)",
    "monai to onnx": "monai.networks.convert_to_onnx(model, [batch])",
    "openvino": "ir = openvino.convert_model(model, example_input=batch)",
    "lr-finder, validating": f"{FINDER}.range_test(loader, val_loader=loader)",
    "lr-finder, validating by position": f"{FINDER}.range_test(loader, loader)",
}
LEAVES_TRAIN = {
    "thop": "thop.profile(model, inputs=(batch,))",
    "torchinfo": "torchinfo.summary(model, input_size=(2, 8))",
    "fvcore": "FlopCountAnalysis(model, batch).total()",
    "captum": "Saliency(model).attribute(batch, target=0)",
    "poutyne": "poutyne.Model(model, 'sgd', 'cross_entropy').evaluate_generator(loader)",
    "torchattacks": "torchattacks.PGD(model)(batch, batch)",
    "lr-finder": f"{FINDER}.range_test(loader)",
    "monai": "monai.visualize.VanillaGrad(model)(batch)",
    "pyg summary": "torch_geometric.nn.summary(model, batch)",
    "tensorboard": "torch.utils.tensorboard.SummaryWriter().add_graph(model, batch)",
    "torchscript": "torch.jit.script(model).eval()",
    "ignite, not run": "create_supervised_evaluator(model)",
}


def codes(program: str, call: str, folder: Path) -> list[str]:
    rules = [rule_by_code("DRP301"), rule_by_code("DRP303")]
    text = NET + program.format(call=call)
    return [finding.code for finding in engine.check(str(folder / "main.py"), text, rules, project=Project())]


@pytest.mark.parametrize("call", LEAVES_EVAL.values(), ids=LEAVES_EVAL)
def test_a_call_that_leaves_eval_mode_spoils_the_training_after_it_and_not_the_prediction(
    call: str, tmp_path: Path
) -> None:
    assert codes(TRAINING, call, tmp_path) == ["DRP303"]
    assert codes(PREDICTION, call, tmp_path) == []


@pytest.mark.parametrize("call", LEAVES_TRAIN.values(), ids=LEAVES_TRAIN)
def test_a_call_that_puts_train_mode_back_spoils_no_training_and_does_not_excuse_a_prediction(
    call: str, tmp_path: Path
) -> None:
    assert codes(TRAINING, call, tmp_path) == []
    assert codes(PREDICTION, call, tmp_path) == ["DRP301"]


def test_the_older_exporter_puts_a_frozen_part_in_train_mode(tmp_path: Path) -> None:
    export = "torch.onnx.export(model, (batch,), 'a.onnx', dynamo={})"
    frozen = f"model.eval(); {export}"
    assert codes(PREDICTION, frozen.format("False"), tmp_path) == []
    part = (
        "model.train(); model.body.eval(); model.drop.eval(); torch.onnx.export(model, (batch,), 'a.onnx', dynamo={})"
    )
    assert codes(PREDICTION, part.format("True"), tmp_path) == []
    assert codes(PREDICTION, part.format("False"), tmp_path) == ["DRP301"]


def test_what_is_optimized_for_inference_is_in_eval_mode(tmp_path: Path) -> None:
    optimize = "model = torch.jit.{}(torch.jit.script(model))"
    assert codes(PREDICTION, optimize.format("optimize_for_inference"), tmp_path) == []
    assert codes(PREDICTION, "model = torch.jit.script(model)", tmp_path) == ["DRP301"]


def test_a_graph_writer_puts_a_frozen_part_in_train_mode(tmp_path: Path) -> None:
    part = "model.train(); model.body.eval(); model.drop.eval(); {}"
    write = "torch.utils.tensorboard.SummaryWriter().add_graph(model, batch)"
    assert codes(PREDICTION, part.format("pass"), tmp_path) == []
    assert codes(PREDICTION, part.format(write), tmp_path) == ["DRP301"]
