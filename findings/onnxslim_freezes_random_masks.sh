#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxslim==0.1.98 onnxsim==0.8.1
# Behaviour: onnxslim evaluates random nodes whose inputs are constant: a mask from torch.rand becomes one fixed initializer, drawn when the file was slimmed,
#            and the graph has no random node any more. onnxsim keeps the node.
# Guess:     Neither folds a random node.
# Seen:      x * (torch.rand(16) > 0.5): RandomUniformLike is in the export and after onnxsim; after onnxslim only ['Mul'] is left, with a constant of zeros
#            and ones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxslim==0.1.98 onnxsim==0.8.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib, io
import onnx, onnxsim, onnxslim, torch

def export(model, *inputs, **options):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(model, inputs, "model.onnx", **options)
    return onnx.load("model.onnx")

def operators(model):
    return [node.op_type for node in model.graph.node]

class Mask(torch.nn.Module):
    def forward(self, x):
        return x * (torch.rand(16) > 0.5)

model = export(Mask(), torch.ones(2, 16))
simplified, slimmed = onnxsim.simplify(model)[0], onnxslim.slim(onnx.load("model.onnx"))
masks = [onnx.numpy_helper.to_array(tensor) for tensor in slimmed.graph.initializer]
seen = ["RandomUniformLike" in operators(each) for each in (model, simplified, slimmed)], operators(slimmed)
print("random in the export, after onnxsim, after onnxslim:", *seen, masks)
assert seen == ([True, True, False], ["Mul"])
assert any(set(mask.ravel().tolist()) <= {0.0, 1.0} and mask.size == 16 for mask in masks)
PYTHON
