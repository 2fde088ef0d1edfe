"""The engine's backend in a child: preparing kernels in advance, and setting a run's backend.

Imported in children only. llvmlite, which makes and loads kernels, comes in with the first use of the cpu backend.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from azuraforge import engine
from azuraforge.engine import Tensor, nn
from azuraforge.errors import TransientError, one_line
from azuraforge.processes.prepared import Prepared, PrepareInput
from azuraforge.strict_json import JsonObject

#: Between kernels and NumPy, at values around one. Kernels that are off by more are not used.
_TOLERANCE = 1e-3
#: What compiling and loading may raise; an ``EngineError`` is a ValueError.
_FAILURES = (ValueError, ImportError, OSError, RuntimeError)


class _NotKept(Exception):
    """The cache cannot store kernels."""


class Asked(Protocol):
    """The part of a child that ``prepare`` needs."""

    @property
    def payload(self) -> Mapping[str, object]: ...

    def progress(self, done: int, total: int, note: str = "") -> None: ...


def prepare(child: Asked) -> Prepared:
    """Compile the kernels that the cache lacks, and test them.

    ``PrepareInput`` → ``Prepared``. Reports progress if kernels must be compiled.
    """
    asked = PrepareInput.model_validate(child.payload)
    folder = asked.folder
    compiling = _Compiling(child, folder)
    cores = os.cpu_count() or 1
    seconds: float | None = None
    expected = _small_step()
    try:
        engine.prepare_kernels(instruction_set=asked.instruction_set, cache=folder, progress=compiling)
        seconds = compiling.seconds()
        engine.set_backend("cpu", instruction_set=asked.instruction_set, cache=folder, progress=_refuse)
    except _NotKept:
        return Prepared(cores=cores, compiled_seconds=seconds, problem=f"compiled kernels cannot be kept in {folder}")
    except _FAILURES as error:
        return Prepared(cores=cores, compiled_seconds=seconds, problem=one_line(error))
    found = engine.backend_info()
    off = max(float(abs(ours - theirs).max()) for ours, theirs in zip(_small_step(), expected, strict=True))
    wrong = f"the kernels for {found['instruction_set']} are off by {off:.2g} on this processor"
    return Prepared(
        instruction_set=str(found["instruction_set"]),
        kernels=str(found["kernels"]),
        cores=cores,
        compiled_seconds=seconds,
        problem=None if off < _TOLERANCE else wrong,
    )


def choose(environment: Mapping[str, JsonValue], folder: str | None) -> JsonObject:
    """Set the backend that ``environment`` names for all further computations of this process.

    Returns backend, instruction_set, threads and kernels as chosen. Raises TransientError if the kernels cannot be
    loaded or are others than ``environment`` says: another attempt then checks again.
    """
    if environment.get("backend", "reference") == "reference":
        engine.set_backend("reference")
        return dict(engine.backend_info())
    try:
        engine.set_backend(
            "cpu",
            threads=int(str(environment["threads"])),
            instruction_set=str(environment["instruction_set"]),
            cache=folder,
        )
    except _FAILURES as error:
        raise TransientError(
            "the kernels of this run cannot be loaded: {reason}",
            next_step="start the platform again; it compiles them",
            where="engine",
            reason=one_line(error),
        ) from error
    chosen: JsonObject = dict(engine.backend_info())
    if chosen["kernels"] != environment["kernels"]:
        engine.set_backend("reference")
        raise TransientError(
            "the kernels are not those that were fixed for this run", next_step="start the run again", where="engine"
        )
    return chosen


def choose_nearest(preferred: Mapping[str, JsonValue] | None, folder: str | None) -> JsonObject:
    """Set the backend with which a version was trained or, if it is not available here, the nearest one that is.

    ``folder`` None: kernels are not to be used here.
    """
    if preferred is not None and preferred["backend"] == "cpu" and folder is not None:
        threads = min(int(str(preferred["threads"])), os.cpu_count() or 1)
        made = preferred["instruction_set"]
        for instruction_set in (None if made is None else str(made), None):
            try:
                engine.set_backend("cpu", threads=threads, instruction_set=instruction_set, cache=folder)
                return dict(engine.backend_info())
            except _FAILURES:
                continue
    return choose({}, None)


class _Compiling:
    """Progress callback that reports compilation once. Raises _NotKept if its result could not be stored."""

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
    """Return output and gradient of a small network; a processor that lacks claimed features crashes here, not in a
    run."""
    rng = np.random.default_rng(0)
    layer = nn.LSTM(3, 8)
    layer.load_state_dict({name: rng.normal(size=w.shape).astype(w.dtype) for name, w in layer.state_dict().items()})
    x = Tensor(rng.normal(size=(4, 5, 3)).astype(np.float32), requires_grad=True)
    output = layer(x)[0]
    output.sum().backward()
    assert x.grad is not None
    return [output.numpy(), x.grad.numpy()]
