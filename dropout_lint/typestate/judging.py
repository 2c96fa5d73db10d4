"""Which events are misuse: inference in train mode, training in eval mode, export in train mode.

What looks like inference is often something else: the first pass of a training step, a momentum encoder, a rollout.
Here the whole path to an event is judged; every guard names the real code that it is for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from dropout_lint.finding import Confidence
from dropout_lint.typestate.frames import Event, Happening
from dropout_lint.typestate.modes import How, Mode, Origin
from dropout_lint.typestate.program import Run
from dropout_lint.typestate.values import Obj

_EVALUATES = re.compile(
    r"(?i)(?:^|_|(?<=[a-z])(?=[A-Z]))(?:eval\w*|valid\w*|val|test\w*|infer\w*|predict\w*|score\w*|accuracy|acc|metrics?)"
)
_DELIBERATE = re.compile(
    r"(?i)bn_|_bn|batch_?norm|calib|recalib|warm_?up|mc_|_mc|monte|dropout|uncertain|bayes|stochastic|ensemble|rollout"
    r"|explor|get_action|select_action|choose_action|\bact\b|collect|pseudo|adversar|attack|perturb|augment|flops|macs|latency"
    r"|throughput|benchmark|profile|summary|count_param|smoke|sanity|self_?play|embed_all"
)
_SECOND_MODEL = re.compile(
    r"(?i)teacher|ema|target|momentum|_k\b|key_enc|\bref|frozen|\bold|prior|discrim|_?fake|critic|actor|policy"
)
_ENVIRONMENT = re.compile(r"\benvs?\b\s*(?:\[[^]]*\])?\.(?:step|reset)\b|\bgym\b")
_PREDICTS = re.compile(
    r"argmax|softmax|topk|\.max\(|sigmoid|\.cpu\(|\.numpy\(|\.item\(|imwrite|save_image|decode\(|accuracy"
)
_TEST_PLACE = re.compile(
    r"(?:^|[\\/])(?:tests?|testing|unit_?tests?)[\\/]|(?:^|[\\/])test_\w+\.py$|_test\.py$|conftest\.py$"
)


class Misuse(Enum):
    """What is wrong, by rule code."""

    MISSING_EVAL = "DRP301"
    TRAINING_IN_EVAL = "DRP303"
    TRAIN_IN_INFERENCE = "DRP304"
    EXPORT_IN_TRAIN = "DRP306"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One misuse: the event, the places that gave the object its mode, and how sure that is."""

    misuse: Misuse
    event: Event
    origins: tuple[Origin, ...]
    confidence: Confidence = Confidence.HIGH
    always: bool = True  # on every path


def judge(run: Run) -> Iterator[Verdict]:
    """The misuse in one run, before the runs of other callers are heard."""
    training = [event for event in run.events if event.happening in (Happening.BACKWARD, Happening.STEP)]
    for event in run.events:
        if not event.objs or event.fact is None or _is_test(event):
            continue
        if event.happening is Happening.EXPORT:
            yield from _export(event, run)
        elif event.happening is Happening.FORWARD:
            yield from _inference(event, run, training)
            yield from _training(event, run, training)


def _export(event: Event, run: Run) -> Iterator[Verdict]:
    if event.fact is None or event.fact.mode is not Mode.TRAIN or not _all(event.objs, run.dependent):
        return
    confidence = Confidence.HIGH
    assert isinstance(event.node, ast.Call)
    if event.detail == "torch.onnx.export":
        given = {keyword.arg: keyword.value for keyword in event.node.keywords}
        dynamo = given.get("dynamo")
        if "training" in given or None in given or (isinstance(dynamo, ast.Constant) and dynamo.value is False):
            return  # the old exporter switches to eval mode itself
        confidence = Confidence.HIGH if dynamo is not None else Confidence.MEDIUM
    yield Verdict(Misuse.EXPORT_IN_TRAIN, event, event.fact.origins, confidence)


def _inference(event: Event, run: Run, training: list[Event]) -> Iterator[Verdict]:
    if event.fact is None or event.fact.mode is not Mode.TRAIN or _is_smoke_run(event, training):
        return
    if not event.taught or _is_deliberate(event):
        return  # nothing at stake, the weights are random; or somebody meant it
    origins = event.fact.origins
    matters = _all(event.objs, run.dependent)
    if event.grad is False:
        if _is_part_of_training_step(event, training):
            return
        if origins and all(_switched_here(origin, event, training) for origin in origins):
            # Whoever switches the mode of parts that we do not know thinks that it matters.
            if matters or (_all(event.objs, run.open) and all(origin.grad is False for origin in origins)):
                yield Verdict(Misuse.TRAIN_IN_INFERENCE, event, origins, Confidence.MEDIUM)
        elif matters:
            yield Verdict(Misuse.MISSING_EVAL, event, origins)
    elif event.grad is True and matters:
        only_made = all(origin.how is How.MADE for origin in origins)
        if (not training and not run.trained and only_made and _serves(event)) or _evaluates(event, training):
            yield Verdict(Misuse.MISSING_EVAL, event, origins, Confidence.MEDIUM)


