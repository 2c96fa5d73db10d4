"""Which events are misuse: inference in train mode, training in eval mode, export in train mode."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from dropout_lint.finding import Confidence
from dropout_lint.knowledge.vocabulary import EVALUATES
from dropout_lint.semantic.project import is_test
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.typestate.analysis import Run, all_in
from dropout_lint.typestate.domain.frames import Event, EventKind
from dropout_lint.typestate.domain.modes import Layers, Mode, Origin, OriginKind
from dropout_lint.typestate.domain.trace import silent
from dropout_lint.typestate.verdicts.idle_sampling import idle_sampling_verdicts
from dropout_lint.typestate.verdicts.inference import inference_verdicts, monte_carlo_verdicts, part_verdicts
from dropout_lint.typestate.verdicts.intent import is_frozen_on_purpose
from dropout_lint.typestate.verdicts.verdict import Misuse, Verdict


def judge(run: Run) -> Iterator[Verdict]:
    """The misuse in one run, before the runs of other callers are heard; less sure where external code had a hand
    in it.
    """
    for verdict in _judge(run):
        is_sure = run.handed_out.isdisjoint(verdict.event.objs)
        yield verdict if is_sure else replace(verdict, confidence=Confidence.MEDIUM)


def _judge(run: Run) -> Iterator[Verdict]:
    training = [event for event in run.events if event.kind in (EventKind.BACKWARD, EventKind.STEP)]
    for event in run.events:
        if not event.objs or event.fact is None or is_test(event.source):
            continue
        if event.kind is EventKind.EXPORT:
            yield from _export(event, run)
        elif event.kind is EventKind.LEFT and (not training or _goes_on(event, run)):
            yield Verdict(Misuse.MODE_NOT_RESTORED, event, event.fact.origins)
        elif event.kind is EventKind.FORWARD:
            inference = list(inference_verdicts(event, run, training))
            yield from inference or part_verdicts(event, run)
            yield from monte_carlo_verdicts(event, run)
            yield from _training(event, run, training)
            yield from _frozen(event, run, training)
            yield from idle_sampling_verdicts(event, run, training)


def _export(event: Event, run: Run) -> Iterator[Verdict]:
    if event.fact is None or event.fact.mode is not Mode.TRAIN or not all_in(event.objs, run.dependent):
        return None
    confidence = Confidence.HIGH
    assert isinstance(event.node, ast.Call)
    if event.detail == "torch.onnx.export":
        given = {keyword.arg: keyword.value for keyword in event.node.keywords}
        dynamo, training = given.get("dynamo"), given.get("training")
        if None in given or (isinstance(dynamo, ast.Constant) and dynamo.value is False):
            return silent(event, "DRP306", "the older exporter switches to eval mode itself")
        if training is not None and last_name(training) != "EVAL":  # which the default exporter ignores
            return silent(event, "DRP306", "`training` asks for train mode")
        if all(run.dependent[obj] == {Layers.BATCH_NORM} for obj in event.objs):  # torch 2.13
            return silent(event, "DRP306", "this exporter writes batch norm as in eval mode, whatever the mode")
        if not event.trained_or_loaded:
            return silent(event, "DRP306", "its weights are random as far as is known: taken for a look at the graph")
        confidence = Confidence.HIGH if dynamo is not None else Confidence.MEDIUM
    yield Verdict(Misuse.EXPORT_IN_TRAIN, event, event.fact.origins, confidence)
    return None


def _training(event: Event, run: Run, training: list[Event]) -> Iterator[Verdict]:
    """A forward pass of a training step in eval mode."""
    if event.fact is None or event.grad is not True or event.fact.mode not in (Mode.EVAL, Mode.EITHER):
        return None
    if not all_in(event.objs, run.dependent):
        return silent(event, "DRP303", "no layer in it is known to depend on the mode")
    if not all(obj in run.trained for obj in event.objs):
        return silent(event, "DRP303", "no optimizer is known to update it")
    contexts = event.loop_contexts
    if not contexts or not any(
        other.kind is EventKind.BACKWARD and contexts[-1] in other.loop_contexts for other in training
    ):
        return silent(event, "DRP303", "no loss goes backward in the loop around it")
    switched = [origin for origin in event.fact.origins if origin.kind in (OriginKind.EVAL, OriginKind.PRETRAINED)]
    if event.fact.mode is Mode.EITHER:
        left = [
            origin
            for origin in switched
            if origin.kind is OriginKind.EVAL and (_comes_back(origin, event) or _was_evaluated(origin, event, run))
        ]
        if left and len(left) == len(switched):
            yield Verdict(Misuse.TRAINING_IN_EVAL, event, tuple(left), always=False)
        else:
            return silent(event, "DRP303", "eval mode reaches it on some paths only, and not from a loop around")
    elif switched and all(_from_evaluation(origin, event) for origin in switched):
        yield Verdict(Misuse.TRAINING_IN_EVAL, event, tuple(switched), Confidence.MEDIUM)
    else:
        return silent(event, "DRP303", "eval mode was not set for an evaluation or by a loader: taken for meant")
    return None


def _frozen(event: Event, run: Run, training: list[Event]) -> Iterator[Verdict]:
    """A forward pass of a training step that runs frozen layers in train mode."""
    frozen = [obj for obj in event.frozen if obj in run.frozen_at]
    if event.fact is None or not frozen or is_frozen_on_purpose(event):
        return
    contexts = event.loop_contexts
    if contexts and any(other.kind is EventKind.BACKWARD and contexts[-1] in other.loop_contexts for other in training):
        places = tuple(dict.fromkeys(run.frozen_at[obj] for obj in frozen))
        yield Verdict(Misuse.FROZEN_IN_TRAIN, event, (*places, *event.fact.origins), Confidence.MEDIUM)


def _goes_on(event: Event, run: Run) -> bool:
    """Whether anything is trained after ``event``, in the text or in the next turn of a loop around both."""
    contexts, is_after = set(event.loop_contexts), False
    for other in run.events:
        is_after |= other is event
        if other.kind in (EventKind.BACKWARD, EventKind.STEP):
            if is_after or not contexts.isdisjoint(other.loop_contexts):
                return True
    return False


def _comes_back(origin: Origin, event: Event) -> bool:
    """Whether ``eval()`` is called later in a loop around the training step, so that it holds from the next turn on."""
    for calls, loop in reversed(event.loop_contexts):
        if (calls, loop) in origin.loop_contexts:
            depth = len(calls)
            here = event.path[depth].node if depth < len(event.path) else event.node
            there = origin.stack[depth] if depth < len(origin.stack) else origin.node
            return _line(there) > _line(here)
    return False


def _was_evaluated(origin: Origin, event: Event, run: Run) -> bool:
    """Whether ``eval()`` was called for an evaluation in the same turn of a loop, before the training step: every so
    many steps, a function evaluates and leaves it at that.
    """
    calls = tuple(site.node for site in event.path)
    if origin.stack[: len(calls)] != calls or len(origin.stack) == len(calls):
        return False
    if not set(event.loop_contexts).intersection(origin.loop_contexts):
        return False
    return any(
        other.kind is EventKind.FORWARD
        and other.grad is False
        and other.fact is not None
        and origin in other.fact.origins
        and tuple(site.node for site in other.path)[: len(origin.stack)] == origin.stack
        for other in run.events
    )


def _from_evaluation(origin: Origin, event: Event) -> bool:
    """Whether ``eval()`` was meant for an evaluation, and not for the training that follows."""
    if origin.kind is OriginKind.PRETRAINED:
        return False  # fine-tuning in the mode that the library chose: nearly all of it, and not said to be wrong
    calls = tuple(site.node for site in event.path)
    if calls[: len(origin.stack)] == origin.stack:
        return False  # the function that calls `eval()` still runs: this is what it evaluates
    if _LOADS.search(origin.function) is not None:
        return not _is_explained(origin)
    return bool(EVALUATES.search(origin.function))


_LOADS = re.compile(r"(?i)^__init__$|from_pretrained|(?:^|_)(?:load|restore|resume)")
"""Functions that leave a model in eval mode because it is mostly made, or loaded, to predict."""


def _is_explained(origin: Origin) -> bool:
    """Whether a comment stands beside the place, or right above it."""
    line = getattr(origin.node, "lineno", 1)
    return any("#" in text for text in origin.source.lines[max(0, line - 2) : line])


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
