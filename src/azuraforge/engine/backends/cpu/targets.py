"""Instruction sets for which kernels are compiled."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Processor features for which kernels are compiled.

    Attributes:
        name: ``avx512``, ``avx2`` or ``portable``.
        width: float32 lanes of a vector.
        registers: number of vector registers, which limits the accumulators of a tile.
        fma: whether a fused multiply-add is an instruction (else it would be a slow library call).
    """

    name: str
    width: int
    registers: int
    fma: bool


AVX512 = Target("avx512", 16, 32, True)
AVX2 = Target("avx2", 8, 16, True)
PORTABLE = Target("portable", 4, 16, False)
PORTABLE_FMA = Target("portable", 4, 32, True)  # NEON
