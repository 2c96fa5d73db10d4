"""Ways to write a network to a file, each with torch's own exporters."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

Exporter = Callable[[nn.Module, torch.Tensor, Path], None]


def pt2(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.export.save(torch.export.export(network, (example,)), path)


def pt2_strict(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.export.save(torch.export.export(network, (example,), strict=True), path)


def pt2_decomposed(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.export.save(torch.export.export(network, (example,)).run_decompositions(), path)


def script(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.jit.script(network).save(str(path))


def trace(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.jit.trace(network, example, check_trace=False).save(str(path))


def frozen(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.jit.freeze(torch.jit.script(network.eval())).save(str(path))


def optimized(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.jit.optimize_for_inference(torch.jit.script(network.eval())).save(str(path))


def for_mobile(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.jit.script(network)._save_for_lite_interpreter(str(path))


def quantized(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.save(torch.ao.quantization.quantize_dynamic(network, {nn.LSTM, nn.Linear}), path)


def quantized_script(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.jit.script(torch.ao.quantization.quantize_dynamic(network, {nn.LSTM, nn.Linear})).save(str(path))


def compiled(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.save(torch.compile(network), path)


def data_parallel(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.save(nn.DataParallel(network), path)


def averaged(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.save(torch.optim.swa_utils.AveragedModel(network), path)


def whole(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.save(network, path)


def whole_before_1_6(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.save(network, path, _use_new_zipfile_serialization=False)


def pickled(protocol: int) -> Exporter:
    def export(network: nn.Module, example: torch.Tensor, path: Path) -> None:
        path.write_bytes(pickle.dumps(network, protocol))

    return export


def state_dict(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.save(network.state_dict(), path)


def onnx_dynamo(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    torch.onnx.export(network, (example,), path, dynamo=True, verbose=False)


def onnx_older(opset: int) -> Exporter:
    def export(network: nn.Module, example: torch.Tensor, path: Path) -> None:
        mode = torch.onnx.TrainingMode.PRESERVE
        torch.onnx.export(network, (example,), path, dynamo=False, training=mode, opset_version=opset)

    return export


def write(exporter: Exporter, network: nn.Module, shape: tuple[int, ...], path: Path) -> None:
    """Export ``network``, whatever the exporter has to warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exporter(network, torch.zeros(shape), path)
