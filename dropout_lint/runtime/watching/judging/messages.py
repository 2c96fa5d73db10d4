"""The sentences of a finding: what is wrong, what it means for the layers, where the mode came from, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dropout_lint.knowledge.consequences import in_eval_mode, in_train_mode
from dropout_lint.runtime.record.events import Call, Kind, Layer, Root, Switch
from dropout_lint.runtime.watching.judging.findings import Remark


def stays_on(layers: Iterable[Layer]) -> str:
    """What train mode does to an evaluation that goes through ``layers``."""
    kinds = {layer.kind for layer in layers}
    return in_train_mode(dropout=Kind.STOCHASTIC in kinds, batch_norm=Kind.BATCH_STATS in kinds)


def is_off(layers: Iterable[Layer]) -> str:
    """What eval mode does to training that goes through ``layers``."""
    kinds = {layer.kind for layer in layers}
    return in_eval_mode(dropout=Kind.STOCHASTIC in kinds, batch_norm=Kind.BATCH_STATS in kinds)


def origin_of(call: Call, root: Root, layers: Sequence[Layer], training: bool) -> tuple[Remark, ...]:
    """Where the mode ``training`` of ``layers``, which are in it when ``root`` is called, came from."""
    switches = dict(zip(root.layers, call.layer_switches))
    switch = next((switches[layer] for layer in layers if switches.get(layer) is not None), call.switch)
    return origin(switch, training)


def origin(switch: Switch | None, training: bool) -> tuple[Remark, ...]:
    """Where the mode ``training`` came from."""
    if switch is not None and switch.training is training:
        word = "train" if training else "eval"
        return (Remark(f"`{word}()` of `{switch.receiver}` was called last here", switch.place),)
    if training and switch is None:
        return (Remark("nothing has set a mode: a module is in train mode when it is built"),)
    return (Remark("the mode was set without a call of `train()` or `eval()`"),)


def common_part(layers: Sequence[Layer]) -> str:
    """The deepest module that all ``layers`` are in; "" is the root itself."""
    paths = [layer.path.split(".")[:-1] for layer in layers]
    shared: list[str] = []
    for names in zip(*paths):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return ".".join(shared)
