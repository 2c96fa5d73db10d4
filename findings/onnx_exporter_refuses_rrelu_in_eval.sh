#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
# Behaviour: The default ONNX exporter cannot export nn.RReLU, in eval mode either, where it is a leaky ReLU; the older exporter writes it as one LeakyRelu
#            node.
# Guess:     The older exporter writes a random PRelu in eval mode, too; the default one decomposes it and succeeds.
# Seen:      ConversionError in train and in eval mode with the default exporter; ['LeakyRelu'] with dynamo=False in eval mode. torch 2.14.1 raises in eval
#            mode, too.
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

def answer(layer):
    try:
        return operators(export(layer, torch.ones(2, 3)))
    except torch.onnx.errors.OnnxExporterError as error:
        return type(error).__name__

seen = [answer(torch.nn.RReLU().eval()), answer(torch.nn.RReLU()), operators(export(torch.nn.RReLU().eval(), torch.ones(2, 3), dynamo=False))]
print("default in eval, default in train, older in eval:", seen)
assert seen == ["ConversionError", "ConversionError", ["LeakyRelu"]]
PYTHON
