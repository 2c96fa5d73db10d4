"""One process of the overhead benchmark: three models, run plainly or watched, timed on request."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

PLAIN, AGAIN, IDLE, WATCHED = "plain", "plain, again", "installed, idle", "watched"
VARIANTS = (PLAIN, AGAIN, IDLE, WATCHED)

_MODELS = ("mlp", "encoder", "cnn")
SUBJECTS = tuple(f"{model}, {what}" for model in _MODELS for what in ("eval", "training step"))
"""A name of a model and what is timed: a forward pass in eval mode without gradients, or forward and backward."""

_TURN = 0.12  # seconds that a turn should take, so that clocks and caches do not matter


def serve(pipe: Connection, variant: str, device: str) -> None:
    """Answer requests, ``(what, subject)``, until ``None`` comes."""
    import torch

    torch.set_num_threads(1)
    if device != "cpu":  # else equal processes add up gradients in different orders
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    _put_in_force(variant)
    steps = {subject: _step(subject, device) for subject in SUBJECTS}
    repeats: dict[str, int] = {}
    while request := pipe.recv():
        what, subject = request
        step = steps[subject]
        if what == "fingerprint":
            pipe.send(_fingerprint(step))
            continue
        if subject not in repeats:
            step()
            repeats[subject] = max(1, round(_TURN / max(_seconds(step, 3, device), 1e-6)))
        pipe.send(_seconds(step, repeats[subject], device))


def fingerprints(variant: str) -> list[str]:
    """A digest of outputs and gradients for each of `SUBJECTS`; call it in a process of its own."""
    _put_in_force(variant)
    return [_fingerprint(_step(subject, "cpu")) for subject in SUBJECTS]


def _put_in_force(variant: str) -> None:
    """Install and switch on what ``variant`` says, for as long as the process lives."""
    if variant not in (PLAIN, AGAIN):
        from dropout_lint.runtime import DropoutMonitor, install

        install()
        if variant == WATCHED:
            DropoutMonitor().__enter__()


def _seconds(step: Callable[[], object], repeats: int, device: str) -> float:
    """Seconds for one ``step``: of this thread on the CPU; on a GPU, of the clock until the device is done."""
    import torch

    if device == "cpu":
        start = time.thread_time()
        for _ in range(repeats):
            step()
        return (time.thread_time() - start) / repeats
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / repeats


def _fingerprint(step: Callable[[], Any]) -> str:
    """A digest of every output and gradient, with the same random numbers in every process."""
    import torch

    torch.manual_seed(0)
    digest = hashlib.sha256()
    for tensor in step():
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _step(subject: str, device: str) -> Callable[[], Any]:
    import torch

    name, _, what = subject.partition(", ")
    torch.manual_seed(0)
    model, x = {"mlp": _mlp, "encoder": _encoder, "cnn": _cnn}[name]()
    model, x = model.to(device), x.to(device)
    return partial(_predict, model.eval(), x) if what == "eval" else partial(_train, model.train(), x)


def _predict(model: Any, x: Any) -> list[Any]:
    import torch

    with torch.no_grad():
        return [model(x)]


def _train(model: Any, x: Any) -> list[Any]:
    model.zero_grad()
    y = model(x)
    y.sum().backward()
    return [y, *(p.grad for p in model.parameters())]


def _mlp() -> tuple[Any, Any]:
    """About 65 microseconds: whatever is added to an operator shows here most."""
    import torch
    from torch import nn

    layers = [nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1)]
    return nn.Sequential(*layers, nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 8)), torch.rand(16, 64)


def _encoder() -> tuple[Any, Any]:
    """Six layers, width 128, 32 tokens; in eval mode torch takes its fused path."""
    import torch
    from torch import nn

    layer = nn.TransformerEncoderLayer(128, 4, 256, dropout=0.1, batch_first=True)
    return nn.TransformerEncoder(layer, 6), torch.rand(4, 32, 128)


def _cnn() -> tuple[Any, Any]:
    """Six convolutions, each with batch norm, and dropout at the end."""
    import torch
    from torch import nn

    blocks: list[nn.Module] = []
    for before, after, stride in ((3, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)):
        blocks += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    blocks += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 10)]
    return nn.Sequential(*blocks), torch.rand(4, 3, 32, 32)
