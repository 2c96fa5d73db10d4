"""What torch itself does."""

# mypy: disable-error-code="import-not-found,import-untyped,misc,no-untyped-call"

from __future__ import annotations

import copy
from typing import Any

import torch

from benchmarks.library_modes.registry import probe


@probe("torch", "torch.optim.swa_utils.AveragedModel", "AveragedModel(model)")
def averaged(model: Any, x: Any) -> Any:
    return torch.optim.swa_utils.AveragedModel(model)


@probe("torch", "torch.optim.swa_utils.update_bn", "update_bn([x], model)")
def update_bn(model: Any, x: Any) -> Any:
    return torch.optim.swa_utils.update_bn([x], model)


@probe("torch", "copy.deepcopy", "copy.deepcopy(model)")
def deepcopy(model: Any, x: Any) -> Any:
    return copy.deepcopy(model)


@probe("torch", "torch.jit.trace", "torch.jit.trace(model, x, check_trace=False)")
def trace(model: Any, x: Any) -> Any:
    return torch.jit.trace(model, x, check_trace=False)


@probe("torch", "torch.jit.script", "torch.jit.script(model)", watched=False)
def script(model: Any, x: Any) -> Any:
    return torch.jit.script(model)


@probe("torch", "torch.fx.symbolic_trace", "torch.fx.symbolic_trace(model)")
def symbolic_trace(model: Any, x: Any) -> Any:
    return torch.fx.symbolic_trace(model)


@probe("torch", "torch.export.export", "torch.export.export(model, (x,)).module()")
def export(model: Any, x: Any) -> Any:
    return torch.export.export(model, (x,)).module()


@probe("torch", "torch.nn.DataParallel", "torch.nn.DataParallel(model)")
def data_parallel(model: Any, x: Any) -> Any:
    return torch.nn.DataParallel(model)


@probe("torch", "torch.nn.SyncBatchNorm.convert_sync_batchnorm", "SyncBatchNorm.convert_sync_batchnorm(model)")
def sync_batch_norm(model: Any, x: Any) -> Any:
    return torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)


@probe("torch", "torch.func.functional_call", "torch.func.functional_call(model, dict(model.named_parameters()), x)")
def functional_call(model: Any, x: Any) -> Any:
    return torch.func.functional_call(model, dict(model.named_parameters()), (x,))
