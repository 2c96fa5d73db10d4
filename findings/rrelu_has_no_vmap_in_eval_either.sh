#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: torch.func.vmap refuses nn.RReLU in eval mode, where it is a plain leaky ReLU, with "we do not yet support aten::rrelu"; in train mode it says
#            the same, not that randomness has to be chosen, and `randomness=` does not help.
# Guess:     In train mode the error about randomness, as for dropout; in eval mode it works.
# Seen:      The same RuntimeError in eval mode, in train mode, and in train mode with randomness="different"; nn.Dropout in eval mode passes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch.func import vmap

def answer(layer, **options):
    try:
        vmap(layer, **options)(-torch.ones(2, 3))
        return "works"
    except RuntimeError as error:
        return "not supported" if "do not yet support aten::rrelu" in str(error) else str(error)

RReLU = torch.nn.RReLU
seen = [answer(RReLU().eval()), answer(RReLU()), answer(RReLU(), randomness="different"), answer(torch.nn.Dropout().eval())]
print("RReLU eval, train, train with randomness; Dropout eval:", seen)
assert seen == ["not supported"] * 3 + ["works"]
PYTHON
