"""Models and trainers of other libraries: quiet where they are right, their real traps found."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime import DropoutMonitor, mode_report  # noqa: E402
from dropout_lint.runtime.watching.handle import Watch  # noqa: E402
from dropout_lint.testing import (  # noqa: E402
    assert_dropout_active,
    assert_eval_mode,
    assert_eval_propagates,
    assert_no_active_dropout,
)
from tests.runtime.nets import BATCH, Bad, Good, codes_of, failure  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def with_lora(model: nn.Module) -> nn.Module:
    peft = pytest.importorskip("peft")
    model_with_lora: nn.Module = peft.get_peft_model(
        model, peft.LoraConfig(target_modules=["linear"], lora_dropout=0.1)
    )
    return model_with_lora


def test_peft_adds_dropout_in_train_mode_to_a_model_in_eval_mode() -> None:
    model = with_lora(Good().eval())
    assert "part.linear.lora_dropout.default  Dropout  p=0.1  in train mode" in failure(assert_eval_mode, model)
    assert codes_of(model) == [("DRP305", "part.linear.lora_dropout.default")]


def test_peft_is_quiet_once_it_is_switched() -> None:
    model = with_lora(Good()).eval()
    assert_eval_mode(model)
    assert_eval_propagates(model)
    assert_no_active_dropout(model, BATCH)
    assert mode_report(model).model == "Good"
    assert codes_of(model.train(), grad=True) == []


def bert() -> nn.Module:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    model: nn.Module = transformers.BertModel(config)
    return model


TOKENS = torch.arange(12).reshape(2, 6)


def test_transformers_is_quiet_in_eval_mode_and_drops_in_train_mode() -> None:
    model = bert()
    assert "encoder.layer.0.attention.self" in failure(assert_eval_mode, model)  # constructors give train mode
    assert_eval_propagates(model)
    assert_no_active_dropout(model.eval(), TOKENS)
    assert_dropout_active(model, TOKENS)


def test_accelerate_prepares_a_model_that_keeps_its_paths() -> None:
    accelerate = pytest.importorskip("accelerate")
    model = accelerate.Accelerator(cpu=True).prepare(Good()).eval()
    assert [layer.path for layer in mode_report(model)] == ["", "part.drop", "norm"]
    assert codes_of(model) == []


class Graph(nn.Module):
    """Graph attention, which keeps its rate as a number."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = pytest.importorskip("torch_geometric.nn").GATConv(4, 4, dropout=0.6)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.attention(x, torch.tensor([[0, 1, 2], [1, 2, 0]]))
        return out


def test_torch_geometric_is_quiet_in_eval_mode_and_its_layers_are_known() -> None:
    model = Graph().eval()
    (layer,) = mode_report(model)
    assert (layer.path, layer.type, layer.kind, layer.p) == ("attention", "GATConv", "stochastic", 0.6)
    assert_no_active_dropout(model, BATCH)
    assert_dropout_active(model, BATCH)
    model.attention.train()
    assert codes_of(model) == [("DRP305", "attention")]


def lightning_module(backbone: nn.Module, steps: list[bool]) -> Any:
    """A module of Lightning around ``backbone``; ``steps`` gets the mode of the backbone at each step of training."""
    lightning = pytest.importorskip("pytorch_lightning")

    class Wrapped(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.backbone = backbone
            self.head = nn.Sequential(nn.LazyLinear(2), nn.Dropout(0.1))
            self.head(backbone(BATCH))

        def training_step(self, batch: Any, index: int) -> Tensor:
            steps.append(self.backbone.training)
            out: Tensor = self.head(self.backbone(batch)).square().mean()
            return out

        def validation_step(self, batch: Any, index: int) -> None:
            self.head(self.backbone(batch))

        test_step = validation_step

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD([p for p in self.parameters() if p.requires_grad], lr=0.1)

    return Wrapped()


def fit(module: Any, *, test: bool = False) -> None:
    """Two epochs with validation, and a test if asked for."""
    lightning = pytest.importorskip("pytorch_lightning")
    trainer = lightning.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    loader = torch.utils.data.DataLoader([BATCH, BATCH], batch_size=None)
    trainer.fit(module, loader, loader)
    if test:
        trainer.test(module, loader, verbose=False)


def trained(backbone: nn.Module) -> list[tuple[str, str]]:
    """The events of fitting and testing ``backbone`` with Lightning, evaluation without gradients included."""
    module = lightning_module(backbone, [])
    with DropoutMonitor(no_grad="report") as monitor:
        fit(module, test=True)
    return [(event.code, event.root_type) for event in monitor.events]


def found_while_fitting(backbone: nn.Module) -> tuple[set[bool], list[str]]:
    """The modes that ``backbone`` was trained in, and the names of what the watcher finds."""
    modes: list[bool] = []
    module = lightning_module(backbone, modes)
    with Watch(report=()) as watch:
        fit(module)
    return set(modes), [finding.name for finding in watch.findings]


def test_lightning_keeps_a_backbone_in_eval_mode_and_the_watcher_says_that_it_trains_there() -> None:
    modes, findings = found_while_fitting(Good().eval())  # as `from_pretrained` returns them
    assert modes == {False}
    assert findings == ["train-step-in-eval-mode"]


def test_lightning_with_a_frozen_backbone_in_eval_mode_is_meant() -> None:
    modes, findings = found_while_fitting(Good().eval().requires_grad_(False))
    assert modes == {False}
    assert findings == []


def test_lightning_with_a_backbone_in_train_mode_is_right() -> None:
    modes, findings = found_while_fitting(Good())
    assert modes == {True}
    assert findings == []


def test_lightning_trains_and_evaluates_in_the_right_modes() -> None:
    assert trained(Good()) == []
    assert {code for code, _ in trained(Bad())} == {"DRP201"}


def test_generating_in_train_mode_is_found_although_a_decorator_is_around_generate() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(vocab_size=20, n_positions=16, n_embd=8, n_layer=1, n_head=2, bos_token_id=0)
    with Watch(report=()) as watch:
        for model in (transformers.GPT2LMHeadModel(config).train(), transformers.GPT2LMHeadModel(config).eval()):
            model.generate(TOKENS, max_new_tokens=4, do_sample=False, pad_token_id=0, eos_token_id=None)
    assert {(finding.name, finding.model) for finding in watch.findings} == {
        ("inference-in-train-mode", "GPT2LMHeadModel")
    }
