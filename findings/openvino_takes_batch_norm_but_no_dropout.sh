#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 openvino==2026.4.1
# Behaviour: OpenVINO refuses an ONNX Dropout in training mode with an error, but takes an ONNX BatchNormalization in training mode and computes statistics of
#            the batch: the half of a train-mode export that shows least is the half that gets through.
# Guess:     Dropout is read as identity; batch norm in training mode is refused.
# Seen:      OpConversionFailure for Dropout; the batch norm's output equals torch's in train mode, to 1e-6, and differs from eval mode.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 openvino==2026.4.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib, io, copy
import numpy, onnx, openvino, torch
from torch import nn

def export(model, *inputs, **options):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(model, inputs, "model.onnx", **options)
    return onnx.load("model.onnx")

older = dict(dynamo=False, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
export(nn.Sequential(nn.Dropout(0.5), nn.Linear(16, 16)), torch.ones(4, 16), **older)
try:
    openvino.convert_model("model.onnx")
    dropout = "taken"
except Exception as error:
    dropout = type(error).__name__
norm, x = nn.Sequential(nn.ReLU(), nn.BatchNorm1d(16)), torch.randn(4, 16)
export(norm, x, **older)
output = torch.from_numpy(openvino.compile_model(openvino.convert_model("model.onnx"), "CPU")(x.numpy())[0])
seen = (dropout, torch.allclose(output, copy.deepcopy(norm).train()(x), atol=1e-5), torch.allclose(output, norm.eval()(x), atol=1e-2))
print("dropout; batch norm as in train mode, as in eval mode:", seen)
assert seen == ("OpConversionFailure", True, False)
PYTHON
