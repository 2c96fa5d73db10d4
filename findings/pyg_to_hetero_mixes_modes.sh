#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 torch_geometric==2.8.1
# Behaviour: torch_geometric.nn.to_hetero of a model in eval mode gives a graph module whose root and layers are in eval mode and whose new containers, one
#            for each layer, are in train mode: `any(m.training for m in model.modules())` is true right after eval().
# Guess:     All of it is in eval mode.
# Seen:      GraphSAGE in eval mode: convs, norms, act and dropout containers True; every layer in them False; root False.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 torch_geometric==2.8.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch_geometric.nn import GraphSAGE, to_hetero

model = GraphSAGE((-1, -1), 8, 2, dropout=0.5).eval()
hetero = to_hetero(model, (["a", "b"], [("a", "to", "b"), ("b", "back", "a")]))
modes = {name: module.training for name, module in hetero.named_modules()}
in_train = [name for name, training in modes.items() if training]
print("root:", modes[""], "in train mode:", in_train)
assert modes[""] is False and {"convs", "dropout"} <= set(in_train)
assert not any(modes[name] for name in ("convs.0.a__to__b", "dropout.a"))
PYTHON
