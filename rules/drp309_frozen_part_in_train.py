"""
# frozen-part-in-train (DRP309)

## What it does
Finds a module that freezes one of its parts in `__init__`, with `eval()` and without gradients, and does not override
`train`.

## Why is this bad?
The first `train()` on the whole, at the start of the first epoch, puts the frozen part back in train mode: its dropout
drops, and its batch norm learns new statistics although its weights are frozen.

## Example
```python
from torch import nn


class Net(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone
        self.backbone.eval()
        self.backbone.requires_grad_(False)
```

## Use instead
```python
from torch import nn


class Net(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone
        self.backbone.eval()
        self.backbone.requires_grad_(False)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self
```

## When it stays silent
Where the class, or a base of it, overrides `train`, or `forward` puts the part in eval mode itself; where the part is
not frozen as well.  It is off by default: the part may have no layer that depends on the mode.

## Fix safety
There is no fix.

## At run time
`dropout_lint.runtime.watch()` finds a part that is frozen by `requires_grad=False`, and in train mode when an optimizer
trains the rest.  The mode report shows the frozen part in train mode after `train()`.

## References
- `torch.nn.Module.train`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
"""

import ast

from dropout_lint.lint.rule import Rule
from dropout_lint.syntax.node_tests import attribute_of_self
from dropout_lint.triggers import modes


class FrozenPartInTrain(Rule):
    code = "DRP309"
    name = "frozen-part-in-train"
    since = "0.1.0"
    message = "`{part}` is frozen here, and the next `train()` on the whole puts it back in train mode"
    help = "override `train` and call `{part}.eval()` in it"
    on = False
    triggers = modes.PART_IN_EVAL

    def visit_Call(self, node: ast.Call) -> None:
        part = _part(node, "eval")
        around = self.classes.around(node)
        if part is None or around is None:
            return
        facts, method = around
        if method.name != "__init__" or not facts.is_module or facts.method("train") is not None:
            return
        forward = facts.method("forward")
        again = forward is not None and any(_part(call, "eval") == part for call in ast.walk(forward[1]))
        if not again and any(_freezes(each, part) for each in ast.walk(method)):
            self.report(node, part=f"self.{part}")


def _part(node: ast.AST, method: str) -> str | None:
    """The ``x`` in ``self.x.method()``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method):
        return None
    return attribute_of_self(node.func.value)


def _freezes(node: ast.AST, part: str) -> bool:
    """Whether ``node`` switches the gradients of ``self.part`` off: by `requires_grad_`, or in a loop over its
    parameters.
    """
    if isinstance(node, ast.Call) and _part(node, "requires_grad_") == part:
        return bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value is False
    if isinstance(node, ast.For) and _part(node.iter, "parameters") == part:
        return any(isinstance(each, ast.Attribute) and each.attr.startswith("requires_grad") for each in ast.walk(node))
    return False
