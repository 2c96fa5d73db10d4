#!/usr/bin/env bash
# Versions:  torch==2.13.0 x-transformers==2.31.10 numpy==2.4.6
# Behaviour: AutoregressiveWrapper(model).generate() puts a model that was in eval mode in train mode: it switches to eval mode and restores by its own flag,
#            which is that of the wrapper, and a new wrapper is in train mode.  The next prediction of the model drops, and the wrapper's does too.
# Guess:     It restores the mode that the model was in.
# Seen:      After generate() all of the model is in train mode, and two runs of it on the same tokens differ.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 x-transformers==2.31.10 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from x_transformers import AutoregressiveWrapper, Decoder, TransformerWrapper

torch.manual_seed(0)
layers = Decoder(dim=8, depth=1, heads=2, attn_dropout=0.5, ff_dropout=0.5)
model = TransformerWrapper(num_tokens=20, max_seq_len=16, attn_layers=layers).eval()
x = torch.randint(0, 20, (2, 8))
with torch.no_grad():
    before = torch.equal(model(x), model(x))
    AutoregressiveWrapper(model).generate(x, 2)
    after = torch.equal(model(x), model(x))
flags = {module.training for module in model.modules()}
print("two runs agree before, after; flags after:", before, after, flags)
assert (before, after, flags) == (True, False, {True})
PYTHON
