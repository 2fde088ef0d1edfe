"""Kernels and threads that the ops of this backend use after loading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from azuraforge.engine.backends.cpu.compiler import Kernels
from azuraforge.engine.backends.cpu.targets import Target
from azuraforge.engine.backends.cpu.threads import Pool
from azuraforge.engine.ops.registry import OPS, Array, Context


@dataclass
class Runtime:
    """Loaded kernels and threads, from the options of ``set_backend("cpu", …)``."""

    target: Target
    kernels: Kernels
    pool: Pool


_runtime: Runtime | None = None


def use(runtime: Runtime) -> None:
    """Use this runtime for all ops that run from now on."""
    global _runtime
    _runtime = runtime


def current() -> Runtime:
    """Return the runtime in use."""
    assert _runtime is not None  # ops of this backend are reachable only after use()
    return _runtime


def by_reference(name: str, context: Context, *inputs: Array | None, **attributes: Any) -> Any:
    """Run the forward function of the reference backend, for inputs that no kernel supports."""
    with np.errstate(all="ignore"):
        return OPS[name].forward(context, *inputs, **attributes)
