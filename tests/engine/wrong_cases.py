"""Cases that are wrong by construction: one size, option or dtype of a right case is changed.

What fits is written down here a second time, as patterns of named sizes, so that a contract that forgets a rule is not
believed: ``"4h"`` is four times the size ``h``, ``"*"`` any sizes (the same ones wherever it stands), ``?`` may be
missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from drawing import Case, Draw, lay_out

PATTERNS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("linear", "linear_relu"), ("* i", "o i", "o?")),
    "conv2d": ("b c h w", "o k y x", "o?"),
    "conv_relu_pool": ("b c h w", "o c y x", "o?"),
    "batch_norm": ("b c *", "c?", "c?"),
    "lstm": ("b t f", "b h", "b h", "4h f", "4h h", "4h?", "4h?"),
    "gru": ("b t f", "b h", "3h f", "3h h", "3h?", "3h?"),
    "attention": ("b q w", "b k w", "b k w"),
    "self_attention": ("b t 3w",),
    **dict.fromkeys(("mse_loss", "l1_loss", "huber_loss", "bce_loss", "bce_with_logits"), ("*", "*")),
    "gaussian_nll_loss": ("*", "*", "*"),
    "quantile_loss": ("* q", "*"),
    "cross_entropy": ("b c *", "b *"),
    **dict.fromkeys(("max_pool2d", "avg_pool2d"), ("b c h w",)),
    "embedding": ("r w", "*"),
    "embedding_bag": ("r w", "n", "m"),
}
ONE_DTYPE = (
    "linear",
    "linear_relu",
    "conv2d",
    "conv_relu_pool",
    "batch_norm",
    "layer_norm",
    "lstm",
    "gru",
    "attention",
)
NO_INTEGERS = ("gelu", "silu", "softplus", "leaky_relu", "softmax", "log_softmax", "logsumexp", "self_attention",
               "mse_loss", "l1_loss", "huber_loss", "cross_entropy", "max_pool2d", "avg_pool2d")  # fmt: skip
NAN = float("nan")
BAD_EPS = (-1.0, NAN, float("inf"), 1e300)
BAD_REDUCTION = ("avg", None)


@dataclass
class Wrong:
    """A wrong application of an op: the arrays as they lie in memory, the options, and what is wrong about them."""

    name: str
    arrays: list[np.ndarray | None]
    options: dict[str, Any]
    what: str

    def __str__(self) -> str:
        shapes = [None if one is None else (one.shape, str(one.dtype), one.strides) for one in self.arrays]
        return f"{self.name}: {self.what}; {shapes}; {self.options}"


def fits(name: str, arrays: list[np.ndarray | None], options: dict[str, Any]) -> bool:
    """Whether the shapes agree with the op's pattern."""
    if name == "layer_norm":
        tail = arrays[0].shape[arrays[0].ndim - options["axes"] :]
        return all(one is None or one.shape == tail for one in arrays[1:])
    sizes: dict[str, Any] = {}
    for pattern, array in zip(PATTERNS[name], arrays, strict=True):
        if array is None:
            if not pattern.endswith("?"):
                return False
        elif not _unify(pattern.rstrip("?").split(), array.shape, sizes):
            return False
    if name == "conv2d":
        return sizes["c"] == sizes["k"] * options["groups"] and sizes["o"] % options["groups"] == 0
    if name == "quantile_loss":
        return bool(sizes["q"] == options["quantiles"].size)
    if name in ("lstm", "gru"):
        return (arrays[-1] is None) == (arrays[-2] is None)
    return True


