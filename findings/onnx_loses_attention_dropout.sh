#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
# Behaviour: The default ONNX exporter writes no dropout for scaled_dot_product_attention: exported in train mode, nn.MultiheadAttention(dropout=0.5) has a
#            Dropout node with need_weights=True and none with need_weights=False. The older exporter writes it in both cases.
# Guess:     A Dropout node after the softmax, whatever need_weights says.
# Seen:      Number of Dropout nodes, need_weights True and False: default exporter 1 and 0, older exporter (training=TRAINING) 1 for False. torch 2.14.1
#            loses it, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib, io
import onnx, torch

def export(model, *inputs, **options):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(model, inputs, "model.onnx", **options)
    return onnx.load("model.onnx")

class Attention(torch.nn.Module):
    def __init__(self, need_weights):
        super().__init__()
        self.attention, self.need_weights = torch.nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True), need_weights

    def forward(self, x):
        return self.attention(x, x, x, need_weights=self.need_weights)[0]

def dropouts(need_weights, **options):
    model = export(Attention(need_weights), torch.randn(1, 4, 8), **options)
    return sum(node.op_type == "Dropout" for node in model.graph.node)

older = dict(dynamo=False, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
seen = (dropouts(True), dropouts(False), dropouts(False, **older))
print("Dropout nodes: default with weights, default without, older without:", seen)
assert seen == (1, 0, 1)
PYTHON
