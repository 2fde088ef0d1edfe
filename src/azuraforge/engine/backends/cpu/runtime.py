"""The kernels and threads that the ops of this backend use, once they are loaded."""

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
    """The options of ``set_backend("cpu", …)``."""

    target: Target
    kernels: Kernels
    pool: Pool


_runtime: Runtime | None = None


def use(runtime: Runtime) -> None:
    """Make this the runtime of all ops from now on."""
    global _runtime
    _runtime = runtime


def current() -> Runtime:
    """Return the runtime in use."""
    assert _runtime is not None  # ops of this backend are reachable only after use()
    return _runtime


def by_reference(name: str, context: Context, *inputs: Array | None, **attributes: Any) -> Any:
    """Run the reference's forward function, where no kernel fits the inputs."""
    with np.errstate(all="ignore"):
        return OPS[name].forward(context, *inputs, **attributes)
