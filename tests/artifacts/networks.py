"""Small networks of known content: each class is one question to the inspector."""

# mypy: disable-error-code="no-any-return"
# Not `from __future__ import annotations`: torch.jit.script reads annotations as objects.

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Image(nn.Module):
    """What most networks look like: batch norm, a dropout layer, and a functional one that asks for the mode."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(x))
        x = self.drop(x.flatten(1))
        x = F.dropout(x, 0.4, training=self.training)
        return self.fc(x)


class Always(nn.Module):
    """A functional dropout that never asks."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.drop(self.fc(x))
        return F.dropout(x, 0.4)


class Attention(nn.Module):
    """Attention whose rate no mode gates."""

    def __init__(self) -> None:
        super().__init__()
        self.q = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        q = self.q(x)
        return F.scaled_dot_product_attention(q, q, q, dropout_p=0.25)


class GatedAttention(nn.Module):
    """Attention as it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.q = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        q = self.q(x)
        return F.scaled_dot_product_attention(q, q, q, dropout_p=0.25 if self.training else 0.0)


class MultiHead(nn.Module):
    """torch's own attention layer."""

    def __init__(self) -> None:
        super().__init__()
        self.mha = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.mha(x, x, x)[0]


class Recurrent(nn.Module):
    """Dropout between the layers of an LSTM."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 8, num_layers=2, dropout=0.2)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x)[0]


class Gated(nn.Module):
    """The same for a GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(8, 8, num_layers=2, dropout=0.2)

    def forward(self, x: Tensor) -> Tensor:
        return self.gru(x)[0]


class Encoder(nn.Module):
    """Layers within layers."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 8, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(x)


class Branches(nn.Module):
    """Dropout in a graph within the graph."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        def wet(x: Tensor) -> Tensor:
            return self.drop(x).sin()

        def dry(x: Tensor) -> Tensor:
            return x.cos()

        return torch.cond(x.sum() > 0, wet, dry, (x,))


class Family(nn.Module):
    """The relatives of dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.d1 = nn.Dropout1d(0.1)
        self.alpha = nn.AlphaDropout(0.2)
        self.feature = nn.FeatureAlphaDropout(0.3)
        self.rrelu = nn.RReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.rrelu(self.feature(self.alpha(self.d1(x))))


class Inert(nn.Module):
    """Layers that have a mode and do not use it."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.0)
        self.lstm = nn.LSTM(8, 8, num_layers=2)
        self.one = nn.LSTM(8, 8)
        self.norm = nn.BatchNorm1d(4, track_running_stats=False)
        self.instance = nn.InstanceNorm1d(4)
        self.rrelu = nn.RReLU(0.2, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(self.lstm(self.drop(x))[0])[0]
        return self.rrelu(self.instance(self.norm(x)))


class Instance(nn.Module):
    """Instance norm that keeps running statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm1d(4, track_running_stats=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)


def drop(x: Tensor, rate: float, training: bool = True) -> Tensor:
    """A function that hands the flag through."""
    if training:
        return F.dropout(x, rate, training)
    return x


class Handed(nn.Module):
    """A flag that goes through a function: asked for the mode once, and once not."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = drop(x, 0.1, self.training)
        return drop(self.fc(x), 0.2)


class MonteCarlo(nn.Module):
    """A second method that drops on purpose, beside a forward that does not."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)

    @torch.jit.export
    def sample(self, x: Tensor) -> Tensor:
        return F.dropout(self.fc(x), 0.4, True)


class Sometimes(nn.Module):
    """Dropout on a path that depends on the input."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() > 3:
            x = F.dropout(x, 0.4, True)
        return x


class Loop(nn.Module):
    """A loop that scripting keeps."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(x.size(0)):
            x = F.dropout(x, 0.1, self.training)
        return x


class Sampler(nn.Module):
    """A model that is random because that is what it is for."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) + torch.randn_like(x)


class Hidden(nn.Module):
    """A layer in a plain list, where `eval()` does not reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Dropout(0.5)]

    def forward(self, x: Tensor) -> Tensor:
        return self.layers[0](x)


class DropPath(nn.Module):
    """Somebody's own layer, named and set as such layers are."""

    def __init__(self, drop_prob: float) -> None:
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.drop_prob == 0.0:
            return x
        return x * torch.empty(x.size(0), 1).bernoulli_(1 - self.drop_prob)


class Noisy(nn.Module):
    """Noise, in train mode only."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            x = x + torch.randn_like(x)
        return x


class Contexts(nn.Module):
    """Contexts, which exporting turns into graphs inside the graph; they run for certain."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu"):
            x = self.drop(x)
        with torch.no_grad():
            return self.drop(x)


def child_left_in_train() -> nn.Module:
    """A network in eval mode, but for one layer."""
    network = Image().eval()
    network.drop.train()
    return network


def flag_left_in_train() -> nn.Module:
    """Layers in eval mode below a root whose own flag says train."""
    network = Image().eval()
    network.training = True
    return network


def sequential() -> nn.Module:
    """Layers whose names are numbers."""
    return nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.5)))


def paths() -> nn.Module:
    """One that drops, and one that does not."""
    return nn.Sequential(DropPath(0.2), DropPath(0.0))


IMAGE = (2, 3, 4, 4)
ROWS = (2, 8)
SEQUENCE = (2, 4, 8)
