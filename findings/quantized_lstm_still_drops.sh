#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: The dynamically quantised LSTM, which cannot be trained, keeps its dropout: after train() on the quantised model its output is random. The
#            quantised counterpart of nn.Dropout does nothing in either mode.
# Guess:     The quantised LSTM ignores dropout.
# Seen:      quantize_dynamic(LSTM(8, 8, 2, dropout=0.5)).train(): outputs differ from call to call; in eval mode they do not. A converted nn.Dropout in train
#            mode returns its input.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn
from torch.ao.nn.quantized import Dropout
from torch.ao.quantization import quantize_dynamic

def fixed(call):
    first = call()
    return all(torch.equal(first, call()) for _ in range(5))

lstm = quantize_dynamic(nn.Sequential(nn.LSTM(8, 8, 2, dropout=0.5)), {nn.LSTM})[0]
x, dropout = torch.randn(5, 1, 8), Dropout(0.5)
seen = (type(lstm).__module__, fixed(lambda: lstm.train()(x)[0]), fixed(lambda: lstm.eval()(x)[0]), fixed(lambda: dropout.train()(x)))
print("module; fixed in train, in eval; Dropout in train:", seen)
assert "quantized.dynamic" in seen[0] and seen[1:] == (False, True, True)
PYTHON
