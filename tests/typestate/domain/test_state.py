"""States: what holds at one point, and what holds where two paths meet."""

from __future__ import annotations

import ast

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.bounds import part_of
from dropout_lint.typestate.domain.modes import Mode, ModeFact
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import UNKNOWN, AbstractObject, Const, ObjectKind, Union, made_object

SOURCE = SourceFile("a.py", "")


def module(name: str = "", kind: ObjectKind = ObjectKind.MODULE) -> AbstractObject:
    return made_object(kind, SOURCE, ast.Name(name or "x"), library=name)


def test_a_copy_is_independent() -> None:
    state, model = State(), module()
    state.set_own_mode(model, ModeFact(Mode.TRAIN))
    other = state.copy()
    other.set_mode(model, ModeFact(Mode.EVAL))
    other.local["x"] = Const(1)
    assert state.mode(model).mode is Mode.TRAIN
    assert "x" not in state.local


def test_the_mode_goes_to_all_parts() -> None:
    state, whole, part = State(), module(), module()
    state.store(whole, "part", part)
    state.set_mode(whole, ModeFact(Mode.EVAL))
    assert state.mode(part).mode is Mode.EVAL


def test_modules_in_a_plain_list_are_not_reached() -> None:
    state, whole, part, plain = State(), module(), module(), module(kind=ObjectKind.LIST)
    state.set_own_mode(part, ModeFact(Mode.TRAIN))
    state.store(plain, Slot.ELEMENTS, part)
    state.store(whole, "parts", plain)
    state.set_mode(whole, ModeFact(Mode.EVAL))
    assert state.mode(part).mode is Mode.TRAIN


def test_a_whole_with_parts_in_different_modes_has_none() -> None:
    state, whole, part = State(), module(), module()
    state.store(whole, "part", part)
    state.set_mode(whole, ModeFact(Mode.EVAL))
    state.set_own_mode(part, ModeFact(Mode.TRAIN))
    assert state.whole_mode(whole).mode is Mode.UNKNOWN


def test_the_wholes_of_a_part_are_met_from_the_inside_out() -> None:
    model = module()
    encoder = part_of(model, "encoder")
    assert isinstance(encoder, AbstractObject)
    layer = part_of(encoder, "layer1")
    assert isinstance(layer, AbstractObject)
    assert [*layer.wholes()] == [encoder, model]
    assert [*model.wholes()] == []


def test_a_part_that_nobody_stored_follows_its_whole() -> None:
    state, whole = State(), module()
    state.set_mode(whole, ModeFact(Mode.EVAL))
    part = part_of(whole, "layer1")
    assert isinstance(part, AbstractObject)
    assert state.mode(part).mode is Mode.EVAL


def test_join_keeps_what_only_one_side_knows() -> None:
    state, other, model = State(), State(), module()
    other.local["model"] = model
    other.set_own_mode(model, ModeFact(Mode.EVAL))
    assert state.join(other)
    assert state.local["model"] is model
    assert state.mode(model).mode is Mode.EVAL


def test_join_says_whether_anything_changed() -> None:
    state, other = State(), State()
    other.local["x"] = Const(1)
    assert state.join(other)
    assert not state.join(other)


def test_gradients_that_differ_by_path_are_unknown() -> None:
    state, other = State(), State()
    other.grad = False
    state.join(other)
    assert state.grad is None


def test_two_values_of_a_name_are_kept_as_alternatives() -> None:
    state, other, one, two = State(), State(), module("one"), module("two")
    state.local["model"], other.local["model"] = one, two
    state.join(other)
    assert state.local["model"] == Union((one, two))
    assert state.local["model"] == Union((two, one))


def test_what_is_lost_has_no_mode_with_all_that_it_holds() -> None:
    state, trainer, model = State(), module(kind=ObjectKind.INSTANCE), module()
    state.store(trainer, "model", model)
    state.store(trainer, "epochs", Const(3))
    state.set_own_mode(model, ModeFact(Mode.EVAL))
    state.havoc([trainer])
    assert state.mode(model).mode is Mode.UNKNOWN
    assert state.get(trainer, "epochs") is UNKNOWN
    assert state.get(trainer, "model") is model


def test_a_place_that_makes_a_new_object_forgets_the_old_one() -> None:
    state, model = State(), module()
    state.set_own_mode(model, ModeFact(Mode.EVAL))
    state.mark_trained_or_loaded([model])
    state.forget(model)
    assert state.mode(model).mode is Mode.UNKNOWN
    assert not state.is_trained_or_loaded(model)


def test_weights_are_worth_something_once_a_part_was_trained() -> None:
    state, whole, part = State(), module(), module()
    state.store(whole, "part", part)
    assert not state.is_trained_or_loaded(whole)
    state.mark_trained_or_loaded([part])
    assert state.is_trained_or_loaded(whole)
