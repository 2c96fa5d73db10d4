#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
# Behaviour: The default ONNX exporter evaluates a Dropout whose input is a parameter, as dropout on an embedding table or on weights is: exported in train
#            mode, the file holds one mask, drawn at the export, multiplied into the parameter, and no Dropout node that would tell. optimize=False keeps the
#            node.
# Guess:     The Dropout node is in the file and draws anew in each run.
# Seen:      x + Dropout(parameter) becomes ['Add'] with an initializer in which about half of the ones are 0 and the others 2.
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

def operators(model):
    return [node.op_type for node in model.graph.node]

class OnParameter(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.dropout = torch.nn.Parameter(torch.ones(64, 16)), torch.nn.Dropout(0.5)

    def forward(self, x):
        return x + self.dropout(self.table)

model = export(OnParameter(), torch.ones(64, 16))
values = [sorted(set(onnx.numpy_helper.to_array(tensor).ravel().tolist())) for tensor in model.graph.initializer]
plain = operators(export(OnParameter(), torch.ones(64, 16), optimize=False))
print("nodes:", operators(model), "values of the initializers:", values, "without optimisation:", plain)
assert operators(model) == ["Add"] and values == [[0.0, 2.0]] and "Dropout" in plain
PYTHON
