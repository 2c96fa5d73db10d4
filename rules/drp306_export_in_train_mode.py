"""
# export-in-train-mode (DRP306)

## What it does
Finds `torch.jit.trace`, `torch.export.export`, `torch.export.draft_export` and `torch.onnx.export` of a module in train
mode.

## Why is this bad?
A trace records what runs.  In train mode that is active dropout and batch norm on batch statistics, and they are part
of the artefact from then on: `eval()` on the loaded module does not switch them off, or is refused.

## Example
```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
program = torch.export.export(model, (torch.rand(3, 4),))
```

## Use instead
```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
model.eval()
program = torch.export.export(model, (torch.rand(3, 4),))
```

## When it stays silent
For `torch.onnx.export` with `dynamo=False`: the older exporter switches to eval mode itself.  With
`training=TrainingMode.TRAINING` or `PRESERVE`, which ask for train mode; `TrainingMode.EVAL` is no excuse, because
the exporter that is the default since torch 2.9 ignores it.  For `torch.onnx.export` of a module in which only batch
norm depends on the mode: that exporter writes batch norm as in eval mode.  For `torch.jit.script`, which keeps the
switch.  Where the mode is not certain, or nothing in the module depends on it.  For `torch.onnx.export` of random
weights, neither loaded nor trained: then the graph is looked at.  In [test
files](../docs/command-line.md#test-files).

## Fix safety
The fix calls `eval()` before the export.  It is unsafe, because the artefact changes; that is the point.

## At run time
An export is called while the module is in train mode, or active dropout is found in an exported artefact.

## References
- `torch.export`: https://docs.pytorch.org/docs/stable/export.html
- `torch.onnx.export`: https://docs.pytorch.org/docs/stable/onnx.html; `dynamo=True` is the default since torch 2.9;
  what it does with `training=` and with batch norm was run with torch 2.13
"""

from dropout_lint.finding import Applicability, Fix, Severity
from dropout_lint.triggers import modes
from dropout_lint.typestate.verdicts.mode_rule import Misuse, Misused, ModeRule, Place


class ExportInTrainMode(ModeRule):
    code = "DRP306"
    name = "export-in-train-mode"
    since = "0.1.0"
    message = "`{model}` is in train mode when it is exported, so the artefact keeps {layers} as in training"
    help = "call `{target}.eval()` before"
    severity = Severity.ERROR
    fixable = Applicability.UNSAFE
    triggers = modes.EXPORT
    misuse = Misuse.EXPORT_IN_TRAIN

    def fix_for(self, misused: Misused, place: Place) -> Fix | None:
        return self.eval_before(misused, place)
