"""Results of preparing the engine's kernels, and the backend that is fixed for a run."""

from __future__ import annotations

from pathlib import Path

from azuraforge.plugins.contract.shape import Shape


class PrepareInput(Shape):
    """The cache to fill; ``instruction_set`` None: the best of this processor."""

    folder: Path
    instruction_set: str | None


class Prepared(Shape):
    """Kernels of one instruction set that are cached and work here, or the ``problem`` with them.

    ``kernels`` is their hash; ``compiled_seconds`` is None if they existed already.
    """

    instruction_set: str = ""
    kernels: str = ""
    cores: int = 1
    compiled_seconds: float | None = None
    problem: str | None = None
