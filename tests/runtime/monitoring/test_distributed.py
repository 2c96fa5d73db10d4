"""Two processes with one model: modes that disagree are reported in both, wrapped or not."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.distributed as dist  # noqa: E402

from dropout_lint.runtime.monitoring.distributed import rank  # noqa: E402
from dropout_lint.testing import assert_eval_mode, assert_train_mode  # noqa: E402
from tests.runtime.nets import Bad, Good, codes_of, failure, paths_of  # noqa: E402

pytestmark = pytest.mark.skipif(
    not dist.is_available() or not dist.is_gloo_available(), reason="this torch has no gloo"
)


def in_two_processes(target: Any, folder: Path) -> list[str]:
    """What ``target`` returns in each of two processes, by rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(_process, args=(target, port, str(folder)), nprocs=2)
    return [(folder / str(number)).read_text("utf-8") for number in range(2)]


def _process(number: int, target: Any, port: int, folder: str) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=number, world_size=2)
    Path(folder, str(number)).write_text(target(number), "utf-8")
    while not Path(folder, str(1 - number)).exists():  # the other one may still be listening
        time.sleep(0.01)
    os._exit(0)  # threads of gloo may outlive its group, and abort a process that ends in the usual way (torch 2.13)


def disagree(number: int) -> str:
    """The second process forgets `eval()`."""
    assert rank() == number
    model = Good().train(number == 1)
    assert_train_mode(Good().train(), group=dist.group.WORLD)
    return failure(assert_eval_mode, model, group=dist.group.WORLD)


def test_every_process_tells_which_ones_disagree(tmp_path: Path) -> None:
    first, second = in_two_processes(disagree, tmp_path)
    assert first == second
    assert first.startswith("`Good` is in eval mode in some processes only")
    assert "rank 1: part.drop" in first
    assert "rank 0" not in first.partition("rule:")[0]


def wrap(number: int) -> str:
    """A model in DistributedDataParallel, and one in `fully_shard`."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.nn.parallel import DistributedDataParallel

    lines = []
    mesh = init_device_mesh("cpu", (2,))
    for cls in (Good, Bad):
        sharded = cls()
        fully_shard(sharded, mesh=mesh)
        for model in (DistributedDataParallel(cls()), sharded):
            model.eval()
            assert_eval_mode(model, group=dist.group.WORLD)
            lines.append(f"{codes_of(model)} {paths_of(model)[-2:]}")
            model.train()
            assert codes_of(model, grad=True) == []
    return "\n".join(lines)


def test_wrappers_of_distributed_training_are_seen_through(tmp_path: Path) -> None:
    quiet = "[] ['part.drop', 'norm']"
    found = "[('DRP201', '')] ['part.drop', 'norm']"
    assert [text.split("\n") for text in in_two_processes(wrap, tmp_path)] == [[quiet, quiet, found, found]] * 2


def test_a_process_alone_speaks_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    assert rank() is None
    monkeypatch.setenv("RANK", "3")
    assert rank() == 3
