"""A head for bags: which tiles of a slide speak for its label is learned with the label."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from workers.adapters.base import AdapterError
from workers.probes.training import Floats, Training

WIDTH = 32


def attention_fit(
    training: Training, options: Mapping[str, Any]
) -> tuple[Callable[[Floats], Floats], dict[str, Any]]:
    """Gated attention pooling and a linear layer; ``epochs`` of Adam from one fixed seed."""
    import torch

    if training.bags is None or training.labels is None:
        raise AdapterError("attention-mil needs bags in its training set.")
    centre, scale = training.embeddings.mean(axis=0), training.embeddings.std(axis=0) + 1e-6
    bags, targets = _bags(training, centre, scale)
    torch.manual_seed(0)
    model = _Attention(training.embeddings.shape[1], len(training.classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-3)
    loss = torch.nn.CrossEntropyLoss()
    epochs = int(options.get("epochs", 50))
    for _ in range(epochs):
        optimizer.zero_grad()
        total = loss(torch.stack([model(bag) for bag in bags]), targets)
        total.backward()
        optimizer.step()

    def probabilities(embeddings: Floats) -> Floats:
        bag = torch.as_tensor((embeddings - centre) / scale, dtype=torch.float32)
        with torch.inference_mode():
            return np.asarray(model(bag).softmax(-1).numpy(), dtype=np.float64)

    return probabilities, {
        "epochs": epochs,
        "loss": round(float(total.detach()), 4),
        "bags": len(bags),
    }


def _bags(training: Training, centre: Floats, scale: Floats) -> tuple[list[Any], Any]:
    import torch

    names = sorted(set(training.bags.tolist()))  # type: ignore[union-attr]
    bags, targets = [], []
    for name in names:
        rows = np.flatnonzero(training.bags == name)
        label = str(training.labels[rows[0]])  # type: ignore[index]
        values = (training.embeddings[rows] - centre) / scale
        bags.append(torch.as_tensor(values, dtype=torch.float32))
        targets.append(training.classes.index(label))
    return bags, torch.as_tensor(targets)


def _Attention(width_in: int, classes: int) -> Any:  # noqa: N802  (a class, made where torch is)
    import torch

    class Attention(torch.nn.Module):  # type: ignore[misc]
        """(M, D) embeddings → (C,) scores: softmax of wᵀ(tanh(Vh) ⊙ σ(Uh)) weighs the rows."""

        def __init__(self) -> None:
            super().__init__()
            self.content = torch.nn.Linear(width_in, WIDTH)
            self.gate = torch.nn.Linear(width_in, WIDTH)
            self.weigh = torch.nn.Linear(WIDTH, 1)
            self.judge = torch.nn.Linear(width_in, classes)

        def forward(self, bag: Any) -> Any:
            told = torch.tanh(self.content(bag)) * torch.sigmoid(self.gate(bag))
            weights = self.weigh(told).softmax(dim=0)
            return self.judge((weights * bag).sum(dim=0))

    return Attention()
