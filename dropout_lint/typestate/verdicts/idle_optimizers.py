"""Optimizers that nothing ever steps: a script that only predicts copied how training makes and loads them."""

from __future__ import annotations

import ast
import re

from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.library_facts import is_optimizer


def without_idle_optimizers(source: SourceFile) -> str | None:
    """The text of ``source`` without the statements that make an optimizer and load its state, where no other line
    speaks of that optimizer; None if there is no such optimizer.
    """
    made: dict[str, list[ast.stmt]] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            maker = names_of(source).resolve(node.value.func)
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if maker is not None and is_optimizer(maker) and len(targets) == len(node.targets):
                for target in targets:
                    made.setdefault(target, []).append(node)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute) and function.attr == "load_state_dict":
                if isinstance(function.value, ast.Name) and function.value.id in made:
                    made[function.value.id].append(node)
    every = lines = source.lines
    for name, statements in made.items():
        kept = _without(lines, statements)
        if not any(re.search(rf"\b{name}\b", line) for line in kept):
            lines = kept
    return None if lines is every else "".join(lines)


def _without(lines: list[str], statements: list[ast.stmt]) -> list[str]:
    left_out = {line for each in statements for line in range(each.lineno - 1, each.end_lineno or each.lineno)}
    return ["" if number in left_out else line for number, line in enumerate(lines)]
