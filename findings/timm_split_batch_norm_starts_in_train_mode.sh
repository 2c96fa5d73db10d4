#!/usr/bin/env bash
# Versions:  torch==2.14.1 torchvision==0.29.1 timm==1.0.31
# Behaviour: timm.layers.convert_splitbn_model of a model in eval mode puts layers in train mode into it; torch's own SyncBatchNorm.convert_sync_batchnorm
#            keeps the mode.
# Guess:     The mode is kept by both.
# Seen:      Sequential(BatchNorm2d).eval(): root False, the new SplitBatchNorm2d and its parts True; SyncBatchNorm False.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 timm==1.0.31
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from timm.layers import convert_splitbn_model

def network():
    return torch.nn.Sequential(torch.nn.BatchNorm2d(3)).eval()

split = [module.training for module in convert_splitbn_model(network()).modules()]
sync = [module.training for module in torch.nn.SyncBatchNorm.convert_sync_batchnorm(network()).modules()]
print("split:", split, "sync:", sync)
assert split[0] is False and all(split[1:]) and not any(sync)
PYTHON
