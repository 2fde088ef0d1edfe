"""Alongside real PyTorch, where it is installed: 100 steps of each model family, weights moved in both directions."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import Tensor, io, nn, optim
from azuraforge.engine.nn import functional as F

torch = pytest.importorskip("torch", reason="part of make proof, with PyTorch installed")
pytestmark = pytest.mark.proof


class OurRecurrent(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.core = getattr(nn, kind)(4, 24, num_layers=2)
        self.head = nn.Linear(24, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.core(x)[0][:, -1])


class TheirRecurrent(torch.nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.core = getattr(torch.nn, kind)(4, 24, num_layers=2, batch_first=True)
        self.head = torch.nn.Linear(24, 1)

    def forward(self, x):
        return self.head(self.core(x)[0][:, -1])


def small_cnn(side):
    return side.Sequential(
        side.Conv2d(1, 8, 3, padding=1), side.ReLU(), side.MaxPool2d(2), side.Conv2d(8, 16, 3, padding=1), side.ReLU(),
        side.MaxPool2d(2), side.Flatten(), side.Linear(64, 1),
    )  # fmt: skip


def small_encoder(side, **options):
    return side.Sequential(side.TransformerEncoderLayer(16, 4, 32, dropout=0.0, **options), side.Flatten(),
                           side.Linear(128, 1))  # fmt: skip


FAMILIES = {
    "lstm": (lambda: OurRecurrent("LSTM"), lambda: TheirRecurrent("LSTM"), (16, 12, 4)),
    "gru": (lambda: OurRecurrent("GRU"), lambda: TheirRecurrent("GRU"), (16, 12, 4)),
    "mlp": (
        lambda: nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 1)),
        lambda: torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)),
        (16, 20),
    ),
    "cnn": (lambda: small_cnn(nn), lambda: small_cnn(torch.nn), (16, 1, 8, 8)),
    "encoder": (lambda: small_encoder(nn), lambda: small_encoder(torch.nn, batch_first=True), (16, 8, 16)),
}


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_hundred_steps_follow_pytorch(name, backend, tmp_path):
    if backend == "cpu":
        pytest.importorskip("llvmlite")
    make_ours, make_theirs, shape = FAMILIES[name]
    torch.manual_seed(0)
    torch.set_num_threads(1)
    ours, theirs = make_ours(), make_theirs()
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    y = np.tanh(x.reshape(shape[0], -1).sum(axis=1, keepdims=True) * 0.2).astype(np.float32)
    engine.set_backend(backend)
    try:
        our_optimizer = optim.Adam(ours.parameters(), lr=1e-3)
        their_optimizer = torch.optim.Adam(theirs.parameters(), lr=1e-3)
        curves: tuple[list[float], list[float]] = ([], [])
        for _ in range(100):
            our_optimizer.zero_grad()
            loss = F.mse_loss(ours(Tensor(x)), y)
            loss.backward()
            our_optimizer.step()
            curves[0].append(loss.item())
            their_optimizer.zero_grad()
            their_loss = torch.nn.functional.mse_loss(theirs(torch.tensor(x)), torch.tensor(y))
            their_loss.backward()
            their_optimizer.step()
            curves[1].append(their_loss.item())
    finally:
        engine.set_backend("reference")
    np.testing.assert_allclose(*curves, rtol=1e-3, atol=1e-5)
    assert curves[0][-1] < curves[0][0]
    # And back: PyTorch reads what we wrote.
    from safetensors.torch import load_file

    io.save_safetensors(tmp_path / "weights.safetensors", ours.state_dict())
    theirs.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    with torch.no_grad():
        np.testing.assert_allclose(theirs(torch.tensor(x)).numpy(), ours(Tensor(x)).numpy(), rtol=1e-4, atol=1e-5)