def _unify(words: list[str], shape: tuple[int, ...], sizes: dict[str, Any]) -> bool:
    if "*" in words:
        place = words.index("*")
        after = len(words) - place - 1
        if len(shape) < place + after:
            return False
        middle = shape[place : len(shape) - after]
        if sizes.setdefault("*", middle) != middle:
            return False
        shape, words = shape[:place] + shape[len(shape) - after :], words[:place] + words[place + 1 :]
    if len(words) != len(shape):
        return False
    for word, size in zip(words, shape, strict=True):
        factor, key = (int(word[0]), word[1:]) if word[0].isdigit() else (1, word)
        if size % factor or sizes.setdefault(key, size // factor) != size // factor:
            return False
    return True


def make_wrong(name: str, case: Case, draw: Draw) -> Wrong | None:
    """Break a right case of an op in one place, ``None`` where nothing can be broken."""
    arrays, options = case.arrays(np.float32), case.options(np.float32)
    ways: list[Callable[[], Wrong | None]] = []
    if name in PATTERNS or name == "layer_norm":
        ways += [lambda: _resized(name, arrays, options, draw)] * 3
    given = [place for place, one in enumerate(arrays) if one is not None and one.dtype.kind == "f" and one.size]
    if name in ONE_DTYPE and len(given) > 1:
        ways.append(lambda: _retyped(name, arrays, options, draw.pick(*given), np.float64))
    if name in NO_INTEGERS:
        ways.append(lambda: _retyped(name, arrays, options, 0, np.int64))
    settings = list(_bad_options(name, arrays, options))
    if settings:
        ways += [lambda: _with_options(name, arrays, options, draw.pick(*settings))] * 2
    values = list(_bad_arrays(name, arrays, options))
    if values:
        ways.append(lambda: _with_array(name, arrays, options, draw.pick(*values)))
    return draw.pick(*ways)() if ways else None


WRONG_OPS = sorted({*PATTERNS, *NO_INTEGERS, "layer_norm", "sum", "mean", "var", "max", "min", "transpose", "reshape",
                    "concat", "stack", "pad", "broadcast_to", "getitem", "matmul"})  # fmt: skip


def _resized(name: str, arrays: list[Any], options: dict[str, Any], draw: Draw) -> Wrong | None:
    place = draw.pick(*[index for index, one in enumerate(arrays) if one is not None])
    old = arrays[place]
    shape = list(old.shape)
    way = draw.pick("more", "less", "one", "none", "many", "flat", "deep", "swapped", "missing", "scalar")
    axis = draw.pick(*range(old.ndim)) if old.ndim else 0
    if way in ("more", "less", "one", "none", "many") and shape:
        size = shape[axis]
        shape[axis] = {"more": size + 1, "less": max(size - 1, 0), "one": 1, "none": 0, "many": 3 * size + 7}[way]
    elif way == "flat":
        shape = [int(np.prod(shape))]
    elif way == "deep":
        shape.insert(axis, draw.pick(1, 2))
    elif way == "swapped":
        shape = shape[::-1]
    elif way == "scalar":
        shape = []
    new: Any = None
    if way != "missing":
        new = lay_out(
            np.resize(old.ravel() if old.size else np.zeros(1, old.dtype), shape), draw.pick("plain", "stepped")
        )
    changed = [new if index == place else one for index, one in enumerate(arrays)]
    if way == "missing" and (name == "layer_norm" or not PATTERNS[name][place].endswith("?")):
        return None
    if fits(name, changed, options):
        return None
    return Wrong(name, changed, options, f"input {place} {way}")


def _retyped(name: str, arrays: list[Any], options: dict[str, Any], place: int, dtype: Any) -> Wrong:
    changed = [one.astype(dtype) if index == place else one for index, one in enumerate(arrays)]
    return Wrong(name, changed, options, f"input {place} of {np.dtype(dtype)}")


def _with_options(name: str, arrays: list[Any], options: dict[str, Any], change: tuple[str, Any]) -> Wrong:
    key, value = change
    return Wrong(name, arrays, {**options, key: value}, f"{key}={value!r}")


def _with_array(name: str, arrays: list[Any], options: dict[str, Any], change: tuple[int, Any, str]) -> Wrong:
    place, value, what = change
    return Wrong(name, [value if index == place else one for index, one in enumerate(arrays)], options, what)


def _bad_options(name: str, arrays: list[Any], options: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield options that no case of this op may have."""
    dims = arrays[0].ndim
    for key in options:
        if key == "stride":
            yield from ((key, bad) for bad in ((0, 1), (1, 0), (-1, 1), (-2, -2), (1.5, 1), (1,), 1, None, (1, 1, 1)))
        elif key == "dilation":
            yield from ((key, bad) for bad in ((0, 1), (1, -1), (1,), 2.0, (2**40, 2**40)) if bad != (2**40, 2**40)
                        or arrays[1].shape[2:] != (1, 1))  # fmt: skip
        elif key == "padding":
            most = options.get("kernel")
            yield from ((key, bad) for bad in ((-1, 0), (0, -1), (-3, -3), (0.5, 0), (1,), None))
            if most is not None:
                yield key, (most[0], 0)
                yield key, (0, most[1] // 2 + 1)
        elif key == "groups":
            yield from ((key, bad) for bad in (0, -1, 1.5, options["groups"] * arrays[1].shape[0] + 1))
        elif key == "kernel":
            yield from ((key, bad) for bad in ((0, 1), (1, 0), (-2, 2), (2,), (1000, 1), (1, 1000)))
        elif key == "axes" and name == "layer_norm":
            yield from ((key, bad) for bad in (0, -1, dims + 1, 1.5, None))
        elif key == "axes" and dims:
            order = tuple(range(dims))
            yield from ((key, bad) for bad in ((*order[:-1], dims), order[:-1], (*order, 0), (*order[:-1], -dims - 1)))
            if dims > 1:
                yield key, (0,) * dims
        elif key == "axis":
            most = dims + (name == "stack")
            yield from ((key, bad) for bad in (most, -most - 1, 1000, 0.5, "x") if dims)
            if name in ("softmax", "log_softmax", "logsumexp", "concat", "stack"):
                yield key, None
            elif dims:
                yield from ((key, bad) for bad in ((0, 0), (0, dims)))
        elif key == "eps":
            yield from ((key, bad) for bad in BAD_EPS)
        elif key == "reduction":
            yield from ((key, bad) for bad in BAD_REDUCTION)
        elif key == "delta":
            yield from ((key, bad) for bad in (0.0, -1.0, NAN))
        elif key == "heads":
            width = arrays[0].shape[2] // (3 if name == "self_attention" else 1)
            yield from ((key, bad) for bad in (0, -1, width + 1, 1.5, None))
        elif key in ("blocked", "keep"):
            yield from _bad_masks(name, key, arrays, options)
        elif key == "lengths":
            batch, time, _ = arrays[0].shape
            wrong = ((batch + 1, 1), (batch, 0), (batch, time + 1), (batch, -1), (batch, 1.0))
            yield from ((key, np.full(number, value)) for number, value in wrong if number)
        elif key == "class_weights":
            yield key, np.ones(arrays[0].shape[1] + 1, np.float32)
            yield key, np.ones((1, arrays[0].shape[1]), np.float32)
        elif key == "ignore_index":
            yield from ((key, bad) for bad in (2**70, 0.5, None))
        elif key == "label_smoothing":
            yield from ((key, bad) for bad in (-0.1, 1.1, NAN))
        elif key == "padding_index":
            yield from ((key, bad) for bad in (arrays[0].shape[0], -arrays[0].shape[0] - 1))
        elif key == "mode":
            yield key, "median"
        elif key == "shape" and name == "reshape":
            size = arrays[0].size
            yield from ((key, bad) for bad in ((size + 1,), (-1, -1), (-2, size), (3, size + 1), ("a",)))
        elif key == "shape":
            if max(arrays[0].shape, default=1) > 1:
                yield key, (7, *[size + 3 for size in arrays[0].shape])
            if dims:
                yield key, arrays[0].shape[1:]
        elif key == "widths":
            yield from ((key, bad) for bad in (((-1, 0),) * dims, options["widths"][:-1], (*options["widths"], (0, 0))))
        elif key == "key":
            yield from ((key, bad) for bad in (arrays[0].shape[0], (0,) * (dims + 1), np.array([10**6]), 0.5, "x"))


def _bad_masks(name: str, key: str, arrays: list[Any], options: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    batch, query = arrays[0].shape[:2]
    keys = query if name == "self_attention" else arrays[1].shape[1]
    shape = (batch, options["heads"], query, keys)
    kind = bool if key == "blocked" else np.float32
    yield key, np.ones((*shape[:3], keys + 2), kind)
    yield key, np.ones((2, *shape), kind)
    yield key, np.ones((batch + 2, *shape[1:]), kind)
    if key == "blocked":
        yield key, np.ones(shape, np.float32)
    elif np.prod(shape[:2]) > 1:
        yield key, np.ones(shape[2:], kind)


def _bad_arrays(name: str, arrays: list[Any], options: dict[str, Any]) -> Iterator[tuple[int, Any, str]]:
    """Yield inputs of the right shape, or of a shape that the pattern cannot judge, that are wrong all the same."""
    if name in ("embedding", "embedding_bag") and arrays[1].size:
        for bad in (arrays[0].shape[0], -1, 2**40):
            yield 1, np.full(arrays[1].shape, bad), f"indices of {bad}"
        yield 1, arrays[1].astype(np.float32), "indices of float32"
    if name == "embedding_bag" and arrays[2].size:
        yield 2, arrays[2] + 1, "offsets that begin at 1"
        yield 2, np.append(arrays[2], arrays[1].size + 1), "an offset beyond the end"
        yield 2, arrays[2].astype(np.float32), "offsets of float32"
    if name == "cross_entropy" and arrays[1].size:
        for bad in (arrays[0].shape[1], -1, 2**40, -(2**40)):
            yield 1, np.full(arrays[1].shape, bad), f"classes of {bad}"
        yield 1, arrays[1].astype(np.float32), "classes of float32"
    if name == "matmul":
        longer = [*arrays[0].shape[:-1], arrays[0].shape[-1] + 1]
        yield 0, np.ones(longer, np.float32), "an inner size too many"
        yield 0, np.ones((), np.float32), "a scalar"
    if name in ("conv2d", "conv_relu_pool"):
        height = arrays[0].shape[2] + 2 * options["padding"][0] + 1
        wide = (*arrays[1].shape[:2], height, arrays[1].shape[3])
        yield 1, np.ones(wide, np.float32), "a window higher than the image"
        yield 1, np.ones((*arrays[1].shape[:3], 0), np.float32), "a window without columns"
    if name == "layer_norm":
        yield 0, np.ones((*arrays[0].shape[:-1], 0), np.float32), "nothing to normalise"
    if name == "batch_norm":
        yield 0, np.ones((0, *arrays[0].shape[1:]), np.float32), "no examples"
