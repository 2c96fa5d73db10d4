"""Dropout on other threads: inference servers, executors, event loops."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import nn

from tests.runtime.cases.case import Scene, misuse

X = torch.ones(4, 8)
POOL = ThreadPoolExecutor(1)
POOL.submit(int).result()  # its thread is there before any monitor is switched on


@misuse("parts of a model on an executor's threads", "DRP201")  # on that thread, the part is the root
def executor():
    class Part(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5)  # here

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = Part()

        def forward(self, x):
            return POOL.submit(self.part, x).result()

    return Net().eval(), X


@misuse("a request handled on a new thread", "DRP201", grad=True)
def new_thread():
    class Net(nn.Module):
        def forward(self, x):
            with torch.no_grad():
                return F.dropout(x, 0.5)  # here

    net = Net().eval()

    def serve():
        thread = threading.Thread(target=net, args=(X,))
        thread.start()
        thread.join()

    return Scene(net, run=serve)


@misuse("a request handled by an event loop's executor", "DRP201", grad=True)
def event_loop():
    class Net(nn.Module):
        def forward(self, x):
            with torch.no_grad():
                return F.dropout(x, 0.5)  # here

    net = Net().eval()

    async def serve():
        await asyncio.get_running_loop().run_in_executor(None, net, X)

    return Scene(net, run=lambda: asyncio.run(serve()))


@misuse("a plain function on an executor's thread, where no module is being called", "DRP201", tier="strict")
def function_on_a_thread():
    def drop(x):
        return F.dropout(x, 0.5)  # drawing is seen, the line is not: what looks for it sees only its own thread

    class Net(nn.Module):
        def forward(self, x):
            return POOL.submit(drop, x).result()

    return Net().eval(), X
