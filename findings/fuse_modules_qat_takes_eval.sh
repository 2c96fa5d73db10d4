#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: fuse_modules_qat, whose counterpart fuse_modules refuses a model in train mode, takes one in eval mode without a word: the fused module says
#            train mode, the convolution and the batch norm in it are in eval mode.
# Guess:     AssertionError, because fusing for training needs train mode.
# Seen:      No error. ConvBn2d: True; the Conv2d and BatchNorm2d in it: False; root: False. fuse_modules of a model in train mode: AssertionError.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn
from torch.ao.quantization import fuse_modules, fuse_modules_qat

def network(training):
    return nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)).train(training)

try:
    fuse_modules(network(True), [["0", "1"]])
    other = "accepted"
except AssertionError:
    other = "refused"
fused = fuse_modules_qat(network(False), [["0", "1"]])
seen = {type(module).__name__: module.training for module in fused.modules()}
print("fuse_modules in train mode:", other, "| modes:", seen)
assert other == "refused"
assert seen == {"Sequential": False, "ConvBn2d": True, "Conv2d": False, "BatchNorm2d": False, "Identity": False}
PYTHON
