"""Libraries that copy, wrap, prune, explain or train a model."""

# mypy: disable-error-code="import-not-found,import-untyped,misc,no-untyped-call"

from __future__ import annotations

from typing import Any

from benchmarks.library_modes.registry import probe


@probe("ema-pytorch", "ema_pytorch.EMA", "EMA(model)")
def ema(model: Any, x: Any) -> Any:
    from ema_pytorch import EMA

    return EMA(model)


@probe("ema-pytorch", "ema_pytorch.EMA.update", "EMA(model).update()")
def ema_update(model: Any, x: Any) -> Any:
    from ema_pytorch import EMA

    return EMA(model).update()


@probe("captum", "captum.attr.IntegratedGradients.attribute", "IntegratedGradients(model).attribute(x, target=0)")
def integrated_gradients(model: Any, x: Any) -> Any:
    from captum.attr import IntegratedGradients

    return IntegratedGradients(model).attribute(x, target=0, n_steps=2)


@probe("captum", "captum.attr.Saliency.attribute", "Saliency(model).attribute(x, target=0)")
def saliency(model: Any, x: Any) -> Any:
    from captum.attr import Saliency

    return Saliency(model).attribute(x, target=0)


@probe(
    "torch-pruning", "torch_pruning.DependencyGraph.build_dependency", "DependencyGraph().build_dependency(model, x)"
)
def dependency_graph(model: Any, x: Any) -> Any:
    import torch_pruning

    return torch_pruning.DependencyGraph().build_dependency(model, x)


@probe("torch-pruning", "torch_pruning.utils.count_ops_and_params", "count_ops_and_params(model, x)")
def count_ops_and_params(model: Any, x: Any) -> Any:
    import torch_pruning

    return torch_pruning.utils.count_ops_and_params(model, x)


@probe("skorch", "skorch.NeuralNetClassifier.fit", "NeuralNetClassifier(model).fit(x, y)")
def skorch_fit(model: Any, x: Any) -> Any:
    import skorch
    import torch

    net = skorch.NeuralNetClassifier(model, criterion=torch.nn.CrossEntropyLoss, train_split=None, max_epochs=1)
    net.fit(x, torch.zeros(4, dtype=torch.long))
    return net.module_


@probe("opacus", "opacus.validators.ModuleValidator.fix", "ModuleValidator.fix(model)")
def opacus_fix(model: Any, x: Any) -> Any:
    from opacus.validators import ModuleValidator

    return ModuleValidator.fix(model)
