#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
# Behaviour: nn.Dropout(1.0), which torch accepts and which makes zeros, exports in train mode without a word; onnxruntime then raises at the first run,
#            because a ratio has to lie in [0, 1), and ONNX's own reference evaluator answers NaN.
# Guess:     Both give zeros.
# Seen:      torch: zeros. onnxruntime: "ratio must be in the range [0, 1)" when the session runs. onnx.reference.ReferenceEvaluator: NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib, io
import numpy, onnx, onnxruntime, torch
from onnx.reference import ReferenceEvaluator

def export(model, *inputs, **options):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(model, inputs, "model.onnx", **options)
    return onnx.load("model.onnx")

layers = torch.nn.Sequential(torch.nn.Dropout(1.0), torch.nn.ReLU())
model = export(layers, torch.ones(2, 3))
feed = {model.graph.input[0].name: numpy.ones((2, 3), numpy.float32)}
onnxruntime.set_default_logger_severity(4)
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
try:
    session.run(None, feed)
    answer = "works"
except Exception as error:
    answer = str(error)
with numpy.errstate(all="ignore"):
    reference = ReferenceEvaluator(model).run(None, feed)[0]
print(layers(torch.ones(2, 3)).sum().item(), answer, reference)
assert layers(torch.ones(2, 3)).sum().item() == 0
assert "ratio must be in the range [0, 1)" in answer and numpy.isnan(reference).all()
PYTHON
