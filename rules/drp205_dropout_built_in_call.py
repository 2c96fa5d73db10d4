"""
# dropout-built-in-call (DRP205)

## What it does
Finds a dropout layer that is built and called inside `forward`, or inside what `forward` calls:
`nn.Dropout(0.5)(x)`.

## Why is this bad?
A fresh module is in train mode, and nobody puts it into eval mode before it is called.  It is not registered with
the model either, so `model.eval()` cannot reach it: predictions are random.

## Example
```python
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return nn.Dropout(0.5)(x)
```

## Use instead
```python
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)
```

## When it stays silent
Outside of classes that are certainly `nn.Module`, and in methods that `forward` does not reach; where the layer is
stored on `self`, put into a mode, or stands under a condition that may ask for the mode; where the rate depends on the
mode or is 0.  Dropout of other frameworks, which is built this way on purpose.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
Where `torch.nn.functional` is imported, the fix calls `F.dropout(x, p, training=self.training)`.  It is unsafe,
because results of the model in eval mode change; that is the point.

## At run time
A dropout module runs that is not registered below the model.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import TorchCall, torch_call
from dropout_lint.pytorch.inference_sites import inference_site
from dropout_lint.triggers import calls


class DropoutBuiltInCall(Rule):
    code = "DRP205"
    name = "dropout-built-in-call"
    since = "0.1.0"
    message = "`{call}` is built anew on each call, in train mode, where `eval()` does not reach it: dropout stays on"
    help = "build it in `__init__`, or use `F.dropout(..., training=self.training)`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.LAYERS

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.LAYER:
            return
        use = self._use_of(node)
        if use is None:
            return
        site = inference_site(self.source, call)
        if site is not None:
            fix = self._fix(call, use) if site.has_self else None
            self.report(node, call=call.spelling, confidence=site.confidence, notes=site.notes(self), fix=fix)

    def _use_of(self, node: ast.Call) -> ast.Call | None:
        """The call of the layer that ``node`` builds, if it is called right there or through one local name."""
        above = self.source.parent(node)
        if isinstance(above, ast.Call) and above.func is node:
            return above
        if not (isinstance(above, ast.Assign) and len(above.targets) == 1 and isinstance(above.targets[0], ast.Name)):
            return None
        name = above.targets[0]
        scope, bindings = self.names.lookup(name.id, name)
        if len(bindings) != 1 or isinstance(scope, (ast.Module, ast.ClassDef)):
            return None
        uses = [
            part for part in ast.walk(scope) if isinstance(part, ast.Name) and part.id == name.id and part is not name
        ]
        calls = [self.source.parent(use) for use in uses]
        called = [call for call, use in zip(calls, uses) if isinstance(call, ast.Call) and call.func is use]
        return called[0] if called and len(called) == len(uses) else None

    def _fix(self, call: TorchCall, use: ast.Call) -> Fix | None:
        """Only for ``nn.Dropout(p)(x)`` on one line, in a file that has ``torch.nn.functional`` at hand."""
        if use.func is not call.node or call.callee.name != "torch.nn.Dropout" or len(use.args) != 1 or use.keywords:
            return None
        functional = self._functional()
        if functional is None or isinstance(use.args[0], ast.Starred) or use.end_lineno != use.lineno:
            return None
        if call.arguments.open or any(name != "p" for name in call.arguments.by_name):
            return None
        rate = "" if call.rate is None else f" p={self.source.segment(call.rate)},"
        content = f"{functional}.dropout({self.source.segment(use.args[0])},{rate} training=self.training)"
        return self.fix("Call the function", self.edits.replace(use, content), Applicability.UNSAFE)

    def _functional(self) -> str | None:
        """What the file calls ``torch.nn.functional``."""
        bindings = self.names.bindings_in(self.source.tree).by_name
        for name, found in sorted(bindings.items()):
            if len(found) == 1 and found[0].dotted == "torch.nn.functional":
                return name
        return None
