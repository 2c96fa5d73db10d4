#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: nn.MultiheadAttention with a row whose keys are all padding: with need_weights=False the output is finite in train mode and NaN in eval mode
#            without gradients, because another kernel runs there; with need_weights=True it is NaN in both. An epoch that trains well validates to NaN.
# Guess:     NaN in all four cases.
# Seen:      NaN for train/eval x need_weights True/False: [train True: yes, train False: no, eval True: yes, eval False: yes].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch

layer = torch.nn.MultiheadAttention(8, 2, batch_first=True)
x, padding = torch.randn(1, 4, 8), torch.ones(1, 4, dtype=torch.bool)
seen = {}
for training in (True, False):
    layer.train(training)
    for need_weights in (True, False):
        with torch.no_grad():
            output = layer(x, x, x, key_padding_mask=padding, need_weights=need_weights)[0]
        seen["train" if training else "eval", need_weights] = output.isnan().any().item()
print("NaN for mode, need_weights:", seen)
assert seen == {("train", True): True, ("train", False): False, ("eval", True): True, ("eval", False): True}
PYTHON
