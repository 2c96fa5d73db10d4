"""Libraries that run the training loop."""

# mypy: disable-error-code="import-not-found,import-untyped,misc,no-untyped-call"

from __future__ import annotations

from typing import Any

from benchmarks.library_modes.registry import probe


def _engine(make: str, model: Any, x: Any) -> None:
    import torch
    from ignite import engine

    labels = torch.zeros(4, dtype=torch.long)
    if make == "trainer":
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        running = engine.create_supervised_trainer(model, optimizer, torch.nn.functional.cross_entropy)
    else:
        running = engine.create_supervised_evaluator(model)
    running.run([(x, labels)])


@probe("pytorch-ignite", "ignite.engine.create_supervised_trainer", "create_supervised_trainer(model, ...).run(data)")
def ignite_trainer(model: Any, x: Any) -> None:
    _engine("trainer", model, x)


@probe("pytorch-ignite", "ignite.engine.create_supervised_evaluator", "create_supervised_evaluator(model).run(data)")
def ignite_evaluator(model: Any, x: Any) -> None:
    _engine("evaluator", model, x)


def _lightning(action: str, model: Any, x: Any) -> None:
    import logging

    import lightning
    import torch

    class Task(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = model

        def training_step(self, batch: Any, index: int) -> Any:
            return self.net(batch).sum()

        def validation_step(self, batch: Any, index: int) -> None:
            self.net(batch)

        def test_step(self, batch: Any, index: int) -> None:
            self.net(batch)

        def predict_step(self, batch: Any, index: int) -> Any:
            return self.net(batch)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    started = model.training
    task = Task()
    task.training = started  # the root is as the net is  # noqa: DRP305 - the parts keep theirs: one may be frozen
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", enable_model_summary=False, **quiet)
    getattr(trainer, action)(task, torch.utils.data.DataLoader(x, batch_size=4))


@probe("lightning", "lightning.Trainer.fit", "Trainer(max_epochs=1).fit(task, data)")
def lightning_fit(model: Any, x: Any) -> None:
    _lightning("fit", model, x)


@probe("lightning", "lightning.Trainer.validate", "Trainer().validate(task, data)")
def lightning_validate(model: Any, x: Any) -> None:
    _lightning("validate", model, x)


@probe("lightning", "lightning.Trainer.predict", "Trainer().predict(task, data)")
def lightning_predict(model: Any, x: Any) -> None:
    _lightning("predict", model, x)
