#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxslim==0.1.98
# Behaviour: onnxslim removes every Dropout node, also one with training_mode=true, so a model that was exported for Monte-Carlo dropout comes out
#            deterministic; and also one whose training_mode is an input of the graph, which then has that input no more.
# Guess:     A Dropout in training mode stays.
# Seen:      ['Dropout', 'Gemm'] becomes ['Gemm']; Dropout(x, ratio, mode) -> Relu with the inputs x and mode becomes ['Relu'].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxslim==0.1.98
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import contextlib, io
import onnx, onnxslim, torch
from onnx import TensorProto, helper

def export(model, *inputs, **options):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(model, inputs, "model.onnx", **options)
    return onnx.load("model.onnx")

def operators(model):
    return [node.op_type for node in model.graph.node]

exported = export(torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(4, 4)), torch.ones(2, 4))
floats, flag = (lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [4])), helper.make_tensor_value_info("mode", TensorProto.BOOL, [])
nodes = [helper.make_node("Dropout", ["x", "ratio", "mode"], ["y"]), helper.make_node("Relu", ["y"], ["z"])]
graph = helper.make_graph(nodes, "graph", [floats("x"), flag], [floats("z")], [helper.make_tensor("ratio", TensorProto.FLOAT, [], [0.5])])
by_input = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(by_input)
seen = [operators(exported), operators(onnxslim.slim(exported)), operators(onnxslim.slim(by_input))]
print("exported, slim, slim with the mode as input:", seen)
assert seen == [["Dropout", "Gemm"], ["Gemm"], ["Relu"]]
PYTHON
