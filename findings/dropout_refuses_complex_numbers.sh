#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: nn.Dropout passes complex tensors in eval mode, and with p=0 and p=1 in train mode, but raises NotImplementedError for any p between: a model of
#            complex numbers that was only ever tried in eval mode cannot be trained.
# Guess:     It works and drops whole complex numbers.
# Seen:      NotImplementedError: "bernoulli_scalar_cpu_" not implemented for 'ComplexFloat', in train mode with p=0.5 only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch

def answer(layer):
    try:
        layer(torch.ones(8, dtype=torch.complex64))
        return "works"
    except NotImplementedError as error:
        return str(error)

seen = {p: answer(torch.nn.Dropout(p)) for p in (0.0, 0.5, 1.0)} | {"eval": answer(torch.nn.Dropout(0.5).eval())}
print(seen)
refused = seen.pop(0.5)
assert "bernoulli" in refused and "ComplexFloat" in refused
assert set(seen.values()) == {"works"}
PYTHON
