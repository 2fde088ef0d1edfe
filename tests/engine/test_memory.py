"""Training leaves nothing behind: graphs are freed, scratch memory comes back, memory does not grow."""

from __future__ import annotations

import gc
import resource

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import Tensor, autograd, nn, optim
from azuraforge.engine.nn import functional as F


def make_step(hidden: int = 16):
    engine.manual_seed(0)
    core, head = nn.LSTM(4, hidden, num_layers=2, dropout=0.1), nn.Linear(hidden, 1)
    optimizer = optim.Adam([*core.parameters(), *head.parameters()])
    x = np.random.default_rng(0).normal(size=(8, 12, 4)).astype(np.float32)

    def step() -> float:
        optimizer.zero_grad()
        loss = F.mse_loss(head(core(Tensor(x))[0][:, -1]), x.sum(axis=(1, 2))[:, None])
        loss.backward()
        optim.clip_grad_norm_(optimizer.params, 1.0)
        optimizer.step()
        return loss.item()

    return step


def alive() -> int:
    return sum(isinstance(one, (Tensor, autograd.Node)) for one in gc.get_objects())


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_no_tensor_and_no_node_outlives_its_step(backend):
    if backend == "cpu":
        pytest.importorskip("llvmlite")
    engine.set_backend(backend)
    try:
        step = make_step()
        step()
        gc.collect()
        gc.disable()  # reference counts alone must do it: no cycles
        try:
            before = alive()
            for _ in range(20):
                step()
            assert alive() == before
        finally:
            gc.enable()
    finally:
        engine.set_backend("reference")


def test_scratch_memory_is_used_again():
    pytest.importorskip("llvmlite")
    from azuraforge.engine.backends.cpu import memory

    engine.set_backend("cpu")
    try:
        step = make_step()
        for _ in range(3):
            step()
        waiting = sum(len(arrays) for arrays in memory._free.values())
        for _ in range(20):
            step()
        assert sum(len(arrays) for arrays in memory._free.values()) == waiting
    finally:
        engine.set_backend("reference")


@pytest.mark.proof
@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_ten_thousand_steps_need_no_more_memory(backend):
    if backend == "cpu":
        pytest.importorskip("llvmlite")
    engine.set_backend(backend)
    try:
        step = make_step()
        for _ in range(1000):
            step()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(10_000):
            step()
        grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown_kib < 2048
    finally:
        engine.set_backend("reference")
