"""The CPU backend: SIMD kernels for the hot ops, the reference for all others.

Kernels are written once in Python (``emit.py``, ``kernels/``), shaped for the instruction set, and compiled by
LLVM in under a second; the object file is kept (``compiler.py``), so that later processes load it in
milliseconds. The package llvmlite is needed, and imported only when this backend is chosen.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import OPS, Op


def load(
    threads: int = 1,
    instruction_set: str | None = None,
    cache: str | os.PathLike[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[dict[str, Op], dict[str, Callable[..., None]]]:
    """Prepare kernels and threads; return the table of ops and the optimizer steps.

    Raises:
        EngineError: llvmlite is missing, there are fewer cores than threads, or the CPU lacks the instructions.
    """
    cores = os.cpu_count() or 1
    if not 1 <= threads <= cores:
        raise EngineError(f"the cpu backend can use 1 to {cores} threads on this machine, got {threads}")
    try:
        from azuraforge.engine.backends.cpu import adam, compiler, convolution, encoder, matrix, recurrent
    except ImportError as error:
        raise EngineError(f"the cpu backend needs the package llvmlite ({error}); or use 'reference'") from error
    from azuraforge.engine.backends.cpu.kernels import DEFINITIONS
    from azuraforge.engine.backends.cpu.runtime import Runtime, use
    from azuraforge.engine.backends.cpu.threads import Pool

    target = compiler.choose_target(instruction_set)
    folder = compiler.cache_folder() if cache is None else Path(cache)
    use(Runtime(target, compiler.build(target, DEFINITIONS, folder, progress), Pool(threads)))
    table = dict(OPS)
    modules = (matrix, recurrent, convolution, encoder)
    for op in (one for module in modules for one in module.OVERRIDES):
        table[op.name] = op
    return table, {"adam": adam.update}
