"""A control-flow graph as text, for tests and for people."""

from __future__ import annotations

import ast

from dropout_lint.typestate.cfg.builder import Graph, Step, StepKind


def draw(graph: Graph) -> str:
    """One line for each block: its name, its steps, and where it leads."""
    lines = []
    for block in graph.blocks:
        name = {graph.entry.index: "entry", graph.exit.index: "exit"}.get(block.index, str(block.index))
        steps = "; ".join(_step(step) for step in block.steps)
        edges = []
        for target, outcome in block.edges:
            word = "" if outcome is None else f" if {str(outcome).lower()}"
            edges.append(("exit" if target is graph.exit else str(target.index)) + word)
        lines.append(f"{name}: {steps}" + (f" -> {', '.join(edges)}" if edges else ""))
    return "\n".join(line.replace(":  ->", ": ->").rstrip() for line in lines)


def _step(step: Step) -> str:
    node = step.node
    if step.kind in (StepKind.FIRST, StepKind.NEXT):
        assert isinstance(node, (ast.For, ast.AsyncFor))
        return f"{step.kind.value} {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
    if step.kind is StepKind.CATCH:
        assert isinstance(node, ast.ExceptHandler)
        return f"catch {ast.unparse(node.type) if node.type else 'everything'}"
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return f"define {node.name}"
    text = ast.unparse(node).partition("\n")[0]
    return text if step.kind is StepKind.RUN else f"{step.kind.value} {text}"
