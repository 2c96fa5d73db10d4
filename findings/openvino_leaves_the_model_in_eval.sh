#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 openvino==2026.4.1
# Behaviour: openvino.convert_model(module, example_input=...) switches the module that it is given to eval mode and leaves it there, so a training loop that
#            converts now and then goes on without dropout and with frozen batch statistics.
# Guess:     The module is in train mode afterwards, as before.
# Seen:      training is True before the call, and False after it for the root and for the dropout inside.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 openvino==2026.4.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import openvino, torch

model = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(4, 4))
before = [module.training for module in model.modules()]
openvino.convert_model(model, example_input=torch.ones(2, 4))
after = [module.training for module in model.modules()]
print("before:", before, "after:", after)
assert all(before) and not any(after)
PYTHON
