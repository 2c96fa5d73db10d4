"""
# home-made-dropout-always-on (DRP214)

## What it does
Finds a module of the project that is called after dropout, draws a random mask in `forward`, and never asks for the
mode: `class WordDropout(nn.Module)` with `torch.rand(...)` and no `self.training`.

## Why is this bad?
`eval()` has nothing to switch off: the model goes on dropping in validation and in production, so its outputs are
random and its measured scores too low.

## Example
```python
import torch
from torch import nn


class WordDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        kept = torch.rand(x.shape[:2], device=x.device) >= self.p
        return x * kept.unsqueeze(-1)
```

## Use instead
```python
import torch
from torch import nn


class WordDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        kept = torch.rand(x.shape[:2], device=x.device) >= self.p
        return x * kept.unsqueeze(-1)
```

## When it stays silent
Where the class or a base of it names the mode in any spelling, or has a base that cannot be seen; where a condition
may keep the draw from running in evaluation, a parameter of `forward` included; where the file calls it under such a
condition; where names or comments say that dropout is meant to stay on, or speak of noise, augmentation or Monte Carlo;
and in [test files](../docs/command-line.md#test-files).  The evidence is medium: other files may call the module in
training only.

## Fix safety
There is no fix: what `forward` should return in eval mode is yours to say.

## At run time
The module gives other outputs in each run in eval mode.

## References
- `torch.nn.Module.training`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

import ast
import re

from dropout_lint.finding import Confidence
from dropout_lint.knowledge.vocabulary import names_mode
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.inference_sites import is_intended
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.syntax.node_tests import attribute_of_self, last_name
from dropout_lint.triggers import classes

_DROPS = re.compile(classes.DROPS)
_DRAWS_HERE = frozenset(["bernoulli", "bernoulli_", "uniform_", "rand", "rand_like"])
_DRAWS_THERE = re.compile(r"random\.(?:random|uniform)|numpy\.random\.(?:rand|random|uniform|binomial|random_sample)")


class HomeMadeDropoutAlwaysOn(Rule):
    code = "DRP214"
    name = "home-made-dropout-always-on"
    since = "0.1.0"
    message = "`{owner}` draws its mask in every mode: `eval()` does not switch it off"
    help = "return the input as it is where `self.training` is false"
    triggers = classes.HOME_MADE

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if _DROPS.fullmatch(node.name) is None or self.is_test:
            return
        facts = self.classes.facts(node)
        if not facts.is_module or not facts.is_closed or any(map(_names_the_mode, facts.ancestry)):
            return
        for name, method in facts.methods.items():
            if name in facts.reached_in_evaluation and name != "__init__":
                draw = next((part for part in ast.walk(method) if self._draws(part)), None)
                if isinstance(draw, ast.Call):
                    if not self.guards.may_guard(draw) and not is_intended(self.source, draw, facts, method):
                        if not self._is_called_under_a_guard(node.name):
                            self.report(draw, owner=node.name, confidence=Confidence.MEDIUM)
                    return

    def _draws(self, part: ast.AST) -> bool:
        """Whether ``part`` draws random numbers of which a mask is made."""
        if not isinstance(part, ast.Call):
            return False
        dotted = self.names.resolve(part.func)
        if dotted is not None and not dotted.startswith("torch."):
            return _DRAWS_THERE.fullmatch(dotted) is not None
        return last_name(part.func) in _DRAWS_HERE

    def _is_called_under_a_guard(self, owner: str) -> bool:
        """Whether some class of the file builds one, and calls it where a condition may ask for the mode."""
        for facts in self.classes.all:
            held = {
                name
                for name in facts.stored_names
                for _, store in facts.stores(name)
                if store.value is not None and _builds(store.value, owner)
            }
            for method in facts.methods.values():
                for part in ast.walk(method):
                    if isinstance(part, ast.Call) and attribute_of_self(part.func) in held:
                        if self.guards.may_guard(part):
                            return True
        return False


def _builds(value: ast.expr, owner: str) -> bool:
    return any(isinstance(part, ast.Call) and last_name(part.func) == owner for part in ast.walk(value))


def _names_the_mode(facts: ClassModel) -> bool:
    return any(
        names_mode(part.attr)
        if isinstance(part, ast.Attribute)
        else names_mode(part.id)
        if isinstance(part, ast.Name)
        else isinstance(part, ast.arg) and names_mode(part.arg)
        for part in ast.walk(facts.node)
    )
