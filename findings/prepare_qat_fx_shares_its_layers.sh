#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: What torch.ao.quantization.quantize_fx.prepare_qat_fx returns holds layers of the model that it was given: eval() on the prepared model, as before
#            convert_fx, puts the dropout of the float model in eval mode, while its root still says train.
# Guess:     It works on a copy, as prepare_qat does: eval() on the one leaves the other alone.
# Seen:      After eval() on the prepared model the float model's dropout is in eval mode, its own flag is True; with prepare_qat both stay in train mode.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn
from torch.ao import quantization
from torch.ao.quantization import quantize_fx


def net():
    model = nn.Sequential(nn.Linear(8, 4), nn.Dropout(), nn.Linear(4, 2))
    model.qconfig = quantization.get_default_qat_qconfig("x86")
    return model


x = torch.rand(4, 8)
graph, eager = net(), net()
mapping = quantization.get_default_qat_qconfig_mapping("x86")
quantize_fx.prepare_qat_fx(graph, mapping, (x,)).eval()
quantization.prepare_qat(eager).eval()
seen = (graph.training, graph[1].training, eager.training, eager[1].training)
print("root and dropout of the float model, with fx and without:", seen)
assert seen == (True, False, True, True)
PYTHON
