"""Many processes, one model: who this process is, and whether all of them agree on the mode."""

from __future__ import annotations

import os
from typing import Any

import torch.distributed as dist


def rank() -> int | None:
    """The number of this process among those that train together; None outside such a group."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank()
    given = os.environ.get("RANK", "")  # torchrun sets it before the group exists
    return int(given) if given.isdigit() else None


def rank_among_several() -> int | None:
    """`rank`, where there is more than one process."""
    if dist.is_available() and dist.is_initialized():
        several = dist.get_world_size() > 1
    else:
        several = os.environ.get("WORLD_SIZE", "1") != "1"
    return rank() if several else None


def gathered(value: object, group: Any) -> dict[int, Any]:
    """``value`` of every process in ``group``, by global rank.  Every process of the group has to call it."""
    ranks = dist.get_process_group_ranks(group)
    values: list[Any] = [None] * len(ranks)
    dist.all_gather_object(values, value, group=group)
    return dict(zip(ranks, values))
