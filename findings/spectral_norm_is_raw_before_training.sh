#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: The older torch.nn.utils.spectral_norm in eval mode, before any forward in train mode, divides by a singular value of its random start vectors:
#            the weight's spectral norm is far from 1. The newer parametrization is near 1 at once.
# Guess:     Both start roughly normalised; the older one needs no forward in train mode first.
# Seen:      For Linear(50, 50) the largest singular value was 20.6 with the older function and 1.006 with the parametrization; after 20 forwards in train
#            mode the older one is near 1, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn

def largest(layer):
    layer.eval()(torch.ones(50))
    return torch.linalg.matrix_norm(layer.weight, 2).item()

older, newer = [], []
for seed in range(5):
    torch.manual_seed(seed)
    older.append(largest(nn.utils.spectral_norm(nn.Linear(50, 50))))
    newer.append(largest(nn.utils.parametrizations.spectral_norm(nn.Linear(50, 50))))
warm = nn.utils.spectral_norm(nn.Linear(50, 50))
for _ in range(20):
    warm(torch.ones(50))
print("older", older, "newer", newer, "older after training", largest(warm))
assert max(abs(value) for value in older) > 3
assert all(0.9 < value < 1.2 for value in newer)
assert 0.9 < largest(warm) < 1.2
PYTHON
