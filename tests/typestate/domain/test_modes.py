"""The lattice of modes."""

from __future__ import annotations

import ast
import itertools

import pytest

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.modes import Mode, ModeFact, Origin, OriginKind, join

MODES = tuple(Mode)


def origin(line: int, kind: OriginKind = OriginKind.EVAL, filename: str = "a.py") -> Origin:
    return Origin(kind, SourceFile(filename, ""), ast.Pass(lineno=line, col_offset=0))


def test_join_of_train_and_eval_is_either() -> None:
    assert join(Mode.TRAIN, Mode.EVAL) is Mode.EITHER


@pytest.mark.parametrize("mode", MODES)
def test_unreachable_adds_nothing(mode: Mode) -> None:
    assert join(mode, Mode.UNREACHABLE) is mode


@pytest.mark.parametrize("mode", MODES)
def test_unknown_swallows_everything(mode: Mode) -> None:
    assert join(mode, Mode.UNKNOWN) is Mode.UNKNOWN


def test_join_is_a_least_upper_bound() -> None:
    for one, two, three in itertools.product(MODES, repeat=3):
        assert join(one, two) is join(two, one)
        assert join(one, one) is one
        assert join(join(one, two), three) is join(one, join(two, three))


def test_a_joined_fact_keeps_every_origin_in_the_order_of_the_text() -> None:
    later, earlier = origin(9), origin(2, OriginKind.TRAIN)
    joined = ModeFact(Mode.EVAL, (later,)).join(ModeFact(Mode.TRAIN, (earlier,)))
    assert joined == ModeFact(Mode.EITHER, (earlier, later))
    assert repr(joined) == "either(train@2, eval@9)"


def test_origins_of_a_fact_are_bounded() -> None:
    fact = ModeFact(Mode.EVAL, (origin(0),))
    for line in range(1, 50):
        fact = fact.join(ModeFact(Mode.EVAL, (origin(line),)))
    assert len(fact.origins) == 8


def test_what_switched_the_mode_is_remembered_among_many_places_that_made_parts() -> None:
    source = SourceFile("net.py", "\n" * 40)
    made = [Origin(OriginKind.MADE, source, ast.Pass(lineno=line, col_offset=0)) for line in range(1, 13)]
    switched = Origin(OriginKind.EVAL, source, ast.Pass(lineno=30, col_offset=0))
    fact = ModeFact(Mode.TRAIN, tuple(made)).join(ModeFact(Mode.EVAL, (switched,)))
    assert switched in fact.origins
    assert len(fact.origins) == 8
