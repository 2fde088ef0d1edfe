"""A phase that trains a small network on the engine, with a checkpoint every ten steps."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from azuraforge import engine
from azuraforge.engine import Tensor, nn, optim
from azuraforge.engine.io import hash_tensors, load_safetensors, save_safetensors


def learn(child):
    """``steps`` of gradient descent; dies once after ``die_at`` where ``marker`` is not there yet."""
    used = child.use_engine()
    engine.manual_seed(child.seed)
    model = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.05)
    x = np.random.default_rng(1).normal(size=(64, 6)).astype(np.float32)
    y = np.sin(x.sum(axis=1, keepdims=True))
    found = child.resume()
    if found is not None:
        model.load_state_dict(load_safetensors(found.folder / "weights.safetensors")[0])
    for step in range((found.step if found else 0) + 1, child.payload["steps"] + 1):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(Tensor(x)), y).backward()
        optimizer.step()
        if step % 10 == 0:
            child.checkpoint(step, lambda folder: save_safetensors(folder / "weights.safetensors", model.state_dict()))
        marker = child.payload.get("marker")
        if step == child.payload.get("die_at") and not Path(marker).exists():
            Path(marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(child.payload.get("pause", 0))
    (child.outputs / "done.txt").write_text("done")
    return {"engine": used, "threads": child.threads, "weights": hash_tensors(model.state_dict())}


def die(child):
    """What a processor does that meets an instruction it does not have."""
    os.kill(os.getpid(), signal.SIGILL)