def _is_smoke_run(event: Event, training: list[Event]) -> bool:
    """Whether made-up input goes through a model that nothing trains: a check of shapes, a measurement of speed."""
    return event.dummy and not training


def _evaluates(event: Event, training: list[Event]) -> bool:
    """Whether the pass belongs to a function that says that it evaluates, and that nothing trains in or around."""
    if not any(_EVALUATES.search(site.function) for site in event.path):
        return False
    if not training or _shares_turn(event, training):
        return False
    inside = {id(site.node) for site in event.path if _EVALUATES.search(site.function)}
    return not any(id(site.node) in inside for other in training for site in other.path)


def _shares_turn(event: Event, training: list[Event]) -> list[Event]:
    """The training that happens in the same turn of the innermost loop around ``event``."""
    turns = event.turns
    if turns:
        return [other for other in training if turns[-1] in other.turns]
    return [other for other in training if other.function_node is event.function_node and not other.turns]


def _is_part_of_training_step(event: Event, training: list[Event]) -> bool:
    """Whether the innermost loop around ``event`` trains in the same turn.

    A pass without gradients is then a teacher, a glance at the own output, a first pass.  It is an evaluation after all
    if it happens in a function whose name says so and that the training does not run in.
    """
    for other in _shares_turn(event, training):
        shared = 0
        for mine, theirs in zip(event.path, other.path):
            if mine.node is not theirs.node:
                break
            shared += 1
        if not any(_EVALUATES.search(site.function) for site in event.path[shared:]):
            return True
    return False


def _switched_here(origin: Origin, event: Event, training: list[Event]) -> bool:
    """Whether ``train()`` was called for this very inference: in the evaluation function, or without gradients."""
    if origin.how is not How.TRAIN or origin.stack != tuple(site.node for site in event.path):
        return False
    if origin.grad is False:
        return True
    trains_too = any(
        other.function_node is event.function_node or any(site.node in _nodes(event) for site in other.path)
        for other in training
        if other.function_node is event.function_node
    )
    return bool(_EVALUATES.search(event.function)) and not trains_too


def _nodes(event: Event) -> set[ast.AST]:
    return {site.node for site in event.path}


def _serves(event: Event) -> bool:
    """Whether a forward pass that records gradients is inference all the same: its result is read, nothing trains."""
    source = event.source
    if ".backward(" in source.text or "autograd.grad" in source.text or "optim" in source.text:
        return False
    node = event.function_node
    first, last = (
        (1, len(source.lines)) if isinstance(node, ast.Module) else (node.lineno, node.end_lineno or node.lineno)
    )
    return _PREDICTS.search("".join(source.lines[first - 1 : last])) is not None


def _training(event: Event, run: Run, training: list[Event]) -> Iterator[Verdict]:
    """A forward pass of a training step in eval mode."""
    if event.fact is None or event.grad is not True or not _all(event.objs, run.dependent):
        return
    if event.fact.mode not in (Mode.EVAL, Mode.EITHER) or not all(obj in run.trained for obj in event.objs):
        return
    turns = event.turns
    if not turns or not any(other.happening is Happening.BACKWARD and turns[-1] in other.turns for other in training):
        return
    switched = [origin for origin in event.fact.origins if origin.how in (How.EVAL, How.PRETRAINED)]
    if event.fact.mode is Mode.EITHER:
        left = [origin for origin in switched if origin.how is How.EVAL and _comes_back(origin, event)]
        if left and len(left) == len(switched):
            yield Verdict(Misuse.TRAINING_IN_EVAL, event, tuple(left), always=False)
    elif switched and all(_from_evaluation(origin, event) for origin in switched):
        yield Verdict(Misuse.TRAINING_IN_EVAL, event, tuple(switched), Confidence.MEDIUM)


def _comes_back(origin: Origin, event: Event) -> bool:
    """Whether ``eval()`` is called later in a loop around the training step, so that it holds from the next turn on."""
    for calls, loop in reversed(event.turns):
        if (calls, loop) in origin.turns:
            depth = len(calls)
            here = event.path[depth].node if depth < len(event.path) else event.node
            there = origin.stack[depth] if depth < len(origin.stack) else origin.node
            return _line(there) > _line(here)
    return False


def _from_evaluation(origin: Origin, event: Event) -> bool:
    """Whether ``eval()`` was meant for an evaluation, and not for the training that follows."""
    if origin.how is How.PRETRAINED:
        return False  # fine-tuning in the mode that the library chose: nearly all of it, and not said to be wrong
    return origin.stack != tuple(site.node for site in event.path) and bool(_EVALUATES.search(origin.function))


def _is_deliberate(event: Event) -> bool:
    words = [*event.functions, event.function]
    if any(_DELIBERATE.search(word) for word in words):
        return True
    assert isinstance(event.node, ast.Call)
    if _SECOND_MODEL.search(ast.unparse(event.node.func)):
        return True
    return any(_ENVIRONMENT.search(ast.unparse(loop)) for _, loop in event.turns[-2:])


def _is_test(event: Event) -> bool:
    return _TEST_PLACE.search(event.source.filename) is not None


def _all(objs: Iterable[Obj], group: Container[Obj]) -> bool:
    return all(obj in group for obj in objs)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
