#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 monai==1.6.1
# Behaviour: monai.networks.eval_mode remembers the mode of the modules it is given, not of their parts, and restores with train(): a batch norm that was
#            frozen with eval() inside a model in train mode comes out of the context in train mode.
# Guess:     Every module gets its own mode back.
# Seen:      Before: root train, batch norm eval. After `with eval_mode(model)`: both train.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 monai==1.6.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from monai.networks import eval_mode

model = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 3))
model[0].eval()
before = (model.training, model[0].training)
with eval_mode(model):
    inside = (model.training, model[0].training)
after = (model.training, model[0].training)
print("before", before, "inside", inside, "after", after)
assert (before, inside, after) == ((True, False), (False, False), (True, True))
PYTHON
