"""
# ignored-dropout-parameter (DRP109)

## What it does
Finds a constructor of an `nn.Module` that takes a dropout rate and never reads it.

## Why is this bad?
Whoever sets the rate, or tunes it, changes nothing.  The network has another dropout than its configuration says,
or none.

## Example
```python
from torch import nn


class Encoder(nn.Module):
    def __init__(self, width, dropout=0.1):
        super().__init__()
        self.linear = nn.Linear(width, width)
```

## Use instead
```python
from torch import nn


class Encoder(nn.Module):
    def __init__(self, width, dropout=0.1):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.drop = nn.Dropout(dropout)
```

## When it stays silent
Where the constructor reads no parameter at all (a stub), reads them by other means (`locals()`, `vars()`,
`save_hyperparameters`, any decorator that does more than to check types or to warn), or where a sibling class in
the file has the same parameters and does use the rate (a common signature); where the docstring or a comment says
that the argument is unused.  In [test files](../docs/command-line.md#test-files).  The rule is off by default: many
such parameters are kept for the sake of a common interface.

## Fix safety
There is no fix: only you know where the rate belongs.

## At run time
Nothing can be seen: the model has no trace of the rate.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast
import re

from dropout_lint.lint.rule import Rule
from dropout_lint.syntax.node_tests import Function
from dropout_lint.triggers import classes

_RATE = re.compile(r"^(?:\w+_)?(?:drop(?:out|path|_path|_rate|_prob|_p)?|p_drop(?:out)?)(?:_\w+)?$|^drop(?:out)?\w*$")
_READERS = frozenset(["locals", "vars", "save_hyperparameters", "register_to_config"])
_CHECKS = re.compile(r"^(?:\w+\.)*(?:typechecked|beartype|jaxtyped|validate_call|deprecat\w*)\b")
_UNUSED = re.compile(r"un-?used|not used|ignored|deprecated|compat|for consistency|no effect", re.IGNORECASE)


class IgnoredDropoutParameter(Rule):
    code = "DRP109"
    name = "ignored-dropout-parameter"
    since = "0.1.0"
    message = "`{parameter}` of `{owner}` is never read: whoever sets it changes nothing"
    help = "use it, or remove it"
    on = False
    triggers = classes.RATE_PARAMETER

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        owner = self.source.parent(node)
        if node.name != "__init__" or not isinstance(owner, ast.ClassDef) or self._is_seen_by_a_decorator(node):
            return
        if self.is_test or "Identity" in owner.name or not self.classes.facts(owner).is_module:
            return
        parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs][1:]
        read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        names = {parameter.arg for parameter in parameters}
        if not (names & read) or self._reads_by_other_means(node):
            return
        for parameter in parameters:
            if (
                _RATE.match(parameter.arg)
                and parameter.arg not in read
                and not self._is_excused(owner, node, parameter.arg)
            ):
                self.report(parameter, parameter=parameter.arg, owner=owner.name)

    @staticmethod
    def _is_seen_by_a_decorator(node: Function) -> bool:
        """Whether a decorator may read the arguments: one that checks types or warns does nothing with them."""
        return not all(_CHECKS.search(ast.unparse(decorator)) for decorator in node.decorator_list)

    def _reads_by_other_means(self, node: Function) -> bool:
        return any(
            (isinstance(part, ast.Name) and part.id in _READERS)
            or (isinstance(part, ast.Attribute) and part.attr in _READERS)
            for part in ast.walk(node)
        )

    def _is_excused(self, owner: ast.ClassDef, node: Function, parameter: str) -> bool:
        """Whether the text says that the parameter is unused, or a sibling with the same signature uses it."""
        last = node.body[0].lineno
        head = self.source.lines[owner.lineno - 1 : last]
        told = f"{ast.get_docstring(owner) or ''}\n{ast.get_docstring(node) or ''}\n{''.join(head)}"
        if any(parameter in line and _UNUSED.search(line) for line in told.splitlines()):
            return True
        signature = [argument.arg for argument in node.args.args]
        for facts in self.classes.all:
            other = facts.methods.get("__init__")
            if other is not None and other is not node and [argument.arg for argument in other.args.args] == signature:
                if any(isinstance(part, ast.Name) and part.id == parameter for part in ast.walk(other)):
                    return True
        return False
