"""Self-attention of one head of one example at a time, whose data fit into the cache.

Each row of ``3 * width`` numbers contains a query, a key and a value. The products are calls of ``gemm``.
"""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.functions import exp
from azuraforge.engine.backends.cpu.values import Value


def _rows(e: Emitter, weights: Value, time: Value, scale: Value) -> None:
    """Emit softmax over each row of ``(time, time)``, in place, after multiplying by ``scale``."""
    width = e.target.width
    with e.loop(0, time) as row:
        here = e.at(weights, row * time)
        top = e.variable(e.splat(-3.0e38))
        with e.loop(0, time, width) as column:
            mask = e.mask(e.least(time - column, width))
            value = e.select(mask, e.load(here, column, mask) * scale, e.splat(-3.0e38))
            e.store(value, here, column, mask)
            top.set(e.maximum(value, top.get()))
        highest = e.splat(e.largest(top.get()))
        total = e.variable(e.zero())
        with e.loop(0, time, width) as column:
            mask = e.mask(e.least(time - column, width))
            value = e.select(mask, exp(e, e.load(here, column, mask) - highest), e.zero())
            e.store(value, here, column, mask)
            total.set(total.get() + value)
        share = 1.0 / e.splat(e.total(total.get()))
        with e.loop(0, time, width) as column:
            mask = e.mask(e.least(time - column, width))
            e.store(e.load(here, column, mask) * share, here, column, mask)


def self_attention(e: Emitter) -> None:
    """Forward pass of self-attention.

    Parameters: packed ``(batch, time, 3 * width)``; out ``(batch, time, width)``; weights ``(batch, heads,
    time, time)``; scratch, ``size * time`` numbers per head; scale; time, width, heads, size (of a head), begin,
    end: the range of examples times heads.
    """
    packed, out, weights, scratch, scale, time, width, heads, size, begin, end = e.arguments
    factor = e.splat(scale)
    row = width * 3
    with e.loop(begin, end) as item:
        example = item / heads
        column = (item - example * heads) * size
        query = e.at(packed, example * time * row + column)
        key, value = e.at(query, width), e.at(query, width * 2)
        flipped = e.at(scratch, item * size * time)
        mine = e.at(weights, item * time * time)
        e.call("transpose", key, row, flipped, time, time, size)
        e.call("gemm", query, row, 1, flipped, time, mine, time, flipped, time, size, time, 0, 256)
        _rows(e, mine, time, factor)
        target = e.at(out, example * time * width + column)
        e.call("gemm", mine, time, 1, value, row, target, width, flipped, time, time, size, 0, 256)


def self_attention_backward(e: Emitter) -> None:
    """Backward pass of self-attention.

    Parameters: grad ``(batch, time, width)``; packed and weights as the forward pass left them; out, the gradient of
    packed; scratch, ``(time + size) * time`` numbers per head; scale; sizes and range as in the forward pass.
    """
    grad, packed, weights, out, scratch, scale, time, width, heads, size, begin, end = e.arguments
    factor = e.splat(scale)
    lanes = e.target.width
    row = width * 3
    with e.loop(begin, end) as item:
        example = item / heads
        column = (item - example * heads) * size
        query = e.at(packed, example * time * row + column)
        key, value = e.at(query, width), e.at(query, width * 2)
        d_query = e.at(out, example * time * row + column)
        outer = e.at(grad, example * time * width + column)
        mine = e.at(weights, item * time * time)
        scores = e.at(scratch, item * (time + size) * time)
        flipped = e.at(scores, time * time)
        e.call("transpose", value, row, flipped, time, time, size)
        e.call("gemm", outer, width, 1, flipped, time, scores, time, flipped, time, size, time, 0, 256)
        e.call("gemm", mine, 1, time, outer, width, e.at(d_query, width * 2), row, flipped, time, time, size, 0, 80)
        with e.loop(0, time) as line:
            here, known = e.at(scores, line * time), e.at(mine, line * time)
            total = e.variable(e.zero())
            with e.loop(0, time, lanes) as place:
                mask = e.mask(e.least(time - place, lanes))
                total.fma(e.load(here, place, mask), e.load(known, place, mask))
            mean = e.splat(e.total(total.get()))
            with e.loop(0, time, lanes) as place:
                mask = e.mask(e.least(time - place, lanes))
                slope = e.load(known, place, mask) * (e.load(here, place, mask) - mean) * factor
                e.store(slope, here, place, mask)
        e.call("gemm", scores, time, 1, key, row, d_query, row, flipped, time, time, size, 0, 256)
        e.call("gemm", scores, 1, time, query, row, e.at(d_query, width), row, flipped, time, time, size, 0, 80)


DEFINITIONS = [
    ("self_attention", "*packed *out *weights *scratch .scale time width heads size begin end", self_attention),
    ("self_attention_backward", "*grad *packed *weights *out *scratch .scale time width heads size begin end",
     self_attention_backward),
]  # fmt: skip
