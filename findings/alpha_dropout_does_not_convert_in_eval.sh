#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 openvino==2026.4.1 coremltools==9.0
# Behaviour: A model with nn.AlphaDropout cannot be converted from torch by coremltools or OpenVINO, in eval mode either, where the layer does nothing;
#            nn.Dropout converts in both.
# Guess:     Both convert it in eval mode, as identity.
# Seen:      NotImplementedError from coremltools (traced model) and OpConversionFailure from openvino.convert_model (module), both for aten::alpha_dropout;
#            no error for nn.Dropout.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 openvino==2026.4.1 coremltools==9.0
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import logging
import coremltools, openvino, torch
from torch import nn

logging.disable()
x = torch.ones(2, 16)

def answer(convert):
    try:
        convert()
        return "converts"
    except Exception as error:
        return f"{type(error).__name__}, alpha_dropout named: {'alpha_dropout' in str(error)}"

seen = {}
for layer in (nn.Dropout, nn.AlphaDropout):
    model = nn.Sequential(nn.Linear(16, 16), layer(0.5)).eval()
    inputs = [coremltools.TensorType(shape=x.shape)]
    traced = torch.jit.trace(model, x)
    seen[layer.__name__, "coremltools"] = answer(lambda: coremltools.convert(traced, inputs=inputs, convert_to="mlprogram"))
    seen[layer.__name__, "openvino"] = answer(lambda: openvino.convert_model(model, example_input=x))
print(seen)
assert seen["Dropout", "coremltools"] == seen["Dropout", "openvino"] == "converts"
assert seen["AlphaDropout", "coremltools"] == "NotImplementedError, alpha_dropout named: True"
assert seen["AlphaDropout", "openvino"].startswith("OpConversionFailure")
PYTHON
