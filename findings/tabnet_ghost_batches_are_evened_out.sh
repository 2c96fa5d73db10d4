#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 pytorch-tabnet==4.1.0
# Behaviour: TabNet's ghost batch norm does not cut a batch into pieces of virtual_batch_size and a rest: 9 samples at a virtual size of 4 become three pieces
#            of 3. So a rest of one sample raises nothing, and one training step counts three batches.
# Guess:     Pieces of 4, 4 and 1, and a ValueError for the single sample.
# Seen:      Pieces [3, 3, 3], num_batches_tracked 3 after one forward; 5 samples at 4 become [3, 2].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 pytorch-tabnet==4.1.0
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from pytorch_tabnet.tab_network import GBN

def pieces(samples):
    layer, sizes = GBN(3, virtual_batch_size=4), []
    layer.bn.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    layer(torch.rand(samples, 3))
    return sizes, layer.bn.num_batches_tracked.item()

seen = (pieces(9), pieces(5))
print("pieces and counter of 9 and of 5 samples:", seen)
assert seen == (([3, 3, 3], 3), ([3, 2], 2))
PYTHON
