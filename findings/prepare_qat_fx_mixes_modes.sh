#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: prepare_qat_fx accepts a model in eval mode (the eager prepare_qat refuses it) and returns a mixture: the root and the dropout are in eval mode,
#            the fused convolution with its batch norm and the observers in train mode, so a forward for validation moves the running statistics.
# Guess:     It raises for a model in eval mode, as prepare_qat does; the fused layer would be in eval mode.
# Seen:      root False, Dropout False, ConvBnReLU2d True; its running_mean changes in a forward.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn
from torch.ao.quantization import get_default_qat_qconfig_mapping, prepare_qat
from torch.ao.quantization.quantize_fx import prepare_qat_fx

def network():
    return nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1), nn.ReLU(), nn.Dropout(0.5)).eval()

try:
    prepare_qat(network())
    eager = "accepted"
except AssertionError:
    eager = "refused"
x = torch.rand(2, 1, 4, 4) + 3
model = prepare_qat_fx(network(), get_default_qat_qconfig_mapping("fbgemm"), (x,))
modes = {type(module).__name__: module.training for module in model.children()} | {"root": model.training}
fused = model.get_submodule("0")
before = fused.bn.running_mean.clone()
model(x)
moved = not torch.equal(before, fused.bn.running_mean)
print("eager:", eager, "modes:", modes, "statistics moved:", moved)
assert eager == "refused" and moved
assert (modes["root"], modes["Dropout"], modes["ConvBnReLU2d"]) == (False, False, True)
PYTHON
