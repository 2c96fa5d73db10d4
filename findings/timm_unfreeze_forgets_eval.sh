#!/usr/bin/env bash
# Versions:  torch==2.14.1 torchvision==0.29.1 timm==1.0.31
# Behaviour: timm.utils.freeze and unfreeze replace every batch norm by a new layer each: after both, a model in eval mode has batch norms in train mode,
#            num_batches_tracked is 0 again, and a momentum of its own is 0.1 again.
# Guess:     Modes, counters and settings are as before freeze.
# Seen:      resnet18 in eval mode: bn1 in train mode after freeze and after unfreeze; counter 1 -> 0; momentum 0.3 -> 0.1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 timm==1.0.31
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import timm, torch
from timm.utils import freeze, unfreeze

model = timm.create_model("resnet18", num_classes=3)
model.bn1.momentum = 0.3
model(torch.rand(2, 3, 64, 64))
model.eval()
before = (model.training, model.bn1.training, model.bn1.num_batches_tracked.item(), model.bn1.momentum)
freeze(model)
unfreeze(model)
after = (model.training, model.bn1.training, model.bn1.num_batches_tracked.item(), model.bn1.momentum)
print("root, bn1 in train mode, counter, momentum; before", before, "after", after)
assert before == (False, False, 1, 0.3) and after == (False, True, 0, 0.1)
PYTHON
