#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 executorch==1.5.1
# Behaviour: ExecuTorch takes a program that was exported in train mode: native_dropout passes to_edge and to_executorch, and its portable runtime draws a new
#            mask in each run. A shipped .pte file can drop for ever.
# Guess:     The export to the edge dialect or the load of the program fails: there is no kernel for dropout on a device.
# Seen:      No error in to_edge, to_executorch, load_method; two runs on one input differ.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 executorch==1.5.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from executorch.exir import to_edge
from executorch.runtime import Runtime

model, x = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(16, 16)), torch.ones(2, 16)

def fixed(module):
    program = to_edge(torch.export.export(module, (x,))).to_executorch()
    method = Runtime.get().load_program(program.buffer).load_method("forward")
    first = method.execute([x])[0].clone()
    return all(torch.equal(first, method.execute([x])[0]) for _ in range(5))

seen = (fixed(model.train()), fixed(model.eval()))
print("same in each run, exported in train and in eval mode:", seen)
assert seen == (False, True)
PYTHON
