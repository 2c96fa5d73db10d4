#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: A batch norm in train mode takes a batch of no samples: its running mean and variance stay, yet num_batches_tracked counts it, so with
#            momentum=None every later batch weighs less.
# Guess:     The running mean becomes NaN.
# Seen:      After a batch of threes and an empty one: mean 3.0, counter 2; after a batch of nines mean 5.0 instead of 6.0. Calls: no error, no warning. torch
#            2.14.1 counts the empty batch, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch

layer = torch.nn.BatchNorm1d(1, momentum=None)
seen = []
for batch in (torch.full((4, 1), 3.0), torch.zeros(0, 1), torch.full((4, 1), 9.0)):
    layer(batch)
    seen.append((layer.running_mean.item(), layer.num_batches_tracked.item()))
print("mean and counter after threes, nothing, nines:", seen)
assert seen == [(3.0, 1), (3.0, 2), (5.0, 3)]
PYTHON
