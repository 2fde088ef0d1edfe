"""CPU backend: SIMD kernels for the most time-consuming ops, the reference for all others.

Kernels are written once in Python (``emit.py``, ``kernels/``), adapted to the instruction set, and compiled by LLVM in
a few seconds. The object file is cached (``compiler.py``), so that later processes load it in milliseconds. The package
llvmlite is required, but imported only when this backend is selected.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import OPS, Op

if TYPE_CHECKING:
    from azuraforge.engine.backends.cpu.compiler import Kernels
    from azuraforge.engine.backends.cpu.targets import Target


def load(
    threads: int = 1,
    instruction_set: str | None = None,
    cache: str | os.PathLike[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[dict[str, Op], dict[str, Callable[..., None]]]:
    """Prepare kernels and threads; return the table of ops and the optimizer steps.

    Raises:
        EngineError: llvmlite is missing, ``threads`` is not between 1 and the number of cores, or the CPU lacks the
            instructions.
    """
    cores = os.cpu_count() or 1
    if not 1 <= threads <= cores:
        raise EngineError(f"the cpu backend can use 1 to {cores} threads on this machine, got {threads}")
    _require_llvm()
    from azuraforge.engine.backends.cpu import (
        adam,
        convolution,
        encoder,
        loss,
        matrix,
        normalization,
        recurrent,
        single,
    )
    from azuraforge.engine.backends.cpu.memory import keep_pages
    from azuraforge.engine.backends.cpu.runtime import Runtime, use
    from azuraforge.engine.backends.cpu.threads import Pool

    target, kernels = _kernels(instruction_set, cache, progress)
    keep_pages()
    use(Runtime(target, kernels, Pool(threads, kernels)))
    table = dict(OPS)
    modules = (matrix, recurrent, single, convolution, encoder, loss, normalization)
    for op in (one for module in modules for one in module.OVERRIDES):
        table[op.name] = op
    return table, {"adam": adam.update}


def prepare(
    instruction_set: str | None, cache: str | os.PathLike[str] | None, progress: Callable[[str], None] | None
) -> None:
    """Compile the kernels into the cache, unless they are there.

    Raises:
        EngineError: llvmlite is missing, or the CPU lacks the instructions.
    """
    _require_llvm()
    _kernels(instruction_set, cache, progress)


def info() -> dict[str, str | int]:
    """Return instruction set, threads and the kernels' hash of the runtime in use; call ``load`` first."""
    from azuraforge.engine.backends.cpu import compiler
    from azuraforge.engine.backends.cpu.runtime import current

    runtime = current()
    return {
        "instruction_set": runtime.target.name,
        "threads": runtime.pool.threads,
        "kernels": compiler.cache_key(runtime.target),
    }


def _require_llvm() -> None:
    try:
        import_module("llvmlite.binding")
    except ImportError as error:
        raise EngineError(f"the cpu backend needs the package llvmlite ({error}); or use 'reference'") from error


def _kernels(
    instruction_set: str | None, cache: str | os.PathLike[str] | None, progress: Callable[[str], None] | None
) -> tuple[Target, Kernels]:
    from azuraforge.engine.backends.cpu import compiler
    from azuraforge.engine.backends.cpu.kernels import DEFINITIONS

    target = compiler.choose_target(instruction_set)
    folder = compiler.cache_folder() if cache is None else Path(cache)
    return target, compiler.build(target, DEFINITIONS, folder, progress)
