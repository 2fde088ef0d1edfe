"""Backend of the engine in a child process: preparation of kernels, and selection of a run's backend.

Only children import this module. llvmlite, which compiles and loads kernels, is imported at the first use of the cpu
backend.
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
from azuraforge.messages import Message
from azuraforge.messages.stored import text_to_json
from azuraforge.processes.prepared import Prepared, PrepareInput
from azuraforge.strict_json import JsonObject

#: Maximum accepted absolute difference between kernels and NumPy, for values around one.
_TOLERANCE = 1e-3
#: Exceptions that compiling and loading may raise; an ``EngineError`` is a ValueError.
_FAILURES = (ValueError, ImportError, OSError, RuntimeError)


class _NotKept(Exception):
    """Raised if kernels would have to be compiled but the cache cannot store them."""


class Asked(Protocol):
    """Protocol of the child's attributes that ``prepare`` uses."""

    @property
    def payload(self) -> Mapping[str, object]: ...

    def progress(self, done: int, total: int, note: str = "") -> None: ...


def prepare(child: Asked) -> Prepared:
    """Compile the kernels that the cache lacks, and compare their results with NumPy.

    The child's payload is a ``PrepareInput``. Progress is reported only if kernels must be compiled.
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
        unkept = Message("compiled kernels cannot be stored in {folder}", {"folder": str(folder)})
        return Prepared(cores=cores, compiled_seconds=seconds, problem=text_to_json(unkept))
    except _FAILURES as error:
        return Prepared(cores=cores, compiled_seconds=seconds, problem=one_line(error))
    found = engine.backend_info()
    off = max(float(abs(ours - theirs).max()) for ours, theirs in zip(_small_step(), expected, strict=True))
    wrong = Message(
        "the results of the kernels for {instruction_set} are wrong by {error:.2g} on this processor",
        {"instruction_set": str(found["instruction_set"]), "error": off},
    )
    return Prepared(
        instruction_set=str(found["instruction_set"]),
        kernels=str(found["kernels"]),
        cores=cores,
        compiled_seconds=seconds,
        problem=None if off < _TOLERANCE else text_to_json(wrong),
    )


def choose(environment: Mapping[str, JsonValue], folder: str | None) -> JsonObject:
    """Set the backend that ``environment`` names for all further computations of this process.

    Return its backend, instruction_set, threads and kernels. ``folder`` is the cache of kernels. Raises TransientError
    if the kernels cannot be loaded or differ from those in ``environment``; the next attempt then checks them again.
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
            next_step="restart the platform to compile the kernels again",
            where="engine",
            reason=one_line(error),
        ) from error
    chosen: JsonObject = dict(engine.backend_info())
    if chosen["kernels"] != environment["kernels"]:
        engine.set_backend("reference")
        raise TransientError(
            "the kernels differ from those recorded for this run", next_step="start the run again", where="engine"
        )
    return chosen


def choose_nearest(preferred: Mapping[str, JsonValue] | None, folder: str | None) -> JsonObject:
    """Set the backend with which a model version was trained, or the most similar available one.

    Return its backend, instruction_set, threads and kernels.

    Args:
        preferred: backend of the version; None selects the reference backend.
        folder: cache of kernels; None if kernels must not be used.
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
    """Progress callback that reports a compilation once. Raises _NotKept if the cache is not writable."""

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
    """Return the output and the input gradient of a small network.

    A processor that lacks features which it reports crashes in this computation instead of in a run.
    """
    rng = np.random.default_rng(0)
    layer = nn.LSTM(3, 8)
    layer.load_state_dict({name: rng.normal(size=w.shape).astype(w.dtype) for name, w in layer.state_dict().items()})
    x = Tensor(rng.normal(size=(4, 5, 3)).astype(np.float32), requires_grad=True)
    output = layer(x)[0]
    output.sum().backward()
    assert x.grad is not None
    return [output.numpy(), x.grad.numpy()]
