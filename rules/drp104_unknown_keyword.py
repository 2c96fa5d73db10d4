"""
# unknown-keyword (DRP104)

## What it does
Finds keyword arguments that torch's dropout does not have: `nn.Dropout(rate=0.3)`, `F.dropout(x, keep_prob=0.9)`.

## Why is this bad?
Torch's parameter is called `p`.  `rate` is Keras and Flax, `prob` and `keep_prob` are old TensorFlow; torch raises
a `TypeError`, for a functional call not before the line runs.

## Example
```python
from torch import nn

drop = nn.Dropout(rate=0.3)
```

## Use instead
```python
from torch import nn

drop = nn.Dropout(p=0.3)
```

## When it stays silent
Where the callable is not certainly torch's: a class of the project, Keras, Flax, Paddle, MindSpore, MLX.  Code
under `pytest.raises` is meant to fail.

## Fix safety
`rate=`, `prob=`, `drop_prob=` and their like become `p=`, which is safe: the call raised before.  `keep_prob=v`
becomes `p=1 - v`, which is unsafe: check that `v` really is the probability to keep.

## At run time
Torch raises `TypeError: Dropout.__init__() got an unexpected keyword argument 'rate'`.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast
import re

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.knowledge.torch_api import DROPOUT, CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import TorchCall, expects_error, torch_call
from dropout_lint.triggers import calls

_DROP = re.compile(
    r"p_?drop|d?rate|ratio|prob(?:ability|s)?|p|(?:p_)?drop(?:out|_?path)?(?:_?(?:rate|ratio|p|prob|probability))?"
)

_KEEP = re.compile(r"(?:dropout_?)?(?:keep|retain)(?:_?(?:rate|ratio|p|prob|probability))?")


class UnknownKeyword(Rule):
    code = "DRP104"
    name = "unknown-keyword"
    since = "0.1.0"
    message = "`{call}` has no parameter `{keyword}`, and raises TypeError"
    help = "{cure}"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    some_fixes_safe = True
    triggers = calls.LAYERS | calls.FUNCTIONAL

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind not in DROPOUT or not call.arguments.unknown:
            return
        if expects_error(self.source, node):
            return
        for keyword in call.arguments.unknown:
            self.report(
                keyword,
                call=call.spelling,
                keyword=keyword.arg,
                cure=self._cure(call, keyword),
                fix=self._fix(call, keyword),
            )

    def _cure(self, call: TorchCall, keyword: ast.keyword) -> str:
        name = keyword.arg or ""
        if call.callee.kind is CalleeKind.LAYER and name in ("training", "train"):
            return "leave it out: the layer follows `train()` and `eval()`"
        if _KEEP.fullmatch(name) and call.rate is None:
            return "write `p=`, with the probability to drop: one minus the probability to keep"
        if _DROP.fullmatch(name) and call.rate is None:
            return "write `p=`"
        return f"its parameters are {', '.join(f'`{parameter}`' for parameter in call.callee.parameters)}"

    def _fix(self, call: TorchCall, keyword: ast.keyword) -> Fix | None:
        if call.rate is not None or call.arguments.open or len(call.arguments.unknown) > 1:
            return None
        if _KEEP.fullmatch(keyword.arg or ""):
            kept = self.source.segment(keyword.value)
            if not isinstance(keyword.value, (ast.Name, ast.Attribute, ast.Constant, ast.Call, ast.Subscript)):
                kept = f"({kept})"
            edits = self.edits.replace_argument(call.node, keyword.value, f"p=1 - {kept}")
            return self.fix(f"Write `p=1 - {kept}`", edits, Applicability.UNSAFE)
        if _DROP.fullmatch(keyword.arg or ""):
            edits = self.edits.rename_keyword(call.node, keyword, "p")
            return self.fix("Write `p=`", edits, Applicability.SAFE)
        return None
