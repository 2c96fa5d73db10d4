#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 executorch==1.5.1
# Behaviour: ExecuTorch's to_edge refuses a batch norm that was exported in train mode, because of an operator that is "not in Core ATen opset"; exported in
#            eval mode the same layer passes, and exported in train mode dropout passes.
# Guess:     It passes, with the update of the running statistics as a mutation.
# Seen:      SpecViolationError that names _native_batch_norm_legit_functional and advises compile options, torch.no_grad() or an issue, not eval().
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 executorch==1.5.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import copy
import torch
from executorch.exir import to_edge

model, x = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.BatchNorm1d(16)), torch.randn(4, 16)

def answer(module):
    try:
        to_edge(torch.export.export(module, (x,)))
        return "passes"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

train, evaluation = answer(copy.deepcopy(model)), answer(model.eval())
print(evaluation, "|", train)
assert evaluation == "passes"
assert "SpecViolationError" in train and "_native_batch_norm_legit_functional" in train
assert "eval()" not in train
PYTHON
