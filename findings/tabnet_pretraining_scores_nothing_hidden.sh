#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 pytorch-tabnet==4.1.0
# Behaviour: TabNetPretraining in eval mode hides no feature, but reports all of them as hidden (a mask of ones): a reconstruction loss over "hidden" features
#            then is one over features that the network saw.
# Guess:     The mask is zeros in eval mode, for nothing is hidden.
# Seen:      Mask in eval mode: ones only, output fixed; in train mode: zeros and ones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 pytorch-tabnet==4.1.0
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from pytorch_tabnet.tab_network import TabNetPretraining

def fixed(call):
    first = call()
    return all(torch.equal(first, call()) for _ in range(5))

torch.manual_seed(0)
model, x = TabNetPretraining(6, n_d=4, n_a=4, pretraining_ratio=0.5, group_attention_matrix=torch.eye(6)), torch.rand(64, 6)
train = model.train()(x)[2].unique().tolist()
evaluation = model.eval()(x)[2].unique().tolist()
seen = (train, evaluation, fixed(lambda: model(x)[0]))
print("mask in train, in eval; reconstruction in eval is fixed:", seen)
assert seen == ([0.0, 1.0], [1.0], True)
PYTHON
