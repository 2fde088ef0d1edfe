"""The engine's backend in a child: making kernels beforehand, and choosing the backend that was fixed for a run.

Imported in children only. llvmlite, which makes and loads kernels, comes in with the first use of the cpu backend.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from azuraforge import engine
from azuraforge.engine import Tensor, nn
from azuraforge.errors import TransientError, one_line

#: Between kernels and NumPy, at values around one. Kernels that are off by more are not used.
_TOLERANCE = 1e-3
#: What compiling and loading may raise; an ``EngineError`` is a ValueError.
_FAILURES = (ValueError, ImportError, OSError, RuntimeError)


class _NotKept(Exception):
    """The cache cannot hold kernels."""


class Asked(Protocol):
    """The part of a child that ``prepare`` needs."""

    payload: dict[str, Any]

    def progress(self, done: int, total: int, note: str = "") -> None: ...


def prepare(child: Asked) -> dict[str, Any]:
    """Fill the cache of kernels where it lacks them, and try them out.

    Payload: folder, instruction_set (None: the best of this processor). A word of progress tells that kernels are being
    compiled. Result: instruction_set, kernels (their hash), cores, compiled_seconds (None: they were there), and
    ``problem``: None, or why kernels cannot be used here.
    """
    folder = Path(child.payload["folder"])
    told = _Compiling(child, folder)
    result: dict[str, Any] = {
        "instruction_set": "",
        "kernels": "",
        "cores": os.cpu_count() or 1,
        "compiled_seconds": None,
        "problem": None,
    }
    chosen = {"instruction_set": child.payload["instruction_set"], "cache": folder}
    expected = _small_step()
    try:
        engine.prepare_kernels(**chosen, progress=told)
        result["compiled_seconds"] = told.seconds()
        engine.set_backend("cpu", **chosen, progress=_refuse)
    except _NotKept:
        return {**result, "problem": f"compiled kernels cannot be kept in {folder}"}
    except _FAILURES as error:
        return {**result, "problem": one_line(error)}
    found = engine.backend_info()
    result |= {"instruction_set": found["instruction_set"], "kernels": found["kernels"]}
    off = max(float(abs(ours - theirs).max()) for ours, theirs in zip(_small_step(), expected, strict=True))
    if not off < _TOLERANCE:
        result["problem"] = f"the kernels for {found['instruction_set']} are off by {off:.2g} on this processor"
    return result


def choose(environment: Mapping[str, Any], folder: str | None) -> dict[str, Any]:
    """Choose the backend that ``environment`` names for everything that this process computes from now on.

    Returns backend, instruction_set, threads and kernels as chosen. Raises TransientError where the kernels cannot be
    loaded or are others than ``environment`` says: another attempt then looks anew at what there is.
    """
    if environment.get("backend", "reference") == "reference":
        engine.set_backend("reference")
        return dict(engine.backend_info())
    try:
        engine.set_backend(
            "cpu", threads=environment["threads"], instruction_set=environment["instruction_set"], cache=folder
        )
    except _FAILURES as error:
        raise TransientError(f"the kernels of this run cannot be loaded: {one_line(error)}", where="engine") from error
    chosen = dict(engine.backend_info())
    if chosen["kernels"] != environment["kernels"]:
        engine.set_backend("reference")
        raise TransientError("the kernels are not those that were fixed for this run", where="engine")
    return chosen


def choose_nearest(preferred: Mapping[str, Any] | None, folder: str | None) -> dict[str, Any]:
    """Choose the backend that a version was made with; where it cannot be had here, the nearest one that can.

    ``folder`` None: kernels are not to be used here.
    """
    if preferred is not None and preferred["backend"] == "cpu" and folder is not None:
        threads = min(int(preferred["threads"]), os.cpu_count() or 1)
        for instruction_set in (preferred["instruction_set"], None):
            try:
                engine.set_backend("cpu", threads=threads, instruction_set=instruction_set, cache=folder)
                return dict(engine.backend_info())
            except _FAILURES:
                continue
    return choose({}, None)


class _Compiling:
    """Hears that kernels must be compiled, and passes it on once. Raises _NotKept where that would be for nothing."""

    def __init__(self, child: Asked, folder: Path) -> None:
        self._child = child
        self._folder = folder
        self._since: float | None = None

    def __call__(self, words: str) -> None:
        if self._since is None:
            try:
                tempfile.TemporaryFile(dir=self._folder).close()
            except OSError as error:
                raise _NotKept from error
            self._since = time.monotonic()
            self._child.progress(0, 1, words)

    def seconds(self) -> float | None:
        return None if self._since is None else round(time.monotonic() - self._since, 2)


def _refuse(words: str) -> None:
    raise _NotKept(words)


def _small_step() -> list[npt.NDArray[np.float32]]:
    """Output and gradient of a small network. A processor that promises more than it can ends here, not in a run."""
    rng = np.random.default_rng(0)
    layer = nn.LSTM(3, 8)
    layer.load_state_dict({name: rng.normal(size=w.shape).astype(w.dtype) for name, w in layer.state_dict().items()})
    x = Tensor(rng.normal(size=(4, 5, 3)).astype(np.float32), requires_grad=True)
    output = layer(x)[0]
    output.sum().backward()
    assert x.grad is not None
    return [output.numpy(), x.grad.numpy()]
