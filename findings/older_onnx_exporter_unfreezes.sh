#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
# Behaviour: torch.onnx.export(dynamo=False) switches the model to eval mode for the export and afterwards puts every submodule into the mode of the root: a
#            batch norm that was frozen with eval() inside a model in train mode comes back in train mode.
# Guess:     Every submodule gets its own mode back.
# Seen:      Before: root train, batch norm eval. After: both train; the next training step moves the frozen running mean.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib, io
import onnx, torch

def export(model, *inputs, **options):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(model, inputs, "model.onnx", **options)
    return onnx.load("model.onnx")

model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))
model[1].eval()
export(model, torch.ones(2, 4), dynamo=False)
modes = (model.training, model[1].training)
model(torch.randn(2, 4) + 3)
print("root and batch norm in train mode:", modes, "batches counted:", model[1].num_batches_tracked.item())
assert modes == (True, True) and model[1].num_batches_tracked.item() == 1
PYTHON
