#!/usr/bin/env bash
# Versions:  torch==2.13.0 brevitas==0.13.4 numpy==2.4.6
# Behaviour: brevitas.graph.quantize.preprocess_for_quantize(model) returns another model, and leaves the one that it was given in mixed modes: its root is put in
#            eval mode and stays there, while its layers, which the two share, are put back in train mode.  The original says eval and drops at random.
# Guess:     It works on a graph of its own, and keeps the modes of the model.
# Seen:      Before, all of the model is in train mode; afterwards its root is in eval mode and its dropout in train mode.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 brevitas==0.13.4 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
from brevitas.graph.quantize import preprocess_for_quantize
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Dropout(), nn.Flatten())
graph = preprocess_for_quantize(model)
seen = (graph is model, model.training, model[2].training)
print("the same model, root in train mode, dropout in train mode:", seen)
assert seen == (False, False, True)
PYTHON
