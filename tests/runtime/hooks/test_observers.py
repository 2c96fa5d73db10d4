"""Which monitor is notified of which thread.  Barriers decide the order of events, so it is the same each time."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime import DropoutMonitor, expected_dropout, is_expected  # noqa: E402
from dropout_lint.runtime.hooks import observers  # noqa: E402
from dropout_lint.testing import assert_deterministic, assert_dropout_active, assert_no_active_dropout  # noqa: E402
from tests.runtime.nets import BATCH, Good, failure  # noqa: E402

_PATIENCE = 60  # seconds; only a test that hangs needs them


class Drops(nn.Module):
    """Drops in both modes."""

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5)


def run(model: nn.Module, times: int = 1) -> None:
    with torch.no_grad():
        for _ in range(times):
            model(BATCH)


def counted(monitor: DropoutMonitor) -> int:
    return sum(event.count for event in monitor.events)


def together(*parts: Callable[[threading.Barrier], Any]) -> list[Any]:
    """What each of ``parts`` returns, each in a thread of its own; they meet at the barrier that all are given."""
    barrier = threading.Barrier(len(parts), timeout=_PATIENCE)
    with ThreadPoolExecutor(len(parts)) as pool:
        return [future.result() for future in [pool.submit(part, barrier) for part in parts]]


def in_new_thread(function: Callable[[], object]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join(_PATIENCE)
    assert not thread.is_alive()


@pytest.fixture
def older() -> Any:
    """A pool whose only thread is older than any monitor, and was started by nobody who has one."""
    with ThreadPoolExecutor(1) as pool:
        in_new_thread(lambda: pool.submit(int).result())
        yield pool


@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_monitors_that_overlap_in_two_threads_take_nothing_from_each_other(first_to_leave: int) -> None:
    def watch(number: int, barrier: threading.Barrier) -> int:
        if number:  # enters last
            barrier.wait()
        with DropoutMonitor() as monitor:
            if not number:
                barrier.wait()
            barrier.wait()  # both are in force
            run(Drops().eval(), 3 + number)
            barrier.wait()
            if number != first_to_leave:
                barrier.wait()
                run(Drops().eval())  # the other one has gone
        if number == first_to_leave:
            barrier.wait()
        return counted(monitor)

    counts = together(lambda barrier: watch(0, barrier), lambda barrier: watch(1, barrier))
    assert counts == [3 + number + (number != first_to_leave) for number in (0, 1)]


def test_many_monitors_each_count_their_own() -> None:
    model = Drops().eval()  # one for all

    def watch(barrier: threading.Barrier) -> list[int]:
        counts = []
        for times in range(1, 6):
            barrier.wait()
            with DropoutMonitor() as monitor:
                barrier.wait()
                run(model, times)
                barrier.wait()
            counts.append(counted(monitor))
        return counts

    assert together(*[watch] * 8) == [[1, 2, 3, 4, 5]] * 8


def test_threads_that_a_monitored_thread_starts_belong_to_it() -> None:
    def watch(parts: int, barrier: threading.Barrier) -> int:
        with DropoutMonitor() as monitor:
            barrier.wait()
            together(*[lambda inner: run(Drops().eval(), inner.parties)] * parts)
            in_new_thread(lambda: in_new_thread(lambda: run(Drops().eval())))
            barrier.wait()
        return counted(monitor)

    assert together(lambda barrier: watch(2, barrier), lambda barrier: watch(3, barrier)) == [5, 10]


def test_a_thread_that_is_older_than_the_monitor_is_seen(older: ThreadPoolExecutor) -> None:
    with DropoutMonitor() as monitor:
        older.submit(run, Drops().eval()).result()
    assert counted(monitor) == 1


def test_the_innermost_monitor_sees_a_thread_that_was_started_outside_it() -> None:
    with DropoutMonitor() as outer, ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with DropoutMonitor() as inner:
            pool.submit(run, Drops().eval()).result()
        assert (counted(outer), counted(inner)) == (0, 1)
        pool.submit(run, Drops().eval()).result()
    assert counted(outer) == 1


def test_a_monitor_of_another_thread_sees_a_thread_without_any(older: ThreadPoolExecutor) -> None:
    def watch(barrier: threading.Barrier) -> int:
        with DropoutMonitor() as monitor:
            barrier.wait()
            barrier.wait()
        return counted(monitor)

    def work(barrier: threading.Barrier) -> None:
        barrier.wait()
        older.submit(run, Drops().eval()).result()
        barrier.wait()

    assert together(watch, work, watch) == [1, None, 1]


def test_a_monitor_may_be_stopped_by_another_thread() -> None:
    monitor = DropoutMonitor()
    in_new_thread(monitor.start)
    run(Drops().eval())
    monitor.stop()
    run(Drops().eval())
    assert counted(monitor) == 1
    assert observers.entries == ()


def test_what_one_thread_expects_is_not_expected_in_another_that_watches() -> None:
    def expects(barrier: threading.Barrier) -> bool:
        with expected_dropout(reason="samples"):
            barrier.wait()
            barrier.wait()
            return is_expected()

    def watch(barrier: threading.Barrier) -> tuple[int, bool]:
        with DropoutMonitor() as monitor:
            barrier.wait()
            run(Drops().eval())
            expected = is_expected()
            barrier.wait()
        return counted(monitor), expected

    assert together(expects, watch) == [True, (1, False)]


def test_expected_dropout_holds_in_threads_that_work_for_the_one_that_expects_it(older: ThreadPoolExecutor) -> None:
    with DropoutMonitor() as monitor, expected_dropout(reason="samples"):
        in_new_thread(lambda: run(Drops().eval()))
        older.submit(run, Drops().eval()).result()
    assert monitor.events == ()


def test_a_chain_of_threads_is_not_remembered() -> None:
    lengths: list[int] = []

    def link(left: int) -> None:
        nest: observers.Nest | None = observers._here()
        length = 0
        while nest is not None:
            length, nest = length + 1, nest.parent
        lengths.append(length)
        if left:
            following = threading.Thread(target=follow, args=(threading.current_thread(), left - 1))
            threads.append(following)
            following.start()

    def follow(previous: threading.Thread, left: int) -> None:
        previous.join(_PATIENCE)
        link(left)

    with DropoutMonitor():
        threads = [threading.Thread(target=link, args=(20,))]
        threads[0].start()
        for thread in threads:  # grows
            thread.join(_PATIENCE)
    assert len(lengths) == 21
    assert max(lengths) <= 3


class Waits(nn.Module):
    """Lets another thread do its work while it is being called."""

    def __init__(self, body: nn.Module, beside: Callable[[], object]) -> None:
        super().__init__()
        self.body = body
        self.beside = beside

    def forward(self, x: Tensor) -> Any:
        self.beside()
        return self.body(x)


def train(model: nn.Module) -> None:
    model.train()
    with torch.enable_grad():
        model(BATCH).sum().backward()


@dataclass
class Trainer:
    """Trains something else; a model that holds a method of this holds no module."""

    pool: ThreadPoolExecutor
    in_workers: bool = False
    model: nn.Module = field(default_factory=Good)

    def __call__(self) -> None:
        self.pool.submit(self.work).result()

    def work(self) -> None:
        if self.in_workers:
            in_new_thread(lambda: train(self.model))
        else:
            train(self.model)


@pytest.mark.parametrize("in_workers", [False, True], ids=["in a thread", "in threads that it starts"])
@pytest.mark.parametrize("check", [assert_no_active_dropout, assert_deterministic], ids=["dropout", "randomness"])
def test_a_check_is_not_blamed_for_training_beside_it(check: Any, in_workers: bool, older: ThreadPoolExecutor) -> None:
    with DropoutMonitor(everything=True) as around:
        check(Waits(Good(), Trainer(older, in_workers)).eval(), BATCH)
    assert "part.drop" in {event.module for event in around.events}  # it is told to whom it concerns


def test_a_check_of_randomness_is_not_blamed_for_what_another_thread_draws_now_and_then(
    older: ThreadPoolExecutor,
) -> None:
    draws = iter([random.random, torch.get_num_threads])  # the first try alone

    def load() -> None:
        older.submit(next(draws, int)).result()

    model = Waits(nn.Identity(), lambda: None).eval()
    assert_no_active_dropout(model, BATCH)
    model.beside = load
    from dropout_lint.runtime.monitoring.randomness import draws_of

    assert draws_of(model, lambda: model(BATCH)) == []
    model.beside = lambda: older.submit(random.random).result()  # each time: then it is the model's
    assert [draw.what for draw in draws_of(model, lambda: model(BATCH))] == ["random"]


def test_dropout_that_trains_beside_does_not_make_a_model_drop(older: ThreadPoolExecutor) -> None:
    model = Waits(nn.Linear(4, 4), Trainer(older))
    assert "dropout is not active in `Waits`" in failure(assert_dropout_active, model, BATCH)
    assert_dropout_active(Waits(nn.Dropout(), Trainer(older)), BATCH)


def test_a_check_sees_what_its_model_starts_and_what_it_hands_to_others(older: ThreadPoolExecutor) -> None:
    part = Drops().eval()
    hidden = [Drops().eval()]
    for beside in (
        lambda: in_new_thread(lambda: run(Drops().eval())),
        lambda: older.submit(run, part).result(),
        lambda: older.submit(run, hidden[0]).result(),
    ):
        model = Waits(nn.Identity(), beside).eval()
        model.part, model.hidden = part, hidden  # type: ignore[assignment]
        assert "DRP201" in failure(assert_no_active_dropout, model, BATCH)
