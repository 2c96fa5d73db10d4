#!/usr/bin/env bash
# Versions:  torch==2.13.0 torchmetrics==1.9.0 numpy==2.4.6 scipy==1.17.1
# Behaviour: torchmetrics.image.FrechetInceptionDistance(feature=your_network) leaves your network in train mode, unlike the network that it brings along:
#            update() draws dropout masks and moves the running statistics of your network, so the score is random and changes with what was scored before.
# Guess:     The network is put in eval mode, as the default one is, which overrides train() to stay there.
# Seen:      The network and its dropout are in train mode, update() moved running_mean, and two metrics on the same images give two results.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 torchmetrics==1.9.0 numpy==2.4.6 scipy==1.17.1
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance


class Features(nn.Module):
    num_features = 4

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )

    def forward(self, x):
        return self.layers(x.float())


torch.manual_seed(0)
network = Features()
real, fake = torch.randint(0, 255, (2, 64, 3, 8, 8), dtype=torch.uint8)


def score():
    metric = FrechetInceptionDistance(feature=network)
    metric.update(real, real=True)
    metric.update(fake, real=False)
    return metric.compute().item()


before = network.layers[1].running_mean.clone()
first = score()
moved = not torch.equal(before, network.layers[1].running_mean)
seen = (network.training, network.layers[2].training, moved, first != score())
print("network, dropout in train mode; statistics moved; two scores differ:", seen)
assert seen == (True, True, True, True)
network.eval()
assert score() == score()
PYTHON
