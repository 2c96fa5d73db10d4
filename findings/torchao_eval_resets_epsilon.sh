#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 torchao==0.18.0
# Behaviour: torchao's move_exported_model_to_eval replaces every batch norm of the exported graph by one with eps=1e-05 and momentum=0.1: a layer with other
#            settings gives other numbers than the same model in eval mode.
# Guess:     eps and momentum stay as they were exported.
# Seen:      BatchNorm1d(16, eps=0.5, momentum=0.7): the graph has (0.1, 1e-05) afterwards and its output differs by 0.5 from the eager model's in eval mode.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 torchao==0.18.0
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torchao.quantization.pt2e import move_exported_model_to_eval

model, x = torch.nn.Sequential(torch.nn.BatchNorm1d(16, eps=0.5, momentum=0.7)), torch.randn(4, 16)
graph = torch.export.export(model, (x,)).module()
before = [node.args[6:8] for node in graph.graph.nodes if "batch_norm" in str(node.target)]
move_exported_model_to_eval(graph)
after = [node.args[6:8] for node in graph.graph.nodes if "batch_norm" in str(node.target)]
difference = (graph(x) - model.eval()(x)).abs().max().item()
print("momentum and eps before", before, "after", after, "difference", difference)
assert before == [(0.7, 0.5)] and after == [(0.1, 1e-05)] and difference > 0.1
PYTHON
