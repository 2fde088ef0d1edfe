"""One generator of cases per op: shapes with empty and size-one axes, every option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from drawing import Case, Draw
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


def _unary(values: str = "normal", **options: tuple[Any, ...]) -> Callable[[Draw], Case]:
    def build(d: Draw) -> Case:
        return d.case(getattr(d, values)(*d.shape()), **{key: d.pick(*choices) for key, choices in options.items()})

    return build


def _shapes(d: Draw, count: int) -> list[tuple[int, ...]]:
    side = d.pick(1, 1, 1, 0)
    drawn = d.take(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=4, min_side=side, max_side=5))
    return list(drawn.input_shapes)


def _binary(left: str = "normal", right: str = "normal") -> Callable[[Draw], Case]:
    def build(d: Draw) -> Case:
        a, b = _shapes(d, 2)
        return d.case(getattr(d, left)(*a), getattr(d, right)(*b))

    return build


def _where(d: Draw) -> Case:
    condition, a, b = _shapes(d, 3)
    return d.case(d.normal(*condition) > 0, d.normal(*a), d.normal(*b))


def _clip(d: Draw) -> Case:
    low, high = d.pick((-0.5, 0.5), (None, 0.25), (-1.0, None))
    return d.case(d.normal(*d.shape()), low=low, high=high)


def _reduction(d: Draw) -> Case:
    shape = d.shape()
    axes = [None]
    if shape:
        axes += [d.axis(len(shape)), tuple(range(len(shape))), (0, -1) if len(shape) > 1 else (0,)]
    return d.case(d.exact(*shape), axis=d.pick(*axes), keepdims=d.yes())


def _along_one_axis(d: Draw, keeps: bool = False) -> Case:
    shape = d.shape(1)
    options = {"keepdims": d.yes()} if keeps else {}
    return d.case(d.normal(*shape, scale=d.pick(1.0, 5.0)), axis=d.axis(len(shape)), **options)


def _reshape(d: Draw) -> Case:
    shape = d.shape()
    size = int(np.prod(shape))
    others = [shape[::-1], (1, *shape), (size,), *([(size // 2, 2)] if size % 2 == 0 else [])]
    return d.case(d.normal(*shape), shape=d.pick(*others, *([(-1,)] if size else [])))


def _transpose(d: Draw) -> Case:
    shape = d.shape()
    order = tuple(d.take(st.permutations(range(len(shape)))))
    return d.case(d.normal(*shape), axes=d.pick(None, order, tuple(axis - len(shape) for axis in order)))


def _getitem(d: Draw) -> Case:
    shape = d.shape(2, 3)
    rows = d.rng.integers(-shape[0], shape[0], 4) if shape[0] else np.zeros(0, int)
    keys: list[Any] = [slice(None, None, -1), (..., slice(None, None, 2)), (slice(1, None), None), rows]
    keys += [(rows, slice(None)), d.rng.random(shape) > 0.5, d.rng.random(shape[:1]) > 0.5, (slice(None), slice(0, 0))]
    keys += [-1, (np.int64(0), slice(None, None, -2))] if shape[0] else []
    return d.case(d.normal(*shape), key=keys[d.take(st.integers(0, len(keys) - 1))])


def _broadcast_to(d: Draw) -> Case:
    shape = d.take(hnp.array_shapes(min_dims=1, max_dims=4, min_side=d.pick(1, 1, 0), max_side=4))
    kept = tuple(1 if d.yes() else size for size in shape[d.pick(0, len(shape) - 1) :])
    return d.case(d.normal(*kept), shape=shape)


def _concat(d: Draw) -> Case:
    shape = d.shape(1, 3, wide=False)
    axis = d.axis(len(shape))
    sizes = [d.small(0) for _ in range(d.pick(1, 2, 3))]
    parts = [d.normal(*[size if i == axis % len(shape) else one for i, one in enumerate(shape)]) for size in sizes]
    return d.case(*parts, axis=axis)


def _stack(d: Draw) -> Case:
    shape = d.shape(0, 3)
    return d.case(*[d.normal(*shape) for _ in range(d.pick(1, 2, 3))], axis=d.axis(len(shape) + 1))


def _pad(d: Draw) -> Case:
    shape = d.shape(1, 3)
    widths = tuple((d.pick(0, 1, 3), d.pick(0, 2)) for _ in shape)
    return d.case(d.normal(*shape), widths=widths, value=d.pick(0.0, -1.5))


def _matmul(d: Draw) -> Case:
    inner, rows, columns = d.size(0), d.size(0), d.size(0)
    a, b = (rows, inner), (inner, columns)
    form = d.pick("matrices", "vectors", "left", "right", "batches", "broadcast")
    if form in ("vectors", "left"):
        a = (inner,)
    if form in ("vectors", "right"):
        b = (inner,)
    if form in ("left", "batches", "broadcast") and d.yes():
        b = (d.pick(1, 2), *b)
    if form in ("right", "batches", "broadcast"):
        a = (2, *a)
    if form == "broadcast" and len(b) == 2:
        a = (3, 1, *a[1:])
    return d.case(d.normal(*a), d.normal(*b))


def _linear(d: Draw) -> Case:
    inner, outer = d.size(0), d.size(0)
    bias = d.normal(outer) if d.yes() else None
    return d.case(d.normal(*d.shape(0, 2)[:2], d.small(0), inner), d.normal(outer, inner), bias)


def _layer_norm(d: Draw) -> Case:
    shape = (*d.shape(1, 2), d.size(0))
    axes = d.pick(1, 1, 2)
    weight, bias = d.pick((True, True), (True, True), (True, False), (False, False))
    part = shape[-axes:]
    x = d.spread(*shape, axis=-1).astype(np.float64)
    return d.case(x, d.normal(*part) if weight else None, d.normal(*part) if bias else None, axes=axes,
                  eps=d.pick(1e-5, 1e-3))  # fmt: skip


def _batch_norm(d: Draw) -> Case:
    shape = (d.small(0), d.size(), *d.shape(1, 2)[: d.pick(0, 1, 2)])
    weight, bias = d.pick((True, True), (True, False), (False, False))
    x = d.spread(*shape, axis=0 if shape[0] > 1 else -1).astype(np.float64)
    return d.case(x, d.normal(shape[1]) if weight else None, d.normal(shape[1]) if bias else None,
                  eps=d.pick(1e-5, 1e-3))  # fmt: skip


def _reduced(d: Draw) -> str:
    return str(d.pick("mean", "sum", "none"))


def _loss(target: str = "normal", prediction: str = "normal", **options: tuple[Any, ...]) -> Callable[[Draw], Case]:
    def build(d: Draw) -> Case:
        shape = d.shape()
        chosen = {key: d.pick(*choices) for key, choices in options.items()}
        first = d.normal(*shape)
        if prediction == "probability":
            first = (1 / (1 + np.exp(-first))).astype(np.float32).astype(np.float64)
        second = d.rng.integers(0, 2, shape).astype(np.float64) if target == "truth" else d.normal(*shape)
        return d.case(first, second, reduction=_reduced(d), **chosen)

    return build


def _quantile(d: Draw) -> Case:
    shape, levels = d.shape(0, 3), np.array(d.pick((0.5,), (0.125, 0.5, 0.75)))
    return d.case(d.normal(*shape, levels.size), d.normal(*shape), quantiles=levels, reduction=_reduced(d))


def _gaussian_nll(d: Draw) -> Case:
    shape = d.shape()
    return d.case(d.normal(*shape), d.normal(*shape), d.positive(*shape), full=d.yes(), eps=d.pick(1e-6, 1e-3),
                  reduction=_reduced(d))  # fmt: skip


def _cross_entropy(d: Draw) -> Case:
    batch, classes, rest = d.small(0), d.size(), d.shape(1, 2, wide=False)[: d.pick(0, 0, 1, 2)]
    target = d.rng.integers(0, classes, (batch, *rest))
    ignored = d.pick(-100, 0)
    if d.yes():
        target[d.rng.random(target.shape) > 0.7] = ignored
    return d.case(
        d.normal(batch, classes, *rest, scale=d.pick(1.0, 6.0)), target, ignore_index=ignored,
        class_weights=d.positive(classes) if d.yes() else None, label_smoothing=d.pick(0.0, 0.125),
        reduction=_reduced(d),
    )  # fmt: skip


def _embedding(d: Draw) -> Case:
    rows = d.size() + 1
    padding = d.pick(None, rows - 1)  # the row that never learns is not looked up here: its gradient is no derivative
    return d.case(d.normal(rows, d.size()), d.rng.integers(0, rows - 1, d.shape()), padding_index=padding, plain=(0,))


def _embedding_bag(d: Draw) -> Case:
    rows, sizes = d.size(), [d.small(0) for _ in range(d.small(0))]
    offsets = np.concatenate([[0], np.cumsum(sizes)])[: len(sizes)].astype(np.int64)
    indices = d.rng.integers(0, rows, sum(sizes))
    return d.case(d.normal(rows, d.size()), indices, offsets, mode=d.pick("sum", "mean", "max"), plain=(0, 1, 2))


def _conv2d(d: Draw) -> Case:
    groups, kernel = d.pick((1, (3, 3)), (1, (3, 3)), (1, (3, 3)), (1, (1, 1)), (1, (1, 4)), (2, (3, 3)), (2, (2, 3)))
    free = kernel != (3, 3) or d.pick(0, 0, 1)
    stride, dilation = d.pick((1, 1), (2, 1), (1, 2), (2, 2)) if free else (1, 1), d.pick(1, 2) if free else 1
    inputs, outputs = groups * d.pick(1, 2, 9, 16, 17), groups * d.pick(1, 3, 8, 15, 17)
    size = [d.pick(0, 1, 2, 3), inputs, d.pick(5, 6, 8, 9), d.pick(7, 8, 12, 18)]
    padding = d.pick((0, 0), (1, 1), (2, 1), (0, 2), (3, 3))
    weight = d.normal(outputs, inputs // groups, *kernel, scale=0.3)
    return d.case(d.normal(*size), weight, d.normal(outputs) if d.yes() else None, stride=stride, padding=padding,
                  dilation=(dilation, dilation), groups=groups)  # fmt: skip


def _conv_relu_pool(d: Draw) -> Case:
    inputs, outputs, kernel = d.pick(1, 5, 9, 17), d.pick(1, 3, 8, 17, 33), d.pick(3, 3, 3, 3, 5)
    size = (d.pick(1, 2, 3, 0), inputs, d.pick(6, 8, 10, 9), d.pick(8, 14, 6, 11))
    bias = d.exact(outputs) if d.pick(1, 1, 0) else None
    return d.case(d.exact(*size), d.exact(outputs, inputs, kernel, kernel), bias,
                  padding=d.pick((0, 0), (1, 1), (2, 1), (2, 2)))  # fmt: skip


def _pool(d: Draw) -> Case:
    kernel = d.pick((2, 2), (1, 3), (3, 2))
    padding = d.pick((0, 0), (kernel[0] // 2, kernel[1] // 2))
    size = (d.small(0), d.small(), d.pick(4, 5), d.pick(4, 7))
    return d.case(d.exact(*size), kernel=kernel, stride=d.pick(kernel, (1, 1), (2, 3)), padding=padding)


def _masks(d: Draw, batch: int, heads: int, query: int, key: int) -> dict[str, Any]:
    blocked = d.pick(None, None, (query, key), (batch, 1, 1, key))
    return {
        "heads": heads,
        "blocked": None if blocked is None else d.rng.random(blocked) > 0.6,
        "keep": d.rng.integers(0, 2, (batch, heads, query, key)) * 2.0 if d.pick(0, 0, 1) else None,
    }


def _attention(d: Draw) -> Case:
    batch, heads, query, key = d.small(0), d.pick(1, 2, 3), d.small(0), d.size(0)
    width = heads * d.pick(1, 2, 5, 8, 16)
    shapes = [(batch, query, width), (batch, key, width), (batch, key, width)]
    return d.case(*[d.normal(*shape) for shape in shapes], **_masks(d, batch, heads, query, key))


def _self_attention(d: Draw) -> Case:
    batch, heads, time = d.small(0), d.pick(1, 2, 3), d.size(0)
    width = heads * d.pick(1, 2, 5, 8, 16, 17)
    return d.case(d.normal(batch, time, 3 * width), **_masks(d, batch, heads, time, time))


def _recurrent(gates: int, states: int) -> Callable[[Draw], Case]:
    def build(d: Draw) -> Case:
        batch, time, features, hidden = d.pick(0, 1, 2, 3, 7, 13), d.pick(0, 1, 2, 5, 9), d.size(), d.size()
        rows, scale = gates * hidden, 1 / np.sqrt(hidden)
        bias = [d.normal(rows), d.normal(rows)] if d.pick(1, 1, 1, 0) else [None, None]
        lengths = d.rng.integers(1, time + 1, batch) if time and d.pick(0, 0, 0, 1) else None
        return d.case(
            d.normal(batch, time, features), *[d.normal(batch, hidden) for _ in range(states)],
            d.normal(rows, features, scale=scale), d.normal(rows, hidden, scale=scale), *bias, outputs=states + 1,
            reverse=d.yes(), lengths=lengths,
        )  # fmt: skip

    return build


CASES: dict[str, Callable[[Draw], Case]] = {
    **{name: _unary() for name in ("neg", "abs", "exp", "relu", "tanh", "sigmoid", "silu", "gelu", "softplus")},
    **{name: _unary("positive") for name in ("log", "sqrt")},
    "leaky_relu": _unary(slope=(0.01, 0.125)),
    "astype": _unary(dtype=(np.dtype(np.float64),)),
    **{name: _binary() for name in ("add", "sub", "mul", "maximum", "minimum")},
    "div": _binary(right="positive"),
    "pow": _binary(left="positive"),
    "where": _where,
    "clip": _clip,
    **dict.fromkeys(("sum", "mean", "var", "max", "min"), _reduction),
    "logsumexp": lambda d: _along_one_axis(d, keeps=True),
    "softmax": _along_one_axis,
    "log_softmax": _along_one_axis,
    "reshape": _reshape,
    "transpose": _transpose,
    "getitem": _getitem,
    "broadcast_to": _broadcast_to,
    "concat": _concat,
    "stack": _stack,
    "pad": _pad,
    "matmul": _matmul,
    "linear": _linear,
    "linear_relu": _linear,
    "layer_norm": _layer_norm,
    "batch_norm": _batch_norm,
    "mse_loss": _loss(),
    "l1_loss": _loss(),
    "huber_loss": _loss(delta=(0.5, 1.0)),
    "bce_loss": _loss("truth", "probability"),
    "bce_with_logits": _loss("truth"),
    "quantile_loss": _quantile,
    "gaussian_nll_loss": _gaussian_nll,
    "cross_entropy": _cross_entropy,
    "embedding": _embedding,
    "embedding_bag": _embedding_bag,
    "conv2d": _conv2d,
    "conv_relu_pool": _conv_relu_pool,
    "max_pool2d": _pool,
    "avg_pool2d": _pool,
    "attention": _attention,
    "self_attention": _self_attention,
    "lstm": _recurrent(4, 2),
    "gru": _recurrent(3, 1),
}
