"""TorchScript code followed without running it: which operators would a call of ``forward`` reach, in which mode?

Scripted code keeps its conditions: `if self.training`, `dropout_p = 0.0`, a flag passed through three functions.  So
the code is followed as the real interpreter would, with what the file knows (constants, the attributes of its objects)
and `UNKNOWN` for all else, tensors first of all.  Of an unknown condition both branches are followed.  Nothing is
computed but comparisons of constants; no operator of torch is called.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from dropout_lint.artifacts.readers.inert import Instance
from dropout_lint.artifacts.readers.limits import STEPS
from dropout_lint.artifacts.readers.stored_modules import class_of
from dropout_lint.artifacts.torchscript.code import Code, Function
from dropout_lint.artifacts.torchscript.values import (
    PLAIN,
    Named,
    OutOfSteps,
    Reached,
    ScriptObject,
    compared,
    element,
    joined,
    qualified,
)
from dropout_lint.artifacts.values.evidence import Place
from dropout_lint.artifacts.values.operators import OPERATORS, RANDOM, UNKNOWN, named

_CALLS = 60  # deep
_MANGLED = re.compile(r"^__torch__\.|\b___torch_mangle_\d+\.")


class _Returned(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class Interpreter:
    """Follows one call; ``reached`` collects the operators.

    ``training`` replaces every `training` flag; None leaves them as the file stores them.  ``locate`` gives the
    user's line for a place in the code.
    """

    def __init__(self, code: Code, training: bool | None, locate: Callable[[str, ast.AST], Place | None]) -> None:
        self.reached: list[Reached] = []
        self._code = code
        self._training = training
        self._locate = locate
        self._steps = 0
        self._sure = True
        self._frames: list[tuple[str, ast.AST, ScriptObject | None]] = []

    def run(self, root: Instance, method: str = "forward") -> None:
        """Follow ``root.method(...)`` with unknown arguments.  Raises `OutOfSteps` where the code is too long."""
        try:
            self._call_method(ScriptObject(root, ""), method, [], {})
        except RecursionError:
            raise OutOfSteps from None

    def _call_method(self, target: ScriptObject, method: str, positional: list[Any], keywords: dict[str, Any]) -> Any:
        cls = self._code.classes.get(qualified(target.stored))
        function = cls.methods.get(method) if cls else None
        return UNKNOWN if function is None else self._call(function, [target, *positional], keywords, target)

    def _call(
        self, function: Function, positional: list[Any], keywords: dict[str, Any], owner: ScriptObject | None
    ) -> Any:
        if len(self._frames) >= _CALLS:
            raise OutOfSteps
        given = {**dict(zip(function.parameters, positional)), **keywords}
        missing = {
            name: self._evaluate(default, {}) for name, default in function.defaults.items() if name not in given
        }
        unknown = dict.fromkeys(function.parameters, UNKNOWN)
        self._frames.append((function.entry, function.body[0], owner))
        try:
            self._block(function.body, {**unknown, **missing, **given})
        except _Returned as result:
            return result.value
        finally:
            self._frames.pop()
        return None

    def _operator(self, name: str, positional: list[Any], keywords: dict[str, Any]) -> None:
        found = OPERATORS.get(name)
        arguments = {**named(found, positional), **keywords} if found else {}
        owner = next((frame[2] for frame in reversed(self._frames) if frame[2] is not None), None)
        path, cls = (owner.path, class_of(owner.stored)) if owner else ("", None)
        plain = _MANGLED.sub("", cls.dotted) if cls else ""
        self.reached.append(Reached(name, found, arguments, path, plain, self._place(), self._sure))

    def _place(self) -> Place | None:
        """The innermost line of a caller that is the user's."""
        for entry, call, _ in reversed(self._frames):
            place = self._locate(entry, call)
            if place is not None:
                return place
        return None

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > STEPS:
            raise OutOfSteps

    def _block(self, statements: Sequence[ast.stmt], names: dict[str, Any]) -> None:
        for statement in statements:
            self._statement(statement, names)

    def _statement(self, statement: ast.stmt, names: dict[str, Any]) -> None:
        match statement:
            case ast.Assign(targets=[target], value=value):
                self._assign(target, self._evaluate(value, names), names)
            case ast.Expr(value=value):
                self._evaluate(value, names)
            case ast.Return(value=value):
                raise _Returned(None if value is None else self._evaluate(value, names))
            case ast.If():
                self._if(statement, names)
            case ast.For() | ast.While():
                self._loop(statement, names)
            case ast.With(body=body):
                self._block(body, names)

    def _assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            known = type(value) is tuple and len(value) == len(target.elts)
            for number, part in enumerate(target.elts):
                self._assign(part, value[number] if known else UNKNOWN, names)

    def _if(self, statement: ast.If, names: dict[str, Any]) -> None:
        condition = self._evaluate(statement.test, names)
        if isinstance(condition, PLAIN):
            self._block(statement.body if condition else statement.orelse, names)
            return
        self._spend(len(names) // 10)  # for the copies
        before, sure = dict(names), self._sure
        self._sure = False
        returned: list[_Returned] = []
        ends: list[dict[str, Any]] = []
        for branch in (statement.body, statement.orelse):
            after = dict(before)
            try:
                self._block(branch, after)
                ends.append(after)
            except _Returned as result:
                returned.append(result)
        self._sure = sure
        if not ends:
            first, second = returned
            raise _Returned(joined(first.value, second.value))
        # Where only one branch returns, what follows may or may not be reached: torch does not print such code.
        for name in {name: None for end in ends for name in end}:
            values = [end.get(name, UNKNOWN) for end in ends]
            names[name] = values[0] if len(values) == 1 else joined(values[0], values[1])

    def _loop(self, statement: ast.For | ast.While, names: dict[str, Any]) -> None:
        """The body once, with all that it assigns unknown: what a later round would see."""
        self._evaluate(statement.iter if isinstance(statement, ast.For) else statement.test, names)
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names[node.id] = UNKNOWN
        sure, self._sure = self._sure, False
        try:
            self._block(statement.body, names)
        finally:
            self._sure = sure

    def _evaluate(self, node: ast.expr, names: dict[str, Any]) -> Any:
        self._spend(1)
        match node:
            case ast.Constant(value=value):
                return value if isinstance(value, PLAIN) else UNKNOWN
            case ast.Name(id=name):
                return names[name] if name in names else Named(name)
            case ast.Attribute(value=base, attr=attribute):
                return self._attribute(self._evaluate(base, names), attribute)
            case ast.Call():
                return self._evaluate_call(node, names)
            case ast.Tuple(elts=elements):  # a list may grow later: its elements are not known
                return tuple(self._evaluate(element, names) for element in elements)
            case ast.Subscript(value=base, slice=index):
                value, number = self._evaluate(base, names), self._evaluate(index, names)
                return element(value, number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value = self._evaluate(operand, names)
                return -value if type(value) in (int, float) else UNKNOWN
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._evaluate(child, names)
        return UNKNOWN

    def _attribute(self, base: Any, attribute: str) -> Any:
        if isinstance(base, Named):
            return Named(f"{base.dotted}.{attribute}")
        if not isinstance(base, ScriptObject):
            return UNKNOWN
        if attribute == "training" and self._training is not None:
            return self._training
        stored = base.stored.attributes
        if attribute in stored:
            value = stored[attribute]
            if class_of(value) is not None and qualified(value) in self._code.classes:
                return ScriptObject(value, f"{base.path}.{attribute}".lstrip(".")[:1000])
            return value if isinstance(value, PLAIN) else UNKNOWN
        cls = self._code.classes.get(qualified(base.stored))
        constant = cls.constants.get(attribute) if cls else None
        return UNKNOWN if constant is None else self._evaluate(constant, {})

    def _evaluate_call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        function = node.func
        if isinstance(function, ast.Name) and function.id not in names:
            if function.id in ("unchecked_cast", "annotate") and len(node.args) == 2:
                return self._evaluate(node.args[1], names)  # the first is a type
            if function.id == "getattr" and len(node.args) == 2:
                attribute = self._evaluate(node.args[1], names)
                base = self._evaluate(node.args[0], names)
                return self._attribute(base, attribute) if type(attribute) is str else UNKNOWN
            if function.id == "uninitialized":
                return UNKNOWN
        positional = [self._evaluate(argument, names) for argument in node.args]
        keywords = {key.arg: self._evaluate(key.value, names) for key in node.keywords if key.arg is not None}
        if self._frames:
            entry, _, owner = self._frames[-1]
            self._frames[-1] = (entry, node, owner)
        if isinstance(function, ast.Attribute):
            base = self._evaluate(function.value, names)
            if isinstance(base, ScriptObject):
                return self._call_method(base, function.attr, positional, keywords)
        target = self._evaluate(function, names)
        return self._call_named(target.dotted, positional, keywords) if isinstance(target, Named) else UNKNOWN

    def _call_named(self, dotted: str, positional: list[Any], keywords: dict[str, Any]) -> Any:
        function = self._code.functions.get(dotted)
        if function is not None:
            return self._call(function, positional, keywords, None)
        name = dotted.removeprefix("torch.").removeprefix("ops.aten.")
        if name in OPERATORS or name in RANDOM:
            self._operator(name, positional, keywords)
        return compared(dotted, positional)
