"""Libraries whose wrappers and attacks are handed a model."""

# mypy: disable-error-code="import-not-found,import-untyped,misc,no-untyped-call"

from __future__ import annotations

from typing import Any

from benchmarks.library_modes.registry import probe


@probe("peft", "peft.get_peft_model", "get_peft_model(model, LoraConfig(target_modules=['head.3']))")
def lora(model: Any, x: Any) -> Any:
    import peft

    return peft.get_peft_model(model, peft.LoraConfig(target_modules=["head.3"]))


@probe("accelerate", "accelerate.Accelerator.prepare", "Accelerator(cpu=True).prepare(model)")
def accelerate_prepare(model: Any, x: Any) -> Any:
    import accelerate

    return accelerate.Accelerator(cpu=True).prepare(model)


@probe("monai", "monai.inferers.SimpleInferer", "SimpleInferer()(x, model)")
def simple_inferer(model: Any, x: Any) -> Any:
    from monai.inferers import SimpleInferer

    return SimpleInferer()(x, model)


@probe("monai", "monai.networks.eval_mode", "with eval_mode(model): model(x)")
def monai_eval_mode(model: Any, x: Any) -> None:
    from monai.networks import eval_mode

    with eval_mode(model):
        model(x)


@probe("monai", "monai.networks.train_mode", "with train_mode(model): model(x)")
def monai_train_mode(model: Any, x: Any) -> None:
    from monai.networks import train_mode

    with train_mode(model):
        model(x)


@probe("torchview", "torchview.draw_graph", "draw_graph(model, input_data=x)")
def draw_graph(model: Any, x: Any) -> Any:
    from torchview import draw_graph

    return draw_graph(model, input_data=x, device="cpu")


@probe("torchview", "torchview.draw_graph", "draw_graph(model, input_data=x, mode='train')")
def draw_graph_train(model: Any, x: Any) -> Any:
    from torchview import draw_graph

    return draw_graph(model, input_data=x, device="cpu", mode="train")


@probe("pytorch-model-summary", "pytorch_model_summary.summary", "pytorch_model_summary.summary(model, x)")
def model_summary(model: Any, x: Any) -> Any:
    import pytorch_model_summary

    return pytorch_model_summary.summary(model, x)


@probe("foolbox", "foolbox.PyTorchModel", "foolbox.PyTorchModel(model, bounds=(0, 1))")
def foolbox_model(model: Any, x: Any) -> Any:
    import foolbox

    return foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
