"""Encoder and decoder of T5 as used by Chronos-Bolt, computed with NumPy in single precision.

Source: Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020. Weight
names are those of T5 in Hugging Face Transformers. The decoder computes a single position, so its self-attention is the
value of that position, and no causal mask is needed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from azuraforge.apps.forecasting.pretrained.weights_folder import BoltConfig
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Flags, Indices

Single = NDArray[np.float32]
_SAME = "place config.json and model.safetensors of the same Chronos-Bolt model in the folder"


class Tensors:
    """Weights by name; the shape of each tensor is checked when it is read."""

    def __init__(self, weights: Mapping[str, Single]) -> None:
        self._weights = weights

    def get(self, name: str, *shape: int) -> Single:
        """Return the tensor ``name``. Raises InvalidInput if it is missing or its shape is not ``shape``."""
        found = self._weights.get(name)
        if found is None:
            raise InvalidInput("the tensor {name} is missing", where="model.safetensors", next_step=_SAME, name=name)
        if found.shape != shape:
            raise InvalidInput(
                "the tensor {name} has shape {found}, but config.json requires {expected}",
                where="model.safetensors",
                next_step=_SAME,
                name=name,
                found=str(found.shape),
                expected=str(shape),
            )
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._weights


class Encoder:
    """Encoder of T5.

    Shapes:
        x: patches, ``(batch, patch, d_model)``.
        counts: mask, ``(batch, patch)``; True for the patches to attend to.
        result: ``(batch, patch, d_model)``.

    Raises InvalidInput if a tensor is missing or its shape does not match ``config``.
    """

    def __init__(self, config: BoltConfig, tensors: Tensors) -> None:
        self._config = config
        self._blocks = [_Block(config, tensors, f"encoder.block.{index}") for index in range(config.num_layers)]
        self._bias = tensors.get(
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            config.relative_attention_num_buckets,
            config.num_heads,
        )
        self._norm = tensors.get("encoder.final_layer_norm.weight", config.d_model)

    def __call__(self, x: Single, counts: Flags) -> Single:
        config = self._config
        buckets = relative_buckets(
            x.shape[1], config.relative_attention_num_buckets, config.relative_attention_max_distance
        )
        # (1, head, patch, patch) for distances, (batch, 1, 1, patch) for patches without a known value.
        bias = np.moveaxis(self._bias[buckets], 2, 0)[None] + _masked(counts)
        for block in self._blocks:
            x = x + block.attend("self", x, x, bias)
            x = x + block.feed_forward(x)
        return _normed(x, self._norm, config.layer_norm_epsilon)


class Decoder:
    """Decoder of T5 for a single position.

    Shapes:
        found: output of the encoder, ``(batch, patch, d_model)``.
        counts: mask, ``(batch, patch)``; True for the patches to attend to.
        result: ``(batch, 1, d_model)``.

    Raises InvalidInput if a tensor is missing or its shape does not match ``config``.
    """

    def __init__(self, config: BoltConfig, tensors: Tensors, start: Single) -> None:
        self._config = config
        self._start = start
        self._blocks = [
            _Block(config, tensors, f"decoder.block.{index}", decodes=True)
            for index in range(config.num_decoder_layers)
        ]
        self._norm = tensors.get("decoder.final_layer_norm.weight", config.d_model)

    def __call__(self, found: Single, counts: Flags) -> Single:
        x = np.broadcast_to(self._start, (len(found), 1, self._config.d_model))
        bias = _masked(counts)
        for block in self._blocks:
            x = x + block.value_of_itself(x)
            x = x + block.attend("cross", x, found, bias)
            x = x + block.feed_forward(x)
        return _normed(x, self._norm, self._config.layer_norm_epsilon)


class _Block:
    """Transformer layer: self-attention, in the decoder also cross-attention, and a feed-forward network."""

    def __init__(self, config: BoltConfig, tensors: Tensors, name: str, *, decodes: bool = False) -> None:
        self._heads, self._epsilon = config.num_heads, config.layer_norm_epsilon
        model, inner = config.d_model, config.num_heads * config.d_kv
        places = {"self": f"{name}.layer.0.SelfAttention"}
        if decodes:
            places["cross"] = f"{name}.layer.1.EncDecAttention"
        self._attention = {
            which: tuple(
                np.ascontiguousarray(tensors.get(f"{place}.{each}.weight", *shape).T)
                for each, shape in (
                    ("q", (inner, model)),
                    ("k", (inner, model)),
                    ("v", (inner, model)),
                    ("o", (model, inner)),
                )
            )
            for which, place in places.items()
        }
        self._norms = {
            which: tensors.get(f"{place.rsplit('.', 1)[0]}.layer_norm.weight", model) for which, place in places.items()
        }
        last = f"{name}.layer.{len(places)}"
        dense = f"{last}.DenseReluDense"
        self._norms["dense"] = tensors.get(f"{last}.layer_norm.weight", model)
        self._gated = config.feed_forward_proj == "gated-gelu"
        names = ("wi_0", "wi_1") if self._gated else ("wi",)
        self._into = [
            np.ascontiguousarray(tensors.get(f"{dense}.{each}.weight", config.d_ff, model).T) for each in names
        ]
        self._out = np.ascontiguousarray(tensors.get(f"{dense}.wo.weight", model, config.d_ff).T)
        self._activation = config.dense_act_fn

    def attend(self, which: str, x: Single, over: Single, bias: Single) -> Single:
        """Return the attention of ``x`` to itself or to ``over``, in the shape of ``x``, before it is added to ``x``.

        If ``which`` is ``"self"``, keys and values come from the normalised ``x``; if it is ``"cross"``, they come from
        ``over``, the output of the encoder, without normalisation.
        """
        query, key, value, out = self._attention[which]
        normed = _normed(x, self._norms[which], self._epsilon)
        rows = normed if which == "self" else over
        asked, keys, values = (self._by_head(part) for part in (normed @ query, rows @ key, rows @ value))
        scores = asked @ np.swapaxes(keys, -1, -2)  # T5 does not divide by the square root of the width
        scores += bias
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        joined = np.moveaxis(scores @ values, 1, 2)
        return np.asarray(joined.reshape(*joined.shape[:2], -1) @ out)

    def value_of_itself(self, x: Single) -> Single:
        """Return the self-attention of a single position, whose weight is always one."""
        _, _, value, out = self._attention["self"]
        return np.asarray(_normed(x, self._norms["self"], self._epsilon) @ value @ out)

    def feed_forward(self, x: Single) -> Single:
        """Return the output of the feed-forward network, which is gated if the config requires it."""
        normed = _normed(x, self._norms["dense"], self._epsilon)
        hidden = activated(normed @ self._into[0], self._activation)
        if self._gated:
            hidden = hidden * (normed @ self._into[1])
        return np.asarray(hidden @ self._out)

    def _by_head(self, x: Single) -> Single:
        return np.swapaxes(x.reshape(x.shape[0], x.shape[1], self._heads, -1), 1, 2)


def activated(x: Single, name: str) -> Single:
    """Return the activation of each number: ``relu``, or the tanh form of GELU."""
    if name == "relu":
        return np.maximum(x, 0)
    inner = np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x**3)
    return np.asarray(np.float32(0.5) * x * (1 + np.tanh(inner)), dtype=np.float32)


def relative_buckets(length: int, buckets: int, furthest: int) -> Indices:
    """Return the bucket of the distance between each two of ``length`` positions, ``(query, key)``.

    Each short distance has a separate bucket; longer distances share buckets of logarithmic width.

    Example:
        >>> relative_buckets(3, 32, 128).tolist()
        [[0, 17, 18], [1, 0, 17], [2, 1, 0]]
    """
    places = np.arange(length)
    distance = places[None, :] - places[:, None]
    half = buckets // 2
    exact = half // 2
    size = np.abs(distance)
    with np.errstate(divide="ignore"):
        grown = np.log(np.float32(size) / np.float32(exact)) / np.float32(np.log(furthest / exact)) * (half - exact)
    far = np.minimum(exact + np.where(size > 0, grown, 0).astype(np.int64), half - 1)
    return np.asarray(np.where(distance > 0, half, 0) + np.where(size < exact, size, far), dtype=np.int64)


def _masked(counts: Flags) -> Single:
    return np.where(counts[:, None, None, :], np.float32(0), np.finfo(np.float32).min).astype(np.float32)


def _normed(x: Single, weight: Single, epsilon: float) -> Single:
    """Divide by the root mean square and multiply by ``weight``, without subtracting a mean or adding a bias."""
    size = np.mean(np.square(x), axis=-1, keepdims=True, dtype=np.float32)
    return np.asarray(x / np.sqrt(size + np.float32(epsilon)) * weight)
