"""The control-flow graph of one function or module: blocks of steps, and the edges between them.

A step is a simple statement, or one moment of a compound one: a test, the next element of a loop, the entry or exit of
a ``with``.  Nested functions and classes are single steps of the code around them.
"""

from __future__ import annotations

import ast
from typing import cast

from dropout_lint.syntax.node_tests import last_name
from dropout_lint.typestate.cfg.blocks import Block, Graph, Loop, Step, StepKind
from dropout_lint.typestate.cfg.simplify import without_empty
from dropout_lint.typestate.cfg.unroll import phases_of

__all__ = ["Block", "Graph", "Step", "StepKind", "build"]


def build(body: list[ast.stmt]) -> Graph:
    """The graph of ``body``, a list of statements."""
    return _Builder().build(body)


class _Builder:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.loops: tuple[Loop, ...] = ()
        # What to leave on the way out of a jump, the innermost last: ("with", item), ("finally", body), ("loop", ...).
        self.around: list[tuple[str, object]] = []
        self.exit = self._block()
        self.handlers: list[list[Block]] = []

    def build(self, body: list[ast.stmt]) -> Graph:
        entry = self._block()
        last = self._statements(body, entry)
        if last is not None:
            last.edges.append((self.exit, None))
        self.blocks.remove(self.exit)
        self.blocks.append(self.exit)
        return without_empty(Graph(entry, self.exit, self.blocks))

    def _block(self) -> Block:
        block = Block(self.loops)
        self.blocks.append(block)
        return block

    def _after(self, *ends: tuple[Block | None, bool | None]) -> Block | None:
        """A new block that these lead to; None if none of them ends."""
        live = [(end, outcome) for end, outcome in ends if end is not None]
        if not live:
            return None
        block = self._block()
        for end, outcome in live:
            end.edges.append((block, outcome))
        return block

    def _statements(self, body: list[ast.stmt], block: Block | None) -> Block | None:
        for statement in body:
            if block is None:
                return None  # unreachable code
            block = self._statement(statement, block)
        return block

    def _statement(self, node: ast.stmt, block: Block) -> Block | None:
        if isinstance(node, ast.If):
            block.steps.append(Step(StepKind.TEST, node.test))
            then = self._statements(node.body, self._after((block, True)))
            other = self._after((block, False))
            other = self._statements(node.orelse, other)
            return self._after((then, None), (other, None))
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            return self._loop(node, block)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            return self._with(node, block)
        if isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            return self._try(node, block)  # type: ignore[arg-type]
        if isinstance(node, ast.Match):
            return self._match(node, block)
        if isinstance(node, (ast.Break, ast.Continue)):
            self._leave_loop(block, "break" if isinstance(node, ast.Break) else "continue")
            return None
        block.steps.append(Step(StepKind.RUN, node))
        if _ends_the_program(node) and any(kind == "loop" for kind, _ in self.around):
            self._leave_loops(block)
            return None
        if isinstance(node, (ast.Return, ast.Raise)):
            if isinstance(node, ast.Raise) and self.handlers:
                for handler in self.handlers[-1]:
                    block.edges.append((handler, None))
                return None
            end = self._unwind(block, 0)
            if end is not None and isinstance(node, ast.Return):
                end.edges.append((self.exit, None))
            return None  # an exception that nobody catches ends the program, and all that we could say of it
        return block

    def _loop(self, node: Loop, block: Block) -> Block | None:
        if isinstance(node, ast.For) and (phases := phases_of(node)):
            return self._phases(node, phases, block)
        around = self.loops
        self.loops = (*around, node)
        head = self._block()
        first = head if isinstance(node, ast.While) else self._block()
        block.edges.append((first, None))
        if isinstance(node, ast.While):
            head.steps.append(Step(StepKind.TEST, node.test))
            into = self._after((head, True))
        else:
            first.steps.append(Step(StepKind.FIRST, node))
            head.steps.append(Step(StepKind.NEXT, node))
            into = self._after((first, True), (head, True))
        breaks: list[Block] = []
        self.around.append(("loop", (head, breaks)))
        body = self._statements(node.body, into)
        self.around.pop()
        if body is not None:
            body.edges.append((head, None))
        self.loops = around
        ends = [(head, False)] if first is head else [(first, False), (head, False)]
        other = self._statements(node.orelse, self._after(*ends))
        return self._after((other, None), *((end, None) for end in breaks))

    def _phases(self, node: ast.For, phases: list[ast.For], block: Block) -> Block | None:
        """One turn after the other: what is true of one phase is not of the next."""
        around = self.loops
        here: Block | None = block
        breaks: list[Block] = []
        for phase in phases:
            if here is None:
                break
            self.loops = (*around, phase)
            start = self._after((here, None))
            assert start is not None  # `here` lives
            start.steps.append(Step(StepKind.RUN, ast.copy_location(ast.Assign([phase.target], phase.iter), node)))
            end = self._block()
            self.blocks.remove(end)
            self.around.append(("loop", (end, breaks)))
            body = self._statements(phase.body, start)
            self.around.pop()
            self.blocks.append(end)
            if body is not None:
                body.edges.append((end, None))
            here = end
        self.loops = around
        other = self._statements(node.orelse, self._after((here, None)))
        return self._after((other, None), *((end, None) for end in breaks))

    def _leave_loop(self, block: Block, way: str) -> None:
        for depth in range(len(self.around) - 1, -1, -1):
            kind, data = self.around[depth]
            if kind == "loop":
                end = self._unwind(block, depth + 1)
                head, breaks = cast("tuple[Block, list[Block]]", data)
                if end is not None and way == "break":
                    breaks.append(end)
                elif end is not None:
                    end.edges.append((head, None))
                return

    def _leave_loops(self, block: Block) -> None:
        """The program ends here: no loop takes another turn.  What follows is kept, for what is known at the end."""
        outermost = next(depth for depth, (kind, _) in enumerate(self.around) if kind == "loop")
        end = self._unwind(block, outermost + 1)
        if end is not None:
            cast("tuple[Block, list[Block]]", self.around[outermost][1])[1].append(end)

    def _unwind(self, block: Block, depth: int) -> Block | None:
        """Run what a jump out of everything above ``depth`` runs on its way: ``with`` exits and ``finally`` bodies."""
        end: Block | None = block
        saved = self.around
        for index in range(len(saved) - 1, depth - 1, -1):
            kind, data = saved[index]
            self.around = saved[:index]
            if end is None:
                break
            if kind == "with":
                end.steps.append(Step(StepKind.EXIT, data))  # type: ignore[arg-type]
            elif kind == "finally":
                end = self._statements(data, self._after((end, None)))  # type: ignore[arg-type]
        self.around = saved
        return end

    def _with(self, node: ast.With | ast.AsyncWith, block: Block) -> Block | None:
        for item in node.items:
            block.steps.append(Step(StepKind.ENTER, item))
            self.around.append(("with", item))
        end = self._statements(node.body, block)
        for item in reversed(node.items):
            self.around.pop()
            if end is not None:
                end.steps.append(Step(StepKind.EXIT, item))
        return end

    def _try(self, node: ast.Try, block: Block) -> Block | None:
        start = self._after((block, None))
        if node.finalbody:
            self.around.append(("finally", node.finalbody))
        catching = [Block(self.loops) for _ in node.handlers]
        self.handlers.append(catching)
        first = len(self.blocks)
        body = self._statements(node.body, start)
        for inner in [start, *self.blocks[first:]]:
            if inner is not None:  # an exception may strike before any of its steps, or after the last
                block.edges.extend((handler, None) for handler in catching if (handler, None) not in block.edges)
                inner.edges.extend((handler, None) for handler in catching)
        self.handlers.pop()
        self.blocks += catching  # after the body, which leads to them
        body = self._statements(node.orelse, body)
        ends = [body]
        for handler, caught in zip(node.handlers, catching):
            caught.steps.append(Step(StepKind.CATCH, handler))
            ends.append(self._statements(handler.body, caught))
        if node.finalbody:
            self.around.pop()
        after = self._after(*((end, None) for end in ends))
        return self._statements(node.finalbody, after)

    def _match(self, node: ast.Match, block: Block) -> Block | None:
        block.steps.append(Step(StepKind.RUN, ast.copy_location(ast.Expr(node.subject), node)))
        ends: list[Block | None] = []
        complete = False
        for case in node.cases:
            taken = self._after((block, None))
            assert taken is not None  # `block` lives
            taken.steps.append(Step(StepKind.MATCH, case.pattern))
            ends.append(self._statements(case.body, taken))
            complete = case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
        if not complete:
            ends.append(block)
        return self._after(*((end, None) for end in ends))


def _ends_the_program(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    if last_name(function) not in ("exit", "quit", "_exit"):
        return False  # nearly all: spelling them out takes long
    return ast.unparse(function) in ("exit", "quit", "sys.exit", "os._exit")
