"""What names say about intent, where nothing else does: evaluation, Monte-Carlo dropout, a second model."""

from __future__ import annotations

import ast
import re

from dropout_lint.typestate.domain.frames import Event

_DELIBERATE = re.compile(
    r"(?i)bn_|_bn|batch_?norm|calib|recalib|warm_?up|mc_|_mc|monte|dropout|uncertain|bayes|stochastic|ensemble|rollout"
    r"|explor|get_action|select_action|choose_action|\bact\b|collect|pseudo|adversar|attack|perturb|augment|flops|macs|latency"
    r"|throughput|benchmark|profile|summary|count_param|smoke|sanity|self_?play|embed_all"
)
_SECOND_MODEL = re.compile(
    r"(?i)teacher|target|momentum|_k\b|key_enc|\bref|frozen|\bold|prior|discrim|_?fake|critic|actor|policy"
)
_AVERAGE = re.compile(r"(?i)ema")
_FIXED_ON_PURPOSE = re.compile(r"(?i)teacher|ema|target|momentum|discrim|critic")
_ENVIRONMENT = re.compile(r"\benvs?\b\s*(?:\[[^]]*\])?\.(?:step|reset)\b|\bgym\b")


def is_deliberate(event: Event) -> bool:
    """Whether train mode seems to be meant: by the names of the functions and of the model, by the loop around."""
    if _is_named_for_it(event):
        return True
    assert isinstance(event.node, ast.Call)
    if _SECOND_MODEL.search(ast.unparse(event.node.func)):
        return True
    return any(_ENVIRONMENT.search(ast.unparse(loop)) for _, loop in event.loop_contexts[-2:])


def is_average(event: Event) -> bool:
    """Whether the model is called an average of the weights: a second model, while the first one is trained."""
    assert isinstance(event.node, ast.Call)
    return _AVERAGE.search(ast.unparse(event.node.func)) is not None


def is_frozen_on_purpose(event: Event) -> bool:
    """Whether a frozen model seems to be meant to be in train mode, as the one that it is compared with."""
    assert isinstance(event.node, ast.Call)
    return _is_named_for_it(event) or _FIXED_ON_PURPOSE.search(ast.unparse(event.node.func)) is not None


def _is_named_for_it(event: Event) -> bool:
    return any(_DELIBERATE.search(word) for word in (*event.functions, event.function))
