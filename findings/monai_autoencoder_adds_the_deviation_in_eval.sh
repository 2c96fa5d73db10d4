#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 monai==1.6.1
# Behaviour: monai's VarAutoEncoder draws its latent in train mode only, and in eval mode it does not pass the mean on either: it decodes mean plus one
#            standard deviation, on every input.
# Guess:     The reparameterisation draws noise in both modes, as the usual tutorials do.
# Seen:      In eval mode the latent is fixed, differs from the mean, and equals mean + exp(log variance / 2); in train mode it is random.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 monai==1.6.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from monai.networks.nets import VarAutoEncoder

def fixed(call):
    first = call()
    return all(torch.equal(first, call()) for _ in range(5))

torch.manual_seed(0)
model, x = VarAutoEncoder(2, (1, 16, 16), 1, 3, (4, 8), (2, 2)), torch.rand(1, 1, 16, 16)
train = fixed(lambda: model.train()(x)[3])
evaluation = fixed(lambda: model.eval()(x)[3])
_, mean, log_variance, latent = model.eval()(x)
seen = (train, evaluation, torch.allclose(latent, mean), torch.allclose(latent, mean + torch.exp(log_variance / 2)))
print("latent fixed in train, in eval; equals the mean, mean plus deviation:", seen)
assert seen == (False, True, False, True)
PYTHON
