#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: torch.optim.swa_utils.AveragedModel averages parameters, but takes the running statistics of a batch norm from the last model it was given: the
#            parameters are of no model that these statistics belong to, and nothing says so before update_bn is called.
# Guess:     With use_buffers=False the running statistics stay those of the copy that was made at the start.
# Seen:      After three updates the weight is the mean of 0, 1 and 2, and running_mean is bit for bit that of the last model.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch

model = torch.nn.Sequential(torch.nn.BatchNorm1d(2))
average = torch.optim.swa_utils.AveragedModel(model)
start = average.module[0].running_mean.clone()
for step in range(3):
    model(torch.randn(5, 2) + 9)
    model[0].weight.data.fill_(step)
    average.update_parameters(model)
mean = average.module[0].running_mean
seen = (average.module[0].weight.tolist(), torch.equal(mean, model[0].running_mean), torch.equal(mean, start))
print("weight, statistics of the last model, statistics of the start:", seen)
assert seen == ([1.0, 1.0], True, False)
PYTHON
