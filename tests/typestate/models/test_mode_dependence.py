"""Models that are built with arguments saved beside their weights: which layers they have is known in part."""

from __future__ import annotations

import textwrap

import pytest

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.analysis import runs
from dropout_lint.typestate.domain.frames import EventKind

HEAD = """
import pytorch_lightning as pl
import torch
from torch import nn


class Plain(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(size, size), nn.GELU())


class Normed(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(size, size), nn.BatchNorm1d(size))


class Dropped(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.drop = nn.Dropout(0.5)


class Kinds:
    def __init__(self, kind):
        if kind == "normed":
            self.block = Normed
        elif kind == "dropped":
            self.block = Dropped
        else:
            self.block = Plain


class Inner(pl.LightningModule):
    def __init__(self, kind="normed"):
        super().__init__()
        self.block = Normed(4) if kind == "normed" else Plain(4)


class Net(pl.LightningModule):
    def __init__(self, kind="normed", size=4, head=None):
        super().__init__()
"""
TAIL = """

net = NET
with torch.no_grad():
    net(batch)
"""


def depends(body: str, made: str) -> bool:
    """Whether the mode matters to the ``Net`` with this ``__init__`` that is ``made`` so."""
    text = HEAD + textwrap.indent(textwrap.dedent(body), " " * 8) + TAIL.replace("NET", made)
    (run, *_) = runs(SourceFile("program.py", text))
    (event,) = (event for event in run.events if event.kind is EventKind.FORWARD)
    return all(obj in run.dependent for obj in event.objs)


ONE_KIND = """
blocks = []
for _ in range(size):
    blocks.append(Kinds(kind).block(size))
self.blocks = nn.ModuleList(blocks)
"""
UNDER_IF = "self.block = Normed(size) if kind == 'normed' else Plain(size)\n"
EITHER = """
if kind == "normed":
    self.block = Normed(size)
else:
    self.block = Dropped(size)
"""
BESIDE = UNDER_IF + "self.drop = nn.Dropout(0.1)\n"
CLASS = "self.block = (Normed if kind == 'normed' else Dropped)(size)\n"
HEADED = UNDER_IF + "self.head = head\n"


@pytest.mark.parametrize("body", [ONE_KIND, UNDER_IF], ids=["class", "if"])
def test_layers_that_a_saved_argument_chooses_do_not_count(body: str) -> None:
    assert not depends(body, "Net.load_from_checkpoint('a.ckpt')")
    assert not depends(body, "Net.load_from_checkpoint('a.ckpt', size=8)")
    assert depends(body, "Net('normed')")


@pytest.mark.parametrize("body", [EITHER, BESIDE, CLASS], ids=["either", "beside", "class"])
def test_layers_that_there_are_in_any_case_count(body: str) -> None:
    assert depends(body, "Net.load_from_checkpoint('a.ckpt')")


@pytest.mark.parametrize("body", [ONE_KIND, UNDER_IF], ids=["class", "if"])
def test_arguments_that_are_given_are_known(body: str) -> None:
    assert depends(body, "Net.load_from_checkpoint('a.ckpt', kind='normed')")
    assert not depends(body, "Net.load_from_checkpoint('a.ckpt', kind='plain')")


def test_parts_that_are_given_are_known() -> None:
    assert depends(HEADED, "Net.load_from_checkpoint('a.ckpt', head=Dropped(4))")
    assert not depends(HEADED, "Net.load_from_checkpoint('a.ckpt', head=None)")


def test_a_loaded_part_says_nothing_of_the_rest() -> None:
    inner = "self.inner = Inner.load_from_checkpoint('b.ckpt')\n"
    assert not depends(inner, "Net()")
    assert depends(inner.replace("'b.ckpt'", "'b.ckpt', kind='normed'"), "Net.load_from_checkpoint('a.ckpt')")
    assert depends("self.drop = nn.Dropout(0.1)\n" + inner, "Net.load_from_checkpoint('a.ckpt')")
    assert not depends(UNDER_IF + inner, "Net.load_from_checkpoint('a.ckpt')")
