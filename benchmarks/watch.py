"""What watching a script costs: watched training steps and evaluations over plain ones, measured in one run.

``python -m benchmarks.watch`` starts a plain and a watched process, lets them take turns, and forms ratios within a
round.  A step is what a script does: forward, backward, and a step of AdamW.  The trained weights are compared bit by
bit.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.overhead import _cnn, _encoder, _mlp

GOALS = {"encoder, training step": 1.05, "cnn, training step": 1.15}
_MODELS: dict[str, Callable[[], tuple[Any, Any]]] = {"mlp": _mlp, "encoder": _encoder, "cnn": _cnn}
_SUBJECTS = tuple(f"{model}, {what}" for model in _MODELS for what in ("training step", "evaluation"))
_TURN = 0.12  # seconds that a turn should take


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print the table; 1 if weights differ or a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watch", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="how often each takes its turn (default: 21)")
    options = parser.parse_args(argv)
    context = multiprocessing.get_context("spawn")
    pipes = []
    for watched in (False, True):
        pipe, other = context.Pipe()
        context.Process(target=_serve, args=(other, watched), daemon=True).start()
        pipes.append(pipe)
    plain, watching = pipes
    missed, different = [], []
    print(f"{options.rounds} rounds; CPU time of the thread, watched over plain in the same round\n")
    print("| what | plain, ms | ratio: median (quartiles) |\n|---|---|---|")
    for subject in _SUBJECTS:
        ratios, seconds = [], []
        for number in range(options.rounds + 1):
            both = [_ask(pipe, "turn", subject) for pipe in (pipes if number % 2 else pipes[::-1])]
            before, after = both if number % 2 else both[::-1]
            if number:  # the first round warms up
                ratios.append(after / before)
                seconds.append(before)
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"| {subject} | {statistics.median(seconds) * 1000:.3f} | {middle:.3f} ({low:.2f} to {high:.2f}) |")
        if middle > GOALS.get(subject, middle):
            missed.append(f"{subject}: {middle:.3f}, goal {GOALS[subject]:.2f}")
        if _ask(plain, "weights", subject) != _ask(watching, "weights", subject):
            different.append(subject)
    for pipe in pipes:
        with contextlib.suppress(OSError):
            pipe.send(None)
    print(f"\nTrained weights: {'DIFFERENT for ' + ', '.join(different) if different else 'bitwise equal'}")
    print("Goals: " + ("MISSED: " + "; ".join(missed) if missed else "met"))
    return 1 if missed or different else 0


def _ask(pipe: Any, what: str, subject: str) -> Any:
    pipe.send((what, subject))
    return pipe.recv()


def _serve(pipe: Connection, watched: bool) -> None:
    """Answer requests, ``(what, subject)``, until ``None`` comes."""
    import torch

    torch.set_num_threads(1)
    if watched:
        from dropout_lint.runtime import watch

        watch(report=())
    steps = {subject: _step(subject) for subject in _SUBJECTS}
    repeats: dict[str, int] = {}
    while request := pipe.recv():
        what, subject = request
        if what == "weights":
            pipe.send(_weights(subject))
            continue
        step = steps[subject]
        if subject not in repeats:
            step()
            repeats[subject] = max(1, round(_TURN / max(_seconds(step, 3), 1e-6)))
        pipe.send(_seconds(step, repeats[subject]))


def _seconds(step: Callable[[], object], repeats: int) -> float:
    start = time.thread_time()
    for _ in range(repeats):
        step()
    return (time.thread_time() - start) / repeats


def _weights(subject: str) -> str:
    """A digest of the weights after five steps from the same random numbers."""
    import torch

    step = _step(subject)
    torch.manual_seed(1)
    for _ in range(5):
        step()
    digest = hashlib.sha256()
    for tensor in step.args[0].state_dict().values():
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _step(subject: str) -> partial[None]:
    import torch

    name, _, what = subject.partition(", ")
    torch.manual_seed(0)
    model, x = _MODELS[name]()
    if what == "evaluation":
        return partial(_evaluate, model.eval(), x)
    return partial(_train, model.train(), x, torch.optim.AdamW(model.parameters(), lr=1e-4))


def _train(model: Any, x: Any, optimizer: Any) -> None:
    optimizer.zero_grad()
    model(x).pow(2).mean().backward()
    optimizer.step()


def _evaluate(model: Any, x: Any) -> None:
    import torch

    with torch.no_grad():
        y = model(x)
    assert y is not None


if __name__ == "__main__":
    sys.exit(main())
