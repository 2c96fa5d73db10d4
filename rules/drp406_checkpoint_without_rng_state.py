"""
# checkpoint-without-rng-state (DRP406)

## What it does
Finds `checkpoint(..., preserve_rng_state=False)` of a part that has dropout.

## Why is this bad?
Activation checkpointing runs the forward pass twice.  Without the saved state of the random generator the second
run draws other dropout masks than the first, and the gradients belong to a network that never made the prediction.

## Example
```python
from torch import nn
from torch.utils.checkpoint import checkpoint


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.1))

    def forward(self, x):
        return checkpoint(self.body, x, preserve_rng_state=False, use_reentrant=False)
```

## Use instead
```python
from torch import nn
from torch.utils.checkpoint import checkpoint


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.1))

    def forward(self, x):
        return checkpoint(self.body, x, use_reentrant=False)
```

## When it stays silent
Where the part that is checkpointed has no dropout of torch; if what it is cannot be seen, where the class has none; and
for the default, which keeps the state.

## Fix safety
The fix removes the argument.  It is safe: results of the forward pass stay, gradients become right.

## At run time
Nothing can be seen from outside.

## References
- `torch.utils.checkpoint`: https://docs.pytorch.org/docs/stable/checkpoint.html
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import DROPOUT
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.pytorch.dropping_parts import certainly_drops
from dropout_lint.triggers import calls

_CHECKPOINTS = tuple(
    f"torch.utils.{module}{name}" for module in ("checkpoint.", "") for name in ("checkpoint", "checkpoint_sequential")
)


class CheckpointWithoutRngState(Rule):
    code = "DRP406"
    name = "checkpoint-without-rng-state"
    since = "0.1.0"
    message = "Recomputation draws other dropout masks than the forward pass, and the gradients are wrong"
    help = "leave out `preserve_rng_state=False`"
    severity = Severity.ERROR
    fixable = Applicability.SAFE
    triggers = calls.CHECKPOINT

    def visit_Call(self, node: ast.Call) -> None:
        keyword = next((keyword for keyword in node.keywords if keyword.arg == "preserve_rng_state"), None)
        if keyword is None or not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            return
        if self.names.resolve(node.func) not in _CHECKPOINTS:
            return
        around = self.classes.around(node)
        if around is None or not node.args:
            return
        drops = certainly_drops(self.source, node.args[0])
        if drops is None:
            drops = any(self._is_dropout(part) for part in ast.walk(around[0].node))
        if not drops:
            return
        edits = self.edits.remove_argument(node, keyword.value)
        self.report(keyword, fix=self.fix("Keep the state", edits, Applicability.SAFE))

    def _is_dropout(self, part: ast.AST) -> bool:
        call = torch_call(self.source, part) if isinstance(part, ast.Call) else None
        if call is None or call.callee.kind not in DROPOUT:
            return False
        folded = None if call.rate is None else self.constants.fold(call.rate)
        return folded is None or bool(folded.value)
