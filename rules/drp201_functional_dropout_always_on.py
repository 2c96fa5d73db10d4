"""
# functional-dropout-always-on (DRP201)

## What it does
Finds `F.dropout(x)` and its 1d, 2d and 3d forms in a module's `forward`, or in what `forward` calls, without the
`training` argument: in methods, functions of the same file and lambdas, and by way of `partial(F.dropout, p=0.3)` or
`F.dropout` itself, where these are kept, also in a list or dict, and called later.

## Why is this bad?
`training` defaults to `True`, and a function has no mode: `model.eval()` does not reach it.  The model goes on
dropping in validation and in production, so its outputs are random and its measured scores too low.

## Example
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 2)

    def forward(self, x):
        return self.linear(F.dropout(x, 0.3))
```

## Use instead
```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 2)

    def forward(self, x):
        return self.linear(F.dropout(x, 0.3, training=self.training))
```

## When it stays silent
Outside of classes that are certainly `nn.Module`, and in methods that neither `forward` nor anything it calls mentions,
or mentions in training only.  Under any condition that may ask for the mode, however it is spelt: `if self.training`,
an early return, a boolean parameter, a local computed before, a stage.  A parameter is no condition if every call, in
this file and in those that import it, leaves it on, and no call can be external.  Where the rate is zero in
evaluation, comes from a parameter of a method (the caller owns it), or is certainly 0.  A function outside of the
class is followed if it is at the top level of the file and is called by its name there.  Where names or comments
nearby say that dropout is meant to stay on (a Tacotron pre-net, Monte Carlo dropout).  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix adds `training=self.training`.  It is unsafe, because results of the model in eval mode change; that is the
point.

## At run time
The monitor sees the dropout drop while the module that called it is in eval mode, and names module and line.

## References
- `torch.nn.functional.dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
"""

import ast

from dropout_lint.finding import Applicability, Severity
from dropout_lint.knowledge.torch_api import Callee, CalleeKind, callee
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.pytorch.inference_sites import InferenceSite, inference_site, may_drop_when_built, site_at
from dropout_lint.pytorch.stored_functions import calls_of_stored, stored_function
from dropout_lint.syntax.arguments import bind
from dropout_lint.triggers import calls


class FunctionalDropoutAlwaysOn(Rule):
    code = "DRP201"
    name = "functional-dropout-always-on"
    since = "0.1.0"
    message = "`{call}` ignores `eval()`, because `training` defaults to `True`: dropout stays on"
    help = "pass `training=self.training`"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = calls.FUNCTIONAL | calls.KEPT_FUNCTION

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or not _follows_a_flag(call.callee) or not call.arguments.omits("training"):
            return
        site = inference_site(self.source, call)
        if site is None:
            return
        fix, cure = None, None
        if site.way:
            cure = "take the mode as a parameter, and pass it as `training`"
        elif site.has_self:
            edits = self.edits.add_argument(node, "training=self.training")
            fix = self.fix("Pass `training=self.training`", edits, Applicability.UNSAFE)
        self.report(node, call=call.spelling, help=cure, confidence=site.confidence, notes=site.notes(self), fix=fix)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._judge_kept(node)

    def visit_Name(self, node: ast.Name) -> None:
        self._judge_kept(node)

    def _judge_kept(self, node: ast.Attribute | ast.Name) -> None:
        """Report a dropout function that is not called here but kept, and called later without the mode."""
        above = self.source.parent(node)
        if isinstance(above, ast.Attribute) or (isinstance(above, ast.Call) and above.func is node):
            return
        known = callee(self.names.resolve(node)) if isinstance(node.ctx, ast.Load) else None
        if known is None or not _follows_a_flag(known):
            return
        found = self._call_without_mode(node, known)
        if found is not None:
            use, site = found
            self.report(
                node,
                call=self.source.segment(node),
                help="pass `training=self.training` where it is called, or keep an `nn.Dropout`",
                confidence=site.confidence,
                notes=[self.note("it is called here", use), *site.notes(self)],
            )

    def _call_without_mode(
        self, node: ast.Attribute | ast.Name, known: Callee
    ) -> tuple[ast.Call, InferenceSite] | None:
        stored = stored_function(self.source, node)
        if stored is None or (isinstance(stored.target, ast.Name) and stored.given is None and not stored.is_element):
            return None  # another name of the function is seen through where it is called
        given = {} if stored.given is None else {keyword.arg: keyword.value for keyword in stored.given.keywords}
        if "training" in given or None in given or (stored.given is not None and len(stored.given.args) > 1):
            return None
        for use in calls_of_stored(self.source, stored):
            arguments = bind(use, known.parameters)
            rate = arguments.get("p") or given.get("p")
            site = site_at(self.source, use) if arguments.omits("training") else None
            if site is not None and may_drop_when_built(self.source, rate):
                return use, site
        return None


def _follows_a_flag(known: Callee) -> bool:
    """Whether ``known`` is a function that drops unless it is told not to."""
    return known.kind is CalleeKind.FUNCTION and "alpha" not in known.name
