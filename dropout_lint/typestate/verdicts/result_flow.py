"""Where the result of a forward pass goes in the functions around it: is it read, and does it come to a backward pass?

Names are followed along the control-flow graph of the function in which the pass stands, and where it returns the
result, in the function that called it, and so on outwards.  What a name is given anew ends what it held before.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from dropout_lint.syntax.node_tests import last_name
from dropout_lint.typestate.cfg.builder import Step, StepKind, build
from dropout_lint.typestate.domain.frames import Event, FunctionNode
from dropout_lint.typestate.verdicts.result_words import (
    ACTS,
    ASKS_SHAPE,
    COLLECTS,
    CUTS,
    DECIDES,
    GOES_BACK,
    KEEPS,
    NUMBERS,
    PRINTS,
    SHAPE,
)

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


class Level(IntEnum):
    """What of the result is in a value."""

    NOTHING = 0
    NUMBERS = 1  # what was read of it: no gradient goes back from there
    TENSOR = 2


@dataclass(slots=True)
class ResultUse:
    """What becomes of a result."""

    decides: bool = False  # something is concluded from its numbers: the largest, a comparison, a Python number
    printed: bool = False  # they are told to a reader
    kept: bool = False  # they are drawn, or saved to a file
    trains: bool = False  # it comes to a backward pass
    is_lost: bool = False  # it goes, as a tensor, to where it is not followed

    @property
    def is_read(self) -> bool:
        """Whether anybody looks at its numbers."""
        return self.decides or self.printed or self.kept


def result_use(event: Event, training: Collection[Event]) -> ResultUse:
    """What becomes of the result of ``event``, a forward pass; ``training`` are the backward passes of the program."""
    use, level = ResultUse(), Level.TENSOR
    trains = {site.node for other in training for site in other.path}
    start: ast.AST = event.node
    functions = [event.function_node, *(site.caller_node for site in reversed(event.path))]
    calls = [site.node for site in reversed(event.path)]
    for index, function in enumerate(functions):
        flow = _Flow(start, level, trains, use)
        flow.run(function)
        level = flow.returned
        if not flow.is_found or (level is Level.TENSOR and index == len(calls)):
            use.is_lost = True
        if level is Level.NOTHING or index == len(calls):
            break
        start = calls[index]
    return use


Held = dict[str, Level]


@dataclass(slots=True)
class _Flow:
    """Follows the value of ``start`` through one function, and notes in ``use`` what becomes of it."""

    start: ast.AST
    level: Level
    trains: Collection[ast.AST]  # calls that lead to a backward pass
    use: ResultUse
    returned: Level = Level.NOTHING
    is_found: bool = False
    _held: Held = field(default_factory=dict)

    def run(self, function: FunctionNode | ast.Module) -> None:
        """Follow it through ``function``, to a fixpoint."""
        if isinstance(function, ast.Lambda):
            self.returned = self._value(function.body)
            return
        graph = build(function.body)
        before: dict[int, Held] = {graph.entry.index: {}}
        waiting = {graph.entry.index}
        while waiting:
            block = graph.blocks[min(waiting)]
            waiting.discard(block.index)
            self._held = dict(before[block.index])
            for step in block.steps:
                self._step(step)
            for target, _ in block.edges:
                known = before.get(target.index)
                if known is None or not _covers(known, self._held):
                    before[target.index] = _joined(known or {}, self._held)
                    waiting.add(target.index)

    def _step(self, step: Step) -> None:
        node = step.node
        if step.kind is StepKind.RUN and isinstance(node, ast.stmt):
            self._statement(node)
        elif step.kind is StepKind.TEST and isinstance(node, ast.expr):
            self._decide(self._value(node))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._bind(node.target, self._value(node.iter))
        elif step.kind is StepKind.ENTER and isinstance(node, ast.withitem):
            level = self._value(node.context_expr)
            if node.optional_vars is not None:
                self._bind(node.optional_vars, level)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, ast.AugAssign):
            self._bind(node.target, max(self._value(node.value), self._value(node.target)))
        elif isinstance(node, ast.Return) and node.value is not None:
            self.returned = max(self.returned, self._value(node.value))
        elif isinstance(node, ast.Expr):
            if self._value(node.value) is Level.TENSOR and node.value is not self.start:
                self.use.is_lost |= isinstance(node.value, (ast.Call, ast.Await))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            self.use.is_lost |= any(self._held.get(name) is Level.TENSOR for name in names)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            levels = [self._value(part) for part in value.elts]
            for part, level in zip(target.elts, levels):
                self._bind(part, level)
        else:
            self._bind(target, self._value(value))

    def _bind(self, target: ast.expr, level: Level) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._bind(part, level)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, level)
        elif isinstance(target, ast.Subscript):
            self._collect(target.value, level)
        elif isinstance(target, (ast.Name, ast.Attribute)):
            name = ast.unparse(target)
            if level:
                self._held[name] = level
            else:
                self._held.pop(name, None)
            self.use.is_lost |= level is Level.TENSOR and isinstance(target, ast.Attribute)

    def _collect(self, holder: ast.expr, level: Level) -> None:
        """``holder`` holds it from now on, beside other things."""
        if level and isinstance(holder, (ast.Name, ast.Attribute)):
            name = ast.unparse(holder)
            self._held[name] = max(level, self._held.get(name, Level.NOTHING))
            self.use.is_lost |= level is Level.TENSOR and isinstance(holder, ast.Attribute)

    def _decide(self, level: Level) -> Level:
        """A conclusion is drawn from a value that holds so much of the result."""
        self.use.decides |= bool(level)
        return min(level, Level.NUMBERS)

    def _value(self, node: ast.expr) -> Level:
        """How much of the result is in ``node``."""
        if node is self.start:
            self.is_found = True
            return self.level
        if isinstance(node, ast.Name):
            return self._held.get(node.id, Level.NOTHING)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Compare):
            if any(isinstance(operator, (ast.Is, ast.IsNot)) for operator in node.ops):
                return Level.NOTHING
            return self._decide(self._most(node))
        if isinstance(node, ast.JoinedStr):
            level = self._most(node)
            self.use.printed |= bool(level)
            return min(level, Level.NUMBERS)
        if isinstance(node, ast.IfExp):
            self._decide(self._value(node.test))
            return max(self._value(node.body), self._value(node.orelse))
        if isinstance(node, ast.NamedExpr):
            level = self._value(node.value)
            self._bind(node.target, level)
            return level
        if isinstance(node, _COMPREHENSIONS):
            return self._comprehension(node)
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            self.use.is_lost |= self._most(node) is Level.TENSOR
            return Level.NOTHING
        return self._most(node)

    def _most(self, node: ast.AST) -> Level:
        found = [self._value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return max(found, default=Level.NOTHING)

    def _attribute(self, node: ast.Attribute) -> Level:
        if (held := self._held.get(ast.unparse(node))) is not None:
            return held
        level = self._value(node.value)
        if node.attr in SHAPE:
            return Level.NOTHING
        return min(level, Level.NUMBERS) if node.attr == "data" else level

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Level:
        around = dict(self._held)
        for generator in node.generators:
            self._bind(generator.target, self._value(generator.iter))
            for test in generator.ifs:
                self._decide(self._value(test))
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        level = max(self._value(part) for part in parts)
        self._held = around
        return level

    def _call(self, node: ast.Call) -> Level:
        function = node.func
        name = last_name(function) or ""
        given = [self._value(part) for part in (*node.args, *(keyword.value for keyword in node.keywords))]
        passed = max(given, default=Level.NOTHING)
        receiver = self._value(function.value) if isinstance(function, ast.Attribute) else self._value(function)
        level = max(passed, receiver)
        if not level:
            return level
        if (GOES_BACK.fullmatch(name) is not None) or (passed and node in self.trains):
            self.use.trains = True
            return Level.NOTHING
        if (receiver and name in SHAPE) or (passed and name in ASKS_SHAPE):
            return Level.NOTHING
        if passed and isinstance(function, ast.Attribute) and name in ACTS:
            self.use.is_lost = True
        if name in DECIDES:
            self._decide(level)
        if name in NUMBERS:
            return self._decide(level)
        if name in CUTS:
            return min(level, Level.NUMBERS)
        if passed and isinstance(function, ast.Attribute) and name in COLLECTS:
            self._collect(function.value, passed)
            return Level.NOTHING
        if passed and PRINTS.fullmatch(name) is not None:
            self.use.printed = True
            return Level.NOTHING
        if passed and KEEPS.fullmatch(name) is not None:
            self.use.kept = True
            return Level.NOTHING
        return level


def _covers(known: Mapping[str, Level], new: Mapping[str, Level]) -> bool:
    return all(known.get(name, Level.NOTHING) >= level for name, level in new.items())


def _joined(one: Mapping[str, Level], other: Mapping[str, Level]) -> Held:
    return {name: max(one.get(name, Level.NOTHING), other.get(name, Level.NOTHING)) for name in {*one, *other}}
