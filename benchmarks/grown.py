"""Projects of any size and realistic shape, with a misuse in every fifteenth file; and files that call in a ring."""

from __future__ import annotations

from pathlib import Path

_FOLDERS = ("models", "data", "trainers", "evaluation", "scripts")
_EACH = len(
    _FOLDERS
)  # files of one family: a model, its data, its training, its evaluation and the script that runs them


def project(root: Path, files: int, package: str = "") -> None:
    """Write about so many ``files`` below ``root``, as one project; ``package`` is what its imports begin with.

    The evaluation of every third family forgets `eval()`.
    """
    home = root / package if package else root
    home.mkdir(parents=True, exist_ok=True)
    (root / "pyproject.toml").write_text("[project]\nname = 'grown'\nversion = '1'\n", "utf-8")
    inner = f"{package}." if package else ""
    if package:
        (home / "__init__.py").write_text("", "utf-8")
    for folder in _FOLDERS:
        (home / folder).mkdir(exist_ok=True)
        (home / folder / "__init__.py").write_text("", "utf-8")
    for number in range(max(files // _EACH, 1)):
        for path, text in _family(number, inner).items():
            (home / path).write_text(text, "utf-8")


def ring(root: Path, files: int) -> None:
    """Write ``files`` below ``root`` that import each other in a circle; each misuses a model, and calls the next."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "pyproject.toml").write_text("[project]\nname = 'ring'\nversion = '1'\n", "utf-8")
    for number in range(files):
        text = _LINK.replace("NEXT", str((number + 1) % files)).replace("THIS", str(number))
        (root / f"link{number}.py").write_text(text, "utf-8")


def _family(number: int, inner: str) -> dict[str, str]:
    """The files of one family.  Three of four models derive from the one before."""
    derives = number % 4 != 0
    base = f"from {inner}models.net{number - 1} import Net{number - 1} as Base\n" if derives else ""
    texts = {
        f"models/net{number}.py": _MODEL.replace("BASE", "Base" if derives else "nn.Module").replace("IMPORT", base),
        f"data/set{number}.py": _DATA,
        f"trainers/loop{number}.py": _TRAINER,
        f"evaluation/metrics{number}.py": _EVALUATION.replace("SWITCH", "    model.eval()\n" if number % 3 else ""),
        f"scripts/run{number}.py": _SCRIPT,
    }
    return {path: text.replace("INNER", inner).replace("THIS", str(number)) for path, text in texts.items()}


_MODEL = """\
import torch.nn.functional as F
from torch import nn
IMPORT

class BlockTHIS(nn.Module):
    def __init__(self, dim, dropout=0.1):
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)
        self.drop = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        return x + self.drop(self.fc2(F.gelu(self.fc1(self.norm(x)))))


class NetTHIS(BASE):
    def __init__(self, dim=64, depth=4, dropout=0.1):
        super().__init__()
        self.blocks = nn.ModuleList([BlockTHIS(dim, dropout) for _ in range(depth)])
        self.head = nn.Linear(dim, 10)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(F.dropout(x, 0.1, self.training))


def build(**options):
    return NetTHIS(**options)
"""
_DATA = """\
import torch
from torch.utils.data import DataLoader, Dataset


class SetTHIS(Dataset):
    def __init__(self, path):
        self.items = open(path).readlines()

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return torch.tensor([float(v) for v in self.items[i].split()]), i % 10


def loaders(path, batch=32):
    return DataLoader(SetTHIS(path), batch), DataLoader(SetTHIS(path), batch)
"""
_TRAINER = """\
import torch
import torch.nn.functional as F
from INNERevaluation.metricsTHIS import evaluate


def train_epoch(model, loader, optimizer):
    model.train()
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def fit(model, train, val, epochs=10):
    optimizer = torch.optim.AdamW(model.parameters())
    for epoch in range(epochs):
        train_epoch(model, train, optimizer)
        print(evaluate(model, val))
"""
_EVALUATION = """\
import torch


@torch.no_grad()
def evaluate(model, loader):
SWITCH    hits = total = 0
    for x, y in loader:
        hits += (model(x).argmax(1) == y).sum().item()
        total += len(y)
    return hits / total
"""
_SCRIPT = """\
import sys

import torch

from INNERdata.setTHIS import loaders
from INNERmodels.netTHIS import build
from INNERtrainers.loopTHIS import fit


def main():
    model = build(dim=64)
    train, val = loaders(sys.argv[1])
    fit(model, train, val)
    torch.save(model.state_dict(), "model.pt")


if __name__ == "__main__":
    main()
"""
_LINK = """\
import torch
from torch import nn

import linkNEXT


class NetTHIS(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x)


def runTHIS(model, loader):
    model.train()
    with torch.no_grad():
        for x in loader:
            print(model(x).argmax(1))
    linkNEXT.runNEXT(linkNEXT.NetNEXT(), loader)
    linkNEXT.runNEXT(model, loader)


if __name__ == "__main__":
    runTHIS(NetTHIS(), [])
"""
