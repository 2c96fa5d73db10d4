"""What watching costs: the ratio of a watched forward pass or training step to a plain one, measured in one run.

``python -m benchmarks.runtime`` starts one process for each way of watching, since what is installed is never taken out
again, and lets them take turns; ratios are formed within a round.  A process keeps what luck it has with its memory, so
there are several sets of them, and in each a second plain one: as far as that is from 1, the others are uncertain.  It
also compares outputs and gradients bit by bit.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import statistics
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection

from benchmarks.overhead import IDLE, PLAIN, SUBJECTS, VARIANTS, WATCHED, serve

GOALS = {IDLE: 1.05, WATCHED: 1.15}
Ratios = dict[str, dict[str, list[float]]]
"""Per subject and variant: what a turn cost over the plain turn of its round; for the plain one, seconds."""

_HELD_TO_GOALS = ("encoder", "cnn")  # the MLP is so small that a few microseconds show


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print the table; 1 if a result differs or a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.runtime", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each takes its turn (default: 15)")
    parser.add_argument("--sets", type=int, default=5, help="sets of processes that the rounds fall to (default: 5)")
    parser.add_argument("--device", default="cpu", help="where the models are: cpu or cuda (default: cpu)")
    options = parser.parse_args(argv)
    ratios: Ratios = {subject: {variant: [] for variant in VARIANTS} for subject in SUBJECTS}
    different: set[str] = set()
    for _ in range(options.sets):
        workers = {variant: _Worker(variant, options.device) for variant in VARIANTS}
        try:
            for subject in SUBJECTS:
                _measure(workers, subject, max(1, options.rounds // options.sets), ratios[subject])
                if len({worker.ask("fingerprint", subject) for worker in workers.values()}) > 1:
                    different.add(subject)
        finally:
            for worker in workers.values():
                worker.stop()
    return print_table(ratios, sorted(different), max(1, options.rounds // options.sets) * options.sets)


class _Worker:
    """A process in which one variant is in force."""

    def __init__(self, variant: str, device: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, variant, device), daemon=True)
        self._process.start()

    def ask(self, what: str, subject: str) -> object:
        """The answer to one request: seconds of one turn, or a fingerprint of all results."""
        self._pipe.send((what, subject))
        answer: object = self._pipe.recv()
        return answer

    def stop(self) -> None:
        """End the process."""
        _hang_up(self._pipe)
        self._process.join(10)


def _hang_up(pipe: Connection) -> None:
    with contextlib.suppress(OSError):  # it has ended by itself
        pipe.send(None)


def _measure(workers: dict[str, _Worker], subject: str, rounds: int, found: dict[str, list[float]]) -> None:
    """Add the ratios of ``rounds`` rounds to those that were ``found`` before."""
    order = list(VARIANTS)
    for number in range(rounds + 1):
        seconds = {variant: float(str(workers[variant].ask("turn", subject))) for variant in order}
        order.append(order.pop(0))  # nobody is always first
        if number:  # the first round warms up
            for variant in VARIANTS:
                found[variant].append(seconds[variant] if variant == PLAIN else seconds[variant] / seconds[PLAIN])


def print_table(ratios: Ratios, different: list[str], rounds: int) -> int:
    """Print the ratios of each subject and whether goals are met; the exit code."""
    print(f"{rounds} rounds; CPU time of the thread, watched over plain in the same round: median (quartiles)\n")
    print(f"| {'':<24} | {'plain, ms':>9} | " + " | ".join(f"{variant:<20}" for variant in VARIANTS[1:]) + " |")
    print(f"| {'-' * 24} | {'-' * 9} | " + " | ".join("-" * 20 for _ in VARIANTS[1:]) + " |")
    missed = []
    for subject, found in ratios.items():
        cells = []
        for variant in VARIANTS[1:]:
            low, middle, high = statistics.quantiles(found[variant], n=4)
            cells.append(f"{middle:.3f} ({low:.2f} to {high:.2f})")
            if variant in GOALS and subject.startswith(_HELD_TO_GOALS) and middle > GOALS[variant]:
                missed.append(f"{subject}, {variant}: {middle:.3f}, goal {GOALS[variant]:.2f}")
        plain = statistics.median(found[PLAIN]) * 1000
        print(f"| {subject:<24} | {plain:>9.3f} | " + " | ".join(f"{cell:<20}" for cell in cells) + " |")
    print(f"\nOutputs and gradients: {'bitwise equal' if not different else 'DIFFERENT for ' + ', '.join(different)}")
    print("Goals: " + ("met" if not missed else "MISSED: " + "; ".join(missed)))
    return 1 if missed or different else 0


if __name__ == "__main__":
    sys.exit(main())
