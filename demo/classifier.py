"""A classifier as one finds it in public repositories, with the mistakes that one finds there."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader


class Encoder(nn.Module):
    def __init__(self, vocabulary: int, width: int, dropout: float = 0.3):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, batch_first=True, dropout=dropout)

    def forward(self, tokens):
        embedded = F.dropout(self.embedding(tokens), 0.2)
        states, _ = self.lstm(embedded)
        return states[:, -1]


class Classifier(nn.Module):
    def __init__(self, vocabulary: int, classes: int, width: int = 256):
        super().__init__()
        self.encoder = Encoder(vocabulary, width)
        self.hidden = nn.Sequential(
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(30),
        )
        self.drop = nn.Dropout(rate=0.5)
        self.head = nn.Linear(width, classes)

    def forward(self, tokens):
        return self.head(self.drop(self.hidden(self.encoder(tokens))))


def evaluate(model: Classifier, loader: DataLoader) -> float:
    model.eval
    right = total = 0
    with torch.no_grad():
        for tokens, labels in loader:
            right += (model(tokens).argmax(-1) == labels).sum().item()
            total += len(labels)
    return right / total
