#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: torch.ao.quantization.quantize_dynamic of a model in train mode gives one in eval mode back, and with inplace=True switches the caller's own
#            model to eval mode; only the new quantised layers in it are in train mode.
# Guess:     The result has the mode of the model; the dropout of a model in train mode stays active.
# Seen:      Given a model in train mode: root and dropout of the copy are in eval mode, its quantised Linear in train mode; the same for the model itself
#            with inplace=True.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn

def modes(model):
    return [module.training for module in (model, *model)]

def network():
    return nn.Sequential(nn.Dropout(0.5), nn.Linear(16, 16))

model = network()
copy = torch.ao.quantization.quantize_dynamic(model, {nn.Linear})
given, in_place = modes(model), network()
torch.ao.quantization.quantize_dynamic(in_place, {nn.Linear}, inplace=True)
seen = (given, modes(copy), modes(in_place))
print("root, dropout, linear of the model, of the copy, of one quantised in place:", seen)
assert seen == ([True, True, True], [False, False, True], [False, False, True])
PYTHON
