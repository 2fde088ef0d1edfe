"""Multi-head attention and the Transformer encoder block (Vaswani et al. 2017), with PyTorch's names."""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.autograd import apply
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.checks import expect_features
from azuraforge.engine.nn.dropout import Dropout
from azuraforge.engine.nn.linear import Linear
from azuraforge.engine.nn.module import Module
from azuraforge.engine.nn.normalization import LayerNorm
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.tensor import Tensor


class MultiheadAttention(Module):
    """Attention with learnt projections: ``in_proj_weight`` ``(3 width, width)``, ``out_proj``.

    Args:
        embed_dim: width of query, key and value.
        num_heads: heads that share the width.
        dropout: dropout on the attention weights.
        generator: source of weights and dropout; the module-level one by default.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, generator: np.random.Generator | None = None
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise EngineError(f"attention width {embed_dim} is not a multiple of {num_heads} heads")
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.generator = generator
        # Xavier's uniform bound (Glorot and Bengio 2010) over the packed matrix, as PyTorch does.
        self.in_proj_weight = init.uniform((3 * embed_dim, embed_dim), math.sqrt(6 / (4 * embed_dim)), generator)
        self.in_proj_bias = init.constant((3 * embed_dim,), 0.0)
        self.out_proj = Linear(embed_dim, embed_dim, generator=generator)
        self.out_proj.bias = init.constant((embed_dim,), 0.0)

    def forward(
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        attn_mask: Array | None = None,
        key_padding_mask: Array | None = None,
        causal: bool = False,
    ) -> Tensor:
        """Compute the attention of queries to keys and values.

        Args:
            query: ``(batch, query, width)``.
            key: ``(batch, key, width)``; the query itself by default (self-attention).
            value: ``(batch, key, width)``; the key by default.
            attn_mask: boolean ``(query, key)``, true if a query must not attend to a key.
            key_padding_mask: boolean ``(batch, key)``, true if a key is padding.
            causal: whether a query attends to no later position.

        Returns:
            ``(batch, query, width)``.
        """
        expect_features("MultiheadAttention", query, self.embed_dim, self.in_proj_weight)
        if query.ndim != 3:
            raise EngineError(
                f"MultiheadAttention expects (batch, time, {self.embed_dim}), got {shape_text(query.shape)}"
            )
        own = key is None
        keys = query if key is None else key
        shape = (query.shape[0], self.num_heads, query.shape[1], keys.shape[1])
        blocked = _blocked(shape, attn_mask, key_padding_mask, causal)
        p = self.dropout if self.training else 0.0
        if own and value is None:
            keep = functional.attention_dropout(shape, p, query, self.generator)
            packed = functional.linear(query, self.in_proj_weight, self.in_proj_bias)
            mixed = apply("self_attention", packed, heads=self.num_heads, blocked=blocked, keep=keep)
        else:
            width = self.embed_dim
            query, keys, value = (
                functional.linear(
                    one,
                    self.in_proj_weight[index * width : (index + 1) * width],
                    self.in_proj_bias[index * width : (index + 1) * width],
                )
                for index, one in enumerate((query, keys, keys if value is None else value))
            )
            mixed = functional.attention(query, keys, value, self.num_heads, blocked, p, self.generator)
        projected_back: Tensor = self.out_proj(mixed)
        return projected_back

    def extra_repr(self) -> str:
        """Return width and heads as text for ``repr``."""
        return f"{self.embed_dim}, heads={self.num_heads}"


class TransformerEncoderLayer(Module):
    """Self-attention and a two-layer network, each with a residual connection and layer normalisation.

    Args:
        d_model: width.
        nhead: heads.
        dim_feedforward: width between the two linear layers.
        dropout: dropout on attention weights, between the linear layers and after each sublayer.
        activation: ``relu`` or ``gelu``.
        norm_first: normalise before each sublayer instead of after it, for more stable training of deep networks.
        generator: source of weights and dropout; the module-level one by default.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        norm_first: bool = False,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        if activation not in ("relu", "gelu"):
            raise EngineError(f"activation is 'relu' or 'gelu', got {activation!r}")
        self.activation = activation
        self.norm_first = norm_first
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, generator)
        self.linear1 = Linear(d_model, dim_feedforward, generator=generator)
        self.dropout = Dropout(dropout, generator)
        self.linear2 = Linear(dim_feedforward, d_model, generator=generator)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)

    def forward(
        self,
        x: Tensor,
        attn_mask: Array | None = None,
        key_padding_mask: Array | None = None,
        causal: bool = False,
    ) -> Tensor:
        """Encode ``(batch, time, d_model)`` in the same shape; masks as in :class:`MultiheadAttention`."""
        masks = {"attn_mask": attn_mask, "key_padding_mask": key_padding_mask, "causal": causal}
        if self.norm_first:
            x = x + self.dropout(self.self_attn(self.norm1(x), **masks))
            return x + self._feed_forward(self.norm2(x))
        x = self.norm1(x + self.dropout(self.self_attn(x, **masks)))
        result: Tensor = self.norm2(x + self._feed_forward(x))
        return result

    def _feed_forward(self, x: Tensor) -> Tensor:
        first = self.linear1
        if self.activation == "relu" and type(first) is Linear and "forward" not in first.__dict__:
            hidden = functional.linear_relu(x, first.weight, first.bias)
        else:
            hidden = (functional.relu if self.activation == "relu" else functional.gelu)(first(x))
        result: Tensor = self.dropout(self.linear2(self.dropout(hidden)))
        return result


def _blocked(
    shape: tuple[int, ...], attn_mask: Array | None, key_padding_mask: Array | None, causal: bool
) -> Array | None:
    batch, _, queries, keys = shape
    blocked: Array | None = None
    if causal:
        blocked = np.triu(np.ones((queries, keys), dtype=bool), k=1)[None, None]
    for name, mask, wanted, spread in (
        ("attn_mask", attn_mask, (queries, keys), (None, None)),
        ("key_padding_mask", key_padding_mask, (batch, keys), (slice(None), None, None)),
    ):
        if mask is None:
            continue
        array = np.asarray(mask)
        if array.shape != wanted or array.dtype != bool:
            raise EngineError(
                f"{name} must be boolean {shape_text(wanted)}, got {array.dtype} {shape_text(array.shape)}"
            )
        blocked = array[spread] if blocked is None else blocked | array[spread]
    return blocked
