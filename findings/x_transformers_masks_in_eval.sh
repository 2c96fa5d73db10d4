#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 x-transformers==2.31.10
# Behaviour: x_transformers' AutoregressiveWrapper(mask_prob=0.5) masks random tokens of the attention whenever a loss is computed, in eval mode too: a
#            validation loss is random and too high, though no layer of the model is in train mode.
# Guess:     mask_prob acts in train mode only; the loss in eval mode is fixed.
# Seen:      The loss of one batch differs from call to call after eval(); with mask_prob=0.0 it does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 x-transformers==2.31.10
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from x_transformers import AutoregressiveWrapper, Decoder, TransformerWrapper

def fixed(call):
    first = call()
    return all(torch.equal(first, call()) for _ in range(5))

torch.manual_seed(0)
network = TransformerWrapper(num_tokens=20, max_seq_len=16, attn_layers=Decoder(dim=32, depth=1, heads=2))
tokens = torch.randint(0, 20, (1, 12))

def loss_is_fixed(mask_prob):
    model = AutoregressiveWrapper(network, mask_prob=mask_prob).eval()
    assert not any(module.training for module in model.modules())
    with torch.no_grad():
        return fixed(lambda: model(tokens))

seen = (loss_is_fixed(0.5), loss_is_fixed(0.0))
print("loss in eval mode is fixed with mask_prob 0.5 and 0.0:", seen)
assert seen == (False, True)
PYTHON
