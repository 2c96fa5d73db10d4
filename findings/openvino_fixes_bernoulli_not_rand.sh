#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 openvino==2026.4.1
# Behaviour: Converted with OpenVINO, a mask from torch.bernoulli with constant probabilities is drawn once, when the model is compiled: every inference has
#            the same mask, another compilation has another. The same mask from torch.rand_like is drawn anew in each inference.
# Guess:     The bernoulli mask is random in each inference; once it was seen fixed: so is the one of rand_like.
# Seen:      bernoulli: the same output in six inferences of one compiled model, another output from a second compilation. rand_like: differs from inference
#            to inference.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 openvino==2026.4.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy, openvino, torch

class Bernoulli(torch.nn.Module):
    def forward(self, x):
        return x * torch.bernoulli(torch.full_like(x, 0.5))

class Rand(torch.nn.Module):
    def forward(self, x):
        return x * (torch.rand_like(x) > 0.5)

ones = numpy.ones((1, 256), numpy.float32)

def outputs(model):
    compiled = openvino.compile_model(model, "CPU")
    return [compiled(ones)[0].copy() for _ in range(6)]

def same(arrays):
    return all(numpy.array_equal(arrays[0], each) for each in arrays)

bernoulli, rand = (openvino.convert_model(kind(), example_input=torch.ones(1, 256)) for kind in (Bernoulli, Rand))
first, second = outputs(bernoulli), outputs(bernoulli)
seen = (same(first), same(second), same([first[0], second[0]]), same(outputs(rand)))
print("same in a compilation, in another, between them; rand_like:", seen)
assert seen == (True, True, False, False)
PYTHON
