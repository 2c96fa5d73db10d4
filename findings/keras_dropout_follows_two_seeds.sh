#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 keras==3.15.1
# Behaviour: On the torch backend a keras Dropout without a seed takes its masks from torch's global generator, GaussianDropout without a seed from Keras'
#            own: torch.manual_seed repeats the first and not the second, and Dropout's seed state never moves.
# Guess:     torch.manual_seed has no effect on any keras layer, which have seed generators of their own.
# Seen:      After the same torch.manual_seed: Dropout equal, GaussianDropout different; Dropout's seed state ends in 0 after four calls.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 keras==3.15.1
cd "$folder"
KERAS_BACKEND=torch HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import keras, torch

def repeats(layer):
    outputs = []
    for _ in range(4):
        torch.manual_seed(1)
        outputs.append(layer(torch.ones(64), training=True))
    return torch.equal(outputs[0], outputs[-1])

dropout, gaussian = keras.layers.Dropout(0.5), keras.layers.GaussianDropout(0.5)
seen = (repeats(dropout), repeats(gaussian), int(dropout.seed_generator.state.value[1]), int(gaussian.seed_generator.state.value[1]))
print("torch.manual_seed repeats Dropout, GaussianDropout; counters of their seed states:", seen)
assert seen == (True, False, 0, 4)
PYTHON
