"""Which forward passes are inference, and wrong in train mode.

What looks like inference is often something else: the first pass of a training step, a momentum encoder, a rollout.
Here the whole path to an event is judged; every guard names the real code that it is for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_lint.finding import Confidence
from dropout_lint.knowledge.vocabulary import DRAWS, EVALUATES, MONTE_CARLO, PREDICTS, SHOWS, TRAINS
from dropout_lint.typestate.analysis import Run, all_in
from dropout_lint.typestate.domain.frames import Event, EventKind
from dropout_lint.typestate.domain.modes import Layers, Mode, Origin, OriginKind
from dropout_lint.typestate.domain.trace import silent
from dropout_lint.typestate.verdicts.batches import is_given_the_element
from dropout_lint.typestate.verdicts.idle_optimizers import without_idle_optimizers
from dropout_lint.typestate.verdicts.intent import is_average, is_deliberate
from dropout_lint.typestate.verdicts.reading import MOST_EVENTS, is_only_read
from dropout_lint.typestate.verdicts.result_flow import result_use
from dropout_lint.typestate.verdicts.sampling import measures_speed, samples_one_input
from dropout_lint.typestate.verdicts.verdict import Misuse, Verdict


def inference_verdicts(event: Event, run: Run, training: list[Event]) -> Iterator[Verdict]:
    """A pass in train mode for the sake of its result."""
    if event.fact is None or event.fact.mode is not Mode.TRAIN:
        return None
    if _is_smoke_run(event, training):
        return _silent(event, "its input is made up and nothing trains it: taken for a check of shapes, or of speed")
    if _samples_a_generator(event, run):
        return _silent(event, "noise goes through a generator that this program trains: sampled as it is trained")
    if not event.trained_or_loaded:
        return _silent(event, "its weights are neither trained nor loaded as far as is known: nothing is at stake")
    if is_deliberate(event):
        return _silent(event, "the name of a function or of the model, or the loop around, says that it is meant")
    if is_average(event) and _shares_turn(event, training):
        return _silent(event, "it is called an average of the weights, and runs beside the training")
    if samples_one_input(event, training):
        return _silent(event, "the same input goes through it again and again: taken for sampling or a measurement")
    if measures_speed(event, training):
        return _silent(event, "noise goes through it again and again, and nobody looks at the results: a measurement")
    origins = event.fact.origins
    matters = all_in(event.objs, run.dependent)
    if event.grad is False:
        if _is_part_of_training_step(event, training):
            return _silent(event, "the loop around trains in the same turn: taken for a part of the training step")
        if origins and all(_switched_here(origin, event, training) for origin in origins):
            # Whoever switches the mode of parts that we do not know thinks that it matters.
            if matters or (all_in(event.objs, run.open) and all(origin.grad is False for origin in origins)):
                yield Verdict(Misuse.TRAIN_IN_INFERENCE, event, origins, Confidence.MEDIUM)
            else:
                return _silent(event, _NO_LAYER)
        elif matters:
            yield Verdict(Misuse.MISSING_EVAL, event, origins)
        else:
            return _silent(event, _NO_LAYER)
    elif event.grad is True and matters:
        only_made = all(origin.kind is OriginKind.MADE for origin in origins)
        if (
            (not training and only_made and _serves(event, run))
            or (_evaluates(event, training) and not _comes_to_backward(event, run, training))
            or is_only_read(event, run, training)
        ):
            yield Verdict(Misuse.MISSING_EVAL, event.as_called, origins, Confidence.MEDIUM)
        else:
            return _silent(event, "gradients are recorded, and nothing shows that its result is only read")
    elif event.grad is None:
        return _silent(event, "whether gradients are recorded differs by path")
    else:
        return _silent(event, _NO_LAYER)
    return None


_NO_LAYER = "no layer in it is known to depend on the mode"


def _silent(event: Event, reason: str) -> None:
    silent(event, Misuse.MISSING_EVAL.value, reason)


def part_verdicts(event: Event, run: Run) -> Iterator[Verdict]:
    """A pass in train mode beside a module that the same function put in eval mode."""
    if event.fact is None or event.fact.mode not in (Mode.TRAIN, Mode.EITHER) or event.grad is not False:
        return
    calls = tuple(site.node for site in event.path)
    for other in run.events:
        beside = other.kind is EventKind.FORWARD and other.path == event.path
        if beside and other.fact is not None and other.fact.mode is Mode.EVAL and not {*other.objs} & {*event.objs}:
            if all(origin.kind is OriginKind.EVAL and origin.stack == calls for origin in other.fact.origins):
                if other.function_node is event.function_node and all_in(event.objs, run.dependent):
                    always = event.fact.mode is Mode.TRAIN
                    yield Verdict(Misuse.PART_LEFT_IN_TRAIN, event, event.fact.origins, Confidence.MEDIUM, always)
                    return


def monte_carlo_verdicts(event: Event, run: Run) -> Iterator[Verdict]:
    """Train mode for the sake of dropout, in a module that has batch norm too."""
    if event.fact is None or event.fact.mode is not Mode.TRAIN or event.grad is not False:
        return
    switched = all(origin.kind is OriginKind.TRAIN for origin in event.fact.origins)
    named = any(MONTE_CARLO.search(word) for word in (*event.functions, event.function))
    if switched and named and any(Layers.BATCH_NORM in run.dependent.get(obj, ()) for obj in event.objs):
        yield Verdict(Misuse.MONTE_CARLO, event, event.fact.origins, Confidence.MEDIUM)


def _is_smoke_run(event: Event, training: list[Event]) -> bool:
    """Whether made-up input goes through a model that nothing trains: a check of shapes, a measurement of speed.

    A generator's input is made up too, and what it makes is kept.
    """
    return event.dummy and not training and DRAWS.search(_text(event)) is None


def _samples_a_generator(event: Event, run: Run) -> bool:
    """Whether noise goes through a generator, in the program that trains it on noise too: with the statistics of the
    batch, as it is trained.  A model that drops, and that no other model judges, is no generator: its training data are
    made up as well.
    """
    if not event.noise or not all_in(event.objs, run.trained):
        return False
    passes = [other for other in run.events if other.kind is EventKind.FORWARD and other.grad is True]
    if not all(other.noise for other in passes if not {*other.objs}.isdisjoint(event.objs)):
        return False
    is_judged = any({*other.as_called.objs}.isdisjoint(event.as_called.objs) for other in passes)
    return is_judged or not any(Layers.DROPOUT in run.dependent.get(obj, ()) for obj in event.objs)


def _evaluates(event: Event, training: list[Event]) -> bool:
    """Whether the pass belongs to a function that says that it evaluates, and that nothing trains in or around."""
    if not any(EVALUATES.search(site.function) for site in event.path):
        return False
    if not training or _shares_turn(event, training):
        return False
    inside = {id(site.node) for site in event.path if EVALUATES.search(site.function)}
    return not any(id(site.node) in inside for other in training for site in other.path)


def _comes_to_backward(event: Event, run: Run, training: list[Event]) -> bool:
    """Whether what the pass returns is trained on: a loss is often computed by way of a method called ``predict``.

    One function may train or evaluate, by a flag: only what happens in the calls that lead to the pass counts.
    """
    calls = tuple(site.node for site in event.path)
    backward = [
        other
        for other in training
        if other.kind is EventKind.BACKWARD and tuple(site.node for site in other.path) == calls[: len(other.path)]
    ]
    if not backward:
        return False
    if len(run.events) > MOST_EVENTS:
        return bool(_shares_turn(event.as_called, training))
    return result_use(event, backward).trains


def _shares_turn(event: Event, training: list[Event]) -> list[Event]:
    """The training that happens in the same turn of the innermost loop around ``event``."""
    contexts = event.loop_contexts
    if contexts:
        return [other for other in training if contexts[-1] in other.loop_contexts]
    return [other for other in training if other.function_node is event.function_node and not other.loop_contexts]


def _is_part_of_training_step(event: Event, training: list[Event]) -> bool:
    """Whether the innermost loop around ``event`` trains in the same turn.

    A pass without gradients is then a teacher, a glance at the own output, a first pass.  It is an evaluation after all
    if it happens in a function whose name says so, that the training does not run in and that is not given the batch
    of that turn: a score of the training batch is one more figure about training.  Nor is it part of the training if a
    function shows what the model can do, once for an inner loop of training: a translation after each epoch.
    """
    for other in _shares_turn(event, training):
        shared = 0
        for mine, theirs in zip(event.path, other.path):
            if mine.node is not theirs.node:
                break
            shared += 1
        own = event.path[shared:]
        evaluates = any(EVALUATES.search(site.function) for site in own) and not is_given_the_element(own[0])
        shows = other.loop_contexts[-1:] != event.loop_contexts[-1:] and any(
            SHOWS.search(site.function) for site in own
        )
        if not evaluates and not shows:
            return True
    return False


def _switched_here(origin: Origin, event: Event, training: list[Event]) -> bool:
    """Whether ``train()`` was called for this very inference: in the evaluation function, or without gradients."""
    if origin.kind is not OriginKind.TRAIN or origin.stack != tuple(site.node for site in event.path):
        return False
    if origin.grad is False:
        return True
    trains_too = any(
        other.function_node is event.function_node or any(site.node in _nodes(event) for site in other.path)
        for other in training
        if other.function_node is event.function_node
    )
    return bool(EVALUATES.search(event.function)) and not trains_too


def _nodes(event: Event) -> set[ast.AST]:
    return {site.node for site in event.path}


def _serves(event: Event, run: Run) -> bool:
    """Whether a forward pass that records gradients is inference all the same: its result is read, nothing trains."""
    if PREDICTS.search(_text(event)) is None:
        if len(run.events) > MOST_EVENTS:
            return False
        use = result_use(event, ())
        if use.trains or use.is_lost or not (use.is_read or _is_kept_by_name(event)):
            return False
    if not run.trained and TRAINS.search(event.source.text) is None:
        return True
    # A script that predicts may make an optimizer all the same, to load what was saved with the weights.
    rest = without_idle_optimizers(event.source)
    return rest is not None and TRAINS.search(rest) is None


def _is_kept_by_name(event: Event) -> bool:
    """Whether the result of the pass, at the top level of a notebook, gets a name: cell by cell, it is looked at."""
    statement = next((each for each in event.source.ancestors(event.node) if isinstance(each, ast.stmt)), None)
    is_top_level = event.source.filename.endswith(".ipynb") and not event.path and not event.function
    return is_top_level and isinstance(statement, ast.Assign)


def _text(event: Event) -> str:
    """The function in which ``event`` happens."""
    return "".join(event.source.lines_of(event.function_node))
