"""Programs' models, as text, for tests of what becomes of their mode."""

from __future__ import annotations

NET = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)
"""
NET_AND_TORCH = "\nimport torch" + NET
