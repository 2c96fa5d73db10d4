#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 coremltools==9.0
# Behaviour: coremltools converts a model that was traced in train mode: the dropout is gone, and the batch norm computes mean and variance of the batch it
#            gets, so the converted model looks deterministic and is wrong for a batch of one.
# Guess:     Batch norm comes out with its running statistics, as the dropout comes out as identity.
# Seen:      Two reduce_mean operators and no batch_norm for Linear-BatchNorm-Dropout traced in train mode, no random operator; no reduce_mean when traced in
#            eval mode.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 coremltools==9.0
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import logging
import coremltools, torch
from torch import nn

logging.disable()

def operators(training):
    model = nn.Sequential(nn.ReLU(), nn.BatchNorm1d(16), nn.Dropout(0.5)).train(training)
    traced = torch.jit.trace(model, torch.randn(4, 16), check_trace=False)
    converted = coremltools.convert(traced, inputs=[coremltools.TensorType(shape=(4, 16))], convert_to="mlprogram")
    return [operator.op_type for operator in converted._mil_program.functions["main"].operations]

train, evaluation = operators(True), operators(False)
print("train:", train, "eval:", evaluation)
assert train.count("reduce_mean") == 2 and not any("random" in name for name in train)
assert "reduce_mean" not in evaluation
PYTHON
