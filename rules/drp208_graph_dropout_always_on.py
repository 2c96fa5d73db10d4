"""
# graph-dropout-always-on (DRP208)

## What it does
Finds torch_geometric's `dropout_edge`, `dropout_node`, `dropout_path`, `dropout_adj`, `mask_feature` and
`add_random_edge` in a module's `forward`, or in what `forward` calls, without the `training` argument.

## Why is this bad?
`training` defaults to `True`, so that the graph is perturbed in evaluation too.  In contrastive learning that is
meant, so the rule is off by default; in a classifier it makes predictions random.

## Example
```python
from torch import nn
from torch_geometric.utils import dropout_edge


class Net(nn.Module):
    def forward(self, x, edge_index):
        edge_index, _ = dropout_edge(edge_index, p=0.2)
        return x, edge_index
```

## Use instead
```python
from torch import nn
from torch_geometric.utils import dropout_edge


class Net(nn.Module):
    def forward(self, x, edge_index):
        edge_index, _ = dropout_edge(edge_index, p=0.2, training=self.training)
        return x, edge_index
```

## When it stays silent
Outside of classes that are certainly `nn.Module`, in methods that `forward` does not reach, under any condition that
may ask for the mode, and where names or comments nearby speak of augmentation.  In
[test files](../docs/command-line.md#test-files).

## Fix safety
The fix adds `training=self.training`.  It is unsafe, because results of the model in eval mode change.

## At run time
The monitor sees random numbers drawn while the module is in eval mode (strict tier).

## References
- torch_geometric 2.8: `utils/_dropout.py`
"""

import ast

from dropout_lint.finding import Applicability
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.pytorch.inference_sites import inference_site
from dropout_lint.triggers import calls


class GraphDropoutAlwaysOn(Rule):
    code = "DRP208"
    name = "graph-dropout-always-on"
    since = "0.1.0"
    message = (
        "`{call}` ignores `eval()`, because `training` defaults to `True`: the graph is perturbed in evaluation too"
    )
    help = "pass `training=self.training`"
    on = False
    fixable = Applicability.UNSAFE
    triggers = calls.GRAPH

    def visit_Call(self, node: ast.Call) -> None:
        call = torch_call(self.source, node)
        if call is None or call.callee.kind is not CalleeKind.GRAPH or not call.arguments.omits("training"):
            return
        site = inference_site(self.source, call)
        if site is None:
            return
        edits = self.edits.add_argument(node, "training=self.training") if site.has_self else None
        fix = self.fix("Pass `training=self.training`", edits, Applicability.UNSAFE)
        self.report(node, call=call.spelling, confidence=site.confidence, fix=fix)
