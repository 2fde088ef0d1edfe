"""The same bits: on a second run, in another process, and after a stop at any step, for each backend and thread count.

Run as a program it trains once and prints the hash: that is the other process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import Tensor, data, io, nn, optim
from azuraforge.engine.nn import functional as F
from azuraforge.engine.training import Trainer

THREADS = [1, 2] if (os.cpu_count() or 1) > 1 else [1]


class Recurrent(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.core = getattr(nn, kind)(3, 13, num_layers=2, dropout=0.25)
        self.head = nn.Linear(13, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.core(x)[0][:, -1])


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 9, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(9, 5, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(60, 3),
    )  # fmt: skip


def encoder() -> nn.Module:
    return nn.Sequential(nn.TransformerEncoderLayer(15, 3, 21, dropout=0.0), nn.Flatten(), nn.Linear(75, 3))


# No size is a multiple of a vector's width, and the last batch is smaller than the others.
FAMILIES = {
    "lstm": (lambda: Recurrent("LSTM"), (37, 5, 3)),
    "gru": (lambda: Recurrent("GRU"), (37, 5, 3)),
    "mlp": (lambda: nn.Sequential(nn.Linear(21, 33), nn.ReLU(), nn.Dropout(0.25), nn.Linear(33, 3)), (37, 21)),
    "cnn": (cnn, (37, 1, 10, 12)),
    "encoder": (encoder, (37, 5, 15)),
}


def trainer(family: str, seed: int) -> Trainer:
    make, shape = FAMILIES[family]
    engine.manual_seed(seed)
    model = make()
    rng = np.random.default_rng(3)
    examples = data.Arrays(rng.normal(size=shape).astype(np.float32), rng.integers(0, 3, shape[0]))
    batches = data.Batches(examples, 15, shuffle=True, generator=np.random.Generator(np.random.PCG64(seed)))
    return Trainer(model, optim.Adam(model.parameters(), lr=0.01), F.cross_entropy, batches, clip_norm=1.0)


def trained(family: str, stop_at: int | None = None) -> str:
    """Train three epochs of three batches, resumed once from disk where ``stop_at`` says; return the hash."""
    one = trainer(family, seed=1)
    if stop_at is not None:
        one.fit(3, max_steps=stop_at)
        with tempfile.TemporaryDirectory() as folder:
            one.save(Path(folder))
            one = trainer(family, seed=99)
            one.load(Path(folder))
    one.fit(3)
    assert one.steps == 9
    tensors, _ = one.state()
    assert all(np.isfinite(tensor).all() for tensor in tensors.values() if tensor.dtype.kind == "f")
    return io.hash_tensors(tensors)


def choose(backend: str, cache: str | Path) -> None:
    if backend == "reference":
        engine.set_backend("reference")
        return
    name, threads = backend.split("-")
    engine.set_backend("cpu", threads=int(threads), instruction_set=name, cache=cache)


def backends_here() -> list[str]:
    try:
        from azuraforge.engine.backends.cpu import compiler
    except ImportError:
        return ["reference"]
    compiler.initialize()
    best = compiler.host_target().name
    sets = {"avx512": ["avx512", "avx2", "portable"], "avx2": ["avx2", "portable"]}.get(best, ["portable"])
    return ["reference", *(f"{name}-{threads}" for name in sets for threads in THREADS)]


@pytest.fixture
def backend(request, kernel_cache):
    choose(request.param, kernel_cache)
    yield request.param
    engine.set_backend("reference")


STOPS = [pytest.param((2,), id="sample"), pytest.param((1, 3, 4, 7, 8), id="full", marks=pytest.mark.proof)]


@pytest.mark.parametrize("stops", STOPS)
@pytest.mark.parametrize("backend", backends_here(), indirect=True)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_second_run_and_a_resumed_one_end_with_the_same_bits(family, backend, stops):
    expected = trained(family)
    assert trained(family) == expected, "a second run"
    for stop_at in stops:
        assert trained(family, stop_at) == expected, f"stopped after {stop_at} steps"


@pytest.mark.parametrize(
    "family", ["lstm", *(pytest.param(one, marks=pytest.mark.proof) for one in FAMILIES if one != "lstm")]
)
def test_another_process_ends_with_the_same_bits(family, kernel_cache):
    """Memory lies elsewhere there, and threads meet in another order."""
    backend = backends_here()[-1] if len(backends_here()) == 1 else f"{backends_here()[1].split('-')[0]}-{THREADS[-1]}"
    choose(backend, kernel_cache)
    try:
        expected = trained(family)
    finally:
        engine.set_backend("reference")
    for seed in (0, 1):  # of Python's hashes: no order of a set may matter
        command = [sys.executable, __file__, family, backend, str(kernel_cache)]
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        result = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert result.returncode == 0, result.stderr
        assert result.stdout.strip() == expected


if __name__ == "__main__":
    choose(*sys.argv[2:])
    print(trained(sys.argv[1]))  # noqa: T201
