#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
# Behaviour: A default onnxruntime session removes a Dropout with training_mode=true only when it lies between two nodes. One that reads a graph input
#            (dropout on the features) or an initializer (dropout on an embedding table) stays and draws a new mask in each run, as does one whose output is a
#            graph output.
# Guess:     A default session removes it everywhere but at a graph output.
# Seen:      Linear-Dropout-Linear: always the same. Dropout-Linear, x + Dropout(parameter), Linear-Dropout: another result in each run. Exported with
#            optimize=False, for the exporter's own optimiser evaluates a dropout on a parameter.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib, io
import numpy, onnx, onnxruntime, torch
from torch import nn

def export(model, *inputs, **options):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(model, inputs, "model.onnx", **options)
    return onnx.load("model.onnx")

class OnParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.dropout = nn.Parameter(torch.ones(2, 16)), nn.Dropout(0.5)

    def forward(self, x):
        return x + self.dropout(self.table)

def random(model):
    export(model, torch.ones(2, 16), optimize=False)
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: numpy.ones((2, 16), numpy.float32)}
    first = session.run(None, feed)[0]
    return not all(numpy.array_equal(first, session.run(None, feed)[0]) for _ in range(5))

seen = {
    "between": random(nn.Sequential(nn.Linear(16, 16), nn.Dropout(0.5), nn.Linear(16, 16))),
    "on the input": random(nn.Sequential(nn.Dropout(0.5), nn.Linear(16, 16))),
    "on a parameter": random(OnParameter()),
    "at the output": random(nn.Sequential(nn.Linear(16, 16), nn.Dropout(0.5))),
}
print("random from run to run:", seen)
assert seen == {"between": False, "on the input": True, "on a parameter": True, "at the output": True}
PYTHON
