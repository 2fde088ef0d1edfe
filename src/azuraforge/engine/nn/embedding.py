"""Tables of learnt vectors."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.autograd import apply
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.nn import functional
from azuraforge.engine.nn.module import Module, Parameter
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.random import default_generator
from azuraforge.engine.tensor import Tensor


def _table(rows: int, width: int, padding_idx: int | None, generator: np.random.Generator | None) -> Parameter:
    if min(rows, width) < 1:
        raise EngineError(f"Embedding sizes must be at least 1, got {rows} and {width}")
    if padding_idx is not None and not 0 <= padding_idx < rows:
        raise EngineError(f"padding_idx {padding_idx} is not a row of {rows}")
    source = generator if generator is not None else default_generator()
    values = source.standard_normal((rows, width), dtype=np.float32)
    if padding_idx is not None:
        values[padding_idx] = 0
    return Parameter(values)


class Embedding(Module):
    """Table with a learnt vector of ``embedding_dim`` numbers for each of ``num_embeddings`` indices.

    Args:
        num_embeddings: rows of the table.
        embedding_dim: width of the table.
        padding_idx: a row that is zero and never learns.
        generator: source of the first values; the module-level one by default.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self.padding_idx = padding_idx
        self.weight = _table(num_embeddings, embedding_dim, padding_idx, generator)

    def forward(self, indices: Tensor | Array) -> Tensor:
        """Map integers ``(…)`` to ``(…, embedding_dim)``."""
        return functional.embedding(indices, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """Return the table's shape as text for ``repr``."""
        return f"{self.weight.shape[0]} × {self.weight.shape[1]}"


class EmbeddingBag(Module):
    """Table of learnt vectors that returns the sum, mean or maximum of several rows without storing the rows.

    Args:
        num_embeddings, embedding_dim: shape of the table.
        mode: ``mean``, ``sum`` or ``max``.
        generator: source of the first values; the module-level one by default.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        mode: str = "mean",
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        if mode not in ("mean", "sum", "max"):
            raise EngineError(f"EmbeddingBag mode is 'mean', 'sum' or 'max', got {mode!r}")
        self.mode = mode
        self.weight = _table(num_embeddings, embedding_dim, None, generator)

    def forward(self, indices: Tensor | Array, offsets: Tensor | Array | None = None) -> Tensor:
        """Map bags of integers to ``(bag, embedding_dim)``.

        Args:
            indices: ``(bag, size)``, or ``(total,)`` with ``offsets``.
            offsets: ``(bag,)``, where each bag begins in ``indices``; a bag may be empty (zeros).
        """
        values = np.asarray(indices)
        if (values.ndim == 2) == (offsets is not None) or values.ndim not in (1, 2):
            raise EngineError(
                f"EmbeddingBag expects indices (bag, size), or (total,) with offsets; got {shape_text(values.shape)}"
            )
        if offsets is None:
            starts = np.arange(values.shape[0]) * values.shape[1]
            values = values.reshape(-1)
        else:
            starts = np.asarray(offsets)
            if not starts.size:
                starts = starts.astype(np.int64)  # an empty list has no dtype of its own
        return apply("embedding_bag", self.weight, Tensor(values), Tensor(starts), mode=self.mode)

    def extra_repr(self) -> str:
        """Return the table's shape and the mode as text for ``repr``."""
        return f"{self.weight.shape[0]} × {self.weight.shape[1]}, {self.mode}"
