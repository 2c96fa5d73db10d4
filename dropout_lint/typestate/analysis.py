"""What happens in the programs of a file: its top level, then the functions that nothing there calls."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field

from dropout_lint.project.limits import Spent
from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.cfg.fixpoint import TooManySteps
from dropout_lint.typestate.domain.budget import OF_FUNCTION
from dropout_lint.typestate.domain.frames import Event
from dropout_lint.typestate.domain.modes import Layers, Mode, ModeFact, Origin
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import AbstractObject, FunctionValue, ObjectKind, Unknown, made_object
from dropout_lint.typestate.evaluation.interpreter import Interpreter
from dropout_lint.typestate.evaluation.startup import runs_at_startup
from dropout_lint.typestate.models.mode_dependence import dependent_layers
from dropout_lint.typestate.roots.indicators import follows_its_caller

MOST_STEPS = 8_000  # of all roots of a file together; those that come later are left out
MOST_BARREN_STEPS = 1_500  # the same, as long as nothing happens in any of them: a file that only builds models


@dataclass(frozen=True, slots=True)
class Run:
    """One root, analysed: what happened, and what its objects turned out to be."""

    events: tuple[Event, ...]
    dependent: Mapping[AbstractObject, frozenset[Layers]]  # the mode matters to these, because of those layers
    trained: frozenset[AbstractObject]  # an optimizer holds their parameters
    open: frozenset[AbstractObject]  # they hold parts that nobody knows
    handed_out: frozenset[AbstractObject] = frozenset()  # to external code, which is taken to keep their modes
    frozen_at: Mapping[AbstractObject, Origin] = field(default_factory=dict)  # and never set free in this program
    switched_parts: frozenset[AbstractObject] = frozenset()  # of modules, which nothing in the code was seen to store
    parts: Mapping[AbstractObject, tuple[AbstractObject, ...]] = field(
        default_factory=dict
    )  # of what loops run in eval


def runs(
    source: SourceFile,
    lines: Collection[int] | None = None,
    spent: Callable[[int, Spent], None] = lambda line, what: None,
) -> tuple[Run, ...]:
    """The roots of ``source``, analysed: its top level, and the functions that are defined on one of ``lines`` (None:
    all) and that nothing before has called.

    ``spent`` is told where a budget has ended something, by the line of the function; 0 is the top level.
    """
    found: list[Run] = []
    interpreter = Interpreter(source)
    top = State()
    try:
        end = interpreter.run_module(source, top)
        for function in filter(runs_at_startup, _functions(source) if end is not None else ()):
            interpreter.enter(function, end or top)
        found.append(_finished(interpreter, _run_handed(interpreter, end or top)))
    except (TooManySteps, RecursionError):
        end = None
        spent(0, _budget_of(interpreter))
    finally:
        interpreter.release()
    if interpreter.is_worn:
        spent(0, Spent.ENTRIES)
    entered, steps = set(interpreter.entered), interpreter.steps
    made: dict[ClassModel, Made] = {}
    hopeless: set[ClassModel | None] = set()  # classes whose `__init__` takes too long
    for function in _functions(source):
        if function.node in entered or (lines is not None and _line(function) not in lines):
            continue
        if _follows_its_caller(function) or function.owner in hopeless:
            continue
        if steps > (MOST_STEPS if any(run.events for run in found) else MOST_BARREN_STEPS):
            spent(_line(function), Spent.FILE)
            break
        inner = Interpreter(source, OF_FUNCTION)
        inner.dependent.update(interpreter.dependent)
        inner.recorder.trained.update(interpreter.recorder.trained)
        inner.recorder.frozen_at.update(interpreter.recorder.frozen_at)
        state = end.copy() if end is not None else State()
        state.grad = True
        try:
            state = _prepare(function, inner, state, made)
            inner.enter(function, state)
            found.append(_finished(inner, _run_handed(inner, state)))
            entered |= inner.entered
        except (TooManySteps, RecursionError):
            spent(_line(function), _budget_of(inner))
            if function.owner is not None and function.owner not in made:
                hopeless.add(function.owner)
        finally:
            if inner.is_worn:
                spent(_line(function), Spent.ENTRIES)
            steps += inner.steps
            inner.release()
    return tuple(found)


def _budget_of(interpreter: Interpreter) -> Spent:
    """Which one ``interpreter`` has spent."""
    return Spent.STEPS if interpreter.recorder.ran else Spent.BARREN


def _run_handed(interpreter: Interpreter, end: State) -> State:
    """Run the functions that were handed to external code, which may call them; returns what then holds."""
    end = _with_endless(interpreter, end)
    with contextlib.suppress(TooManySteps, RecursionError):  # what happened before stands
        end = interpreter.run_handed(end)
    return _with_endless(interpreter, end)


def _with_endless(interpreter: Interpreter, end: State) -> State:
    """``end``, and what holds in loops that never end: a camera, a prompt, a service that waits.

    The program does not come back from there to any end, and what it does there it does all the same.
    """
    if interpreter.endless is None:
        return end
    joined = end.copy()
    joined.join(interpreter.endless)
    return joined


def _follows_its_caller(function: FunctionValue) -> bool:
    """Whether ``function`` is a method of a module that has nothing to tell on its own."""
    if function.owner is None or not function.owner.is_module:
        return False
    return follows_its_caller("".join(function.source.lines_of(function.node)))


@dataclass(frozen=True, slots=True)
class Made:
    """What ``__init__`` of a class leaves behind, for those of its methods that are roots."""

    state: State
    dependent: Mapping[AbstractObject, Layers]
    trained: frozenset[AbstractObject]
    entered: frozenset[ast.AST]
    frozen_at: Mapping[AbstractObject, Origin]


def _prepare(function: FunctionValue, interpreter: Interpreter, state: State, made: dict[ClassModel, Made]) -> State:
    """``state``, but with the receiver of a method that holds what its ``__init__`` stores, in modes that other methods
    may have changed.  ``made`` keeps it from one method of a class to the next.
    """
    receiver, owner = function.receiver, function.owner
    if owner is None or not isinstance(receiver, AbstractObject) or getattr(function.node, "name", "") == "__init__":
        return state
    if owner not in made:
        initializer = owner.method("__init__")
        if initializer is not None:
            home, node = initializer
            interpreter.enter(FunctionValue(home.source, node, home, receiver), state)
            interpreter.recorder.events.clear()
            state.havoc([receiver])
        made[owner] = Made(
            state,
            dict(interpreter.dependent),
            frozenset(interpreter.recorder.trained),
            frozenset(interpreter.entered),
            dict(interpreter.recorder.frozen_at),
        )
    kept = made[owner]
    state = kept.state.copy()
    interpreter.dependent.update(kept.dependent)
    interpreter.recorder.trained.update(kept.trained)
    interpreter.entered.update(kept.entered)
    interpreter.recorder.frozen_at.update(kept.frozen_at)
    if function.source.knowledge.runs_in_eval(owner.library_bases, getattr(function.node, "name", "")):
        state.set_mode(receiver, ModeFact(Mode.EVAL))
    return state


def all_in(objs: Iterable[AbstractObject], group: Container[AbstractObject]) -> bool:
    """Whether every one of ``objs`` belongs to ``group``."""
    return all(obj in group for obj in objs)


def _finished(interpreter: Interpreter, end: State) -> Run:
    events = tuple(interpreter.recorder.events.values())
    met = dict.fromkeys(obj for event in events for obj in (*event.objs, *event.as_called.objs, *event.frozen))
    layers = {obj: dependent_layers(obj, end, interpreter.dependent) for obj in met}
    dependent = {obj: found for obj, found in layers.items() if found}
    holding_unknown = {
        obj for obj, held in end.attributes.items() if any(isinstance(value, Unknown) for value in held.values())
    }
    unclear = {
        obj for event in events for obj in event.objs if any(part in holding_unknown for part in end.reachable(obj))
    }
    trained = _with_wholes(interpreter.recorder.trained, events, end)
    recorder = interpreter.recorder
    frozen = {
        obj: origin for obj, origin in recorder.frozen_at.items() if recorder.set_free.isdisjoint((obj, *obj.wholes()))
    }
    looped = [event for event in events if event.loops and event.fact is not None and event.fact.mode is Mode.EVAL]
    parts = {obj: tuple(end.reachable(obj, through_lists=False)) for event in looped for obj in event.objs}
    switched = frozenset(obj for obj in recorder.switched if obj.parent is not None)
    return Run(events, dependent, trained, frozenset(unclear), frozenset(recorder.handed_out), frozen, switched, parts)


def _with_wholes(found: set[AbstractObject], events: tuple[Event, ...], end: State) -> frozenset[AbstractObject]:
    """``found``, and the objects of ``events`` that have one of them as a part."""
    whole = {
        obj
        for event in events
        for obj in event.objs
        if obj in found or any(part in found for part in end.parts(obj)) or not found.isdisjoint(obj.wholes())
    }
    return frozenset(whole)


def _functions(source: SourceFile) -> list[FunctionValue]:
    """The functions and methods at the top of ``source``, in the order of the text."""
    found: list[FunctionValue] = []
    for node in source.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(FunctionValue(source, node))
        elif isinstance(node, ast.ClassDef):
            facts = classes_of(source).facts(node)
            for method in facts.methods.values():
                kind = ObjectKind.MODULE if facts.is_module else ObjectKind.INSTANCE
                static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in method.decorator_list)
                receiver = None if static else made_object(kind, source, node, (), facts)
                found.append(FunctionValue(source, method, facts, receiver))
    return found


def _line(function: FunctionValue) -> int:
    assert not isinstance(function.node, ast.Lambda)
    return function.node.lineno
