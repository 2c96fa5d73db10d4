#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: A forward under FakeTensorMode, which is to compute shapes only, counts up the real num_batches_tracked of a batch norm in train mode; that holds
#            for a forward that FakeTensorMode then refuses, too. Running mean and variance stay.
# Guess:     The real buffers stay as they are, counter included.
# Seen:      Counter 1 after one allowed forward, 2 after one that ended in AssertionError; running_mean all zeros. torch 2.14.1 the same for the refused
#            forward.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch._subclasses import FakeTensorMode

layer = torch.nn.BatchNorm1d(3)
with FakeTensorMode(allow_non_fake_inputs=True) as mode:
    layer(mode.from_tensor(torch.ones(4, 3)))
after_allowed = layer.num_batches_tracked.item()
try:
    with FakeTensorMode() as mode:
        layer(mode.from_tensor(torch.ones(4, 3)))
    refused = False
except AssertionError:
    refused = True
seen = (after_allowed, refused, layer.num_batches_tracked.item(), layer.running_mean.tolist())
print("counter, refused, counter, mean:", seen)
assert seen == (1, True, 2, [0.0, 0.0, 0.0])
PYTHON
