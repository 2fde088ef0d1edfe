"""The fully connected layer: packing, product, bias and ReLU as one task; all its gradients as another.

Threads should read memory that they have written. If the weights are the larger operand, threads share the units, so
that each packs, multiplies and differentiates the rows of weights that it updated in the optimizer's step.
"""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.kernels.gemm import emit_tile, row_steps, tile
from azuraforge.engine.backends.cpu.targets import Target
from azuraforge.engine.backends.cpu.values import Value


def panel_width(target: Target) -> int:
    """Return the number of units in a panel of packed weights."""
    return tile(target)[1] * target.width


def linear_panel(e: Emitter) -> None:
    """Compute ``out = x @ panel + bias``, optionally with ReLU, for the units of one panel.

    Parameters: x, x_row, x_inner (strides); panel ``(inner, panel width)``; bias; has_bias; out, out_row; rows;
    inner; units, those of the panel that exist; rectify, whether results below zero become zero (NaN stays).
    """
    x, x_row, x_inner, panel, bias, has_bias, out, out_row, rows, inner, units, rectify = e.arguments
    width = e.target.width
    height, most = tile(e.target)
    stride = e.integer(most * width)
    floor = e.splat(e.select(rectify > 0, e.number(0.0), e.number(float("-inf"))))

    def sweep(vectors: int) -> None:
        masks = [e.mask(units - index * width) for index in range(vectors)]
        offsets = [e.variable(e.zero()) for _ in masks]
        with e.when(has_bias > 0):
            for index, (offset, mask) in enumerate(zip(offsets, masks, strict=True)):
                offset.set(e.load(bias, index * width, mask))
        done = e.variable(e.integer(0))
        for count in row_steps(height):
            with e.loop(done.get(), rows - (count - 1), count) as row:
                start = [[offset.get() for offset in offsets]] * count
                result = emit_tile(e, count, vectors, inner, e.at(x, row * x_row), x_row, x_inner, panel, stride, start,
                                   [None] * vectors)  # fmt: skip
                for line, values in enumerate(result):
                    place = e.at(out, (row + line) * out_row)
                    for index, (value, mask) in enumerate(zip(values, masks, strict=True)):
                        e.store(e.maximum(value, floor), place, index * width, mask)
                done.set(row + count)

    with e.either(units > width) as (several, single):
        with several:
            sweep(most)
        with single:
            sweep(1)


def _pack(e: Emitter, weight: Value, weight_row: Value, packed: Value, inner: Value, unit: Value, count: Value) -> None:
    wide = panel_width(e.target)
    e.call("transpose", e.at(weight, unit * weight_row), weight_row, e.at(packed, unit * inner), wide, count, inner)


def pack_units(e: Emitter) -> None:
    """Pack weights into panels. Parameters: weight, weight_row, packed, inner, begin, end: units."""
    weight, weight_row, packed, inner, begin, end = e.arguments
    wide = panel_width(e.target)
    with e.loop(begin, end, wide) as unit:
        _pack(e, weight, weight_row, packed, inner, unit, e.least(end - unit, wide))


def linear_units(e: Emitter) -> None:
    """Pack and multiply the units begin … end; both are multiples of the panel width, except the last end.

    Parameters: x, x_row, x_inner, weight, weight_row, bias, has_bias, out, packed (room for whole panels), rows,
    inner, units, rectify, begin, end.
    """
    (x, x_row, x_inner, weight, weight_row, bias, has_bias, out, packed, rows, inner, units, rectify, begin,
     end) = e.arguments  # fmt: skip
    wide = panel_width(e.target)
    with e.loop(begin, end, wide) as unit:
        count = e.least(end - unit, wide)
        _pack(e, weight, weight_row, packed, inner, unit, count)
        e.call("linear_panel", x, x_row, x_inner, e.at(packed, unit * inner), e.at(bias, unit), has_bias,
               e.at(out, unit), units, rows, inner, count, rectify)  # fmt: skip


def linear_rows(e: Emitter) -> None:
    """Multiply the rows begin … end with packed weights.

    Parameters: x … rectify as for ``linear_units``, without weight and rows."""
    x, x_row, x_inner, bias, has_bias, out, packed, inner, units, rectify, begin, end = e.arguments
    wide = panel_width(e.target)
    with e.loop(0, units, wide) as unit:
        e.call("linear_panel", e.at(x, begin * x_row), x_row, x_inner, e.at(packed, unit * inner), e.at(bias, unit),
               has_bias, e.at(out, begin * units + unit), units, end - begin, inner, e.least(units - unit, wide),
               rectify)  # fmt: skip


def linear_backward(e: Emitter) -> None:
    """Compute all gradients of a layer; each thread processes its share of the units and of the rows.

    Parameters: grad and result ``(rows, units)``; rectified, whether only gradients of results above zero count;
    by_unit and by_row, room for these gradients; x, x_row; weight, weight_row; d_x ``(rows, inner)``, d_weight
    ``(units, inner)``, d_bias; need_x, need_weight, need_bias; rows, inner, units; shares, of which this thread
    computes begin … end.
    """
    (grad, result, rectified, by_unit, by_row, x, x_row, weight, weight_row, d_x, d_weight, d_bias, need_x, need_weight,
     need_bias, rows, inner, units, shares, begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    first_unit, last_unit = begin * units / shares, end * units / shares
    first_row, last_row = begin * rows / shares, end * rows / shares

    def passing(out: Value, top: Value, bottom: Value, left: Value, right: Value) -> None:
        with e.loop(top, bottom) as row, e.loop(left, right, width) as unit:
            mask = e.mask(right - unit)
            here = row * units + unit
            on = e.load(result, here, mask) > e.zero()
            e.store(e.select(on, e.load(grad, here, mask), e.zero()), out, here, mask)

    nothing = e.integer(0)
    own = need_weight + need_bias > 0
    with e.when(own), e.when(rectified > 0):
        passing(by_unit, nothing, rows, first_unit, last_unit)
    slopes = e.at(e.select(rectified > 0, by_unit, grad), first_unit)
    with e.when(need_bias > 0):
        e.call("column_sums", slopes, units, e.at(d_bias, first_unit), rows, last_unit - first_unit)
    with e.when(need_weight > 0):
        target = e.at(d_weight, first_unit * inner)
        # The transposed left side is read across its rows: short chunks keep those lines in the cache.
        e.call("gemm", slopes, 1, units, x, x_row, target, inner, target, last_unit - first_unit, rows, inner, 0, 80)
    with e.when(need_x > 0):
        with e.when(rectified > 0):
            passing(by_row, first_row, last_row, nothing, units)
        slopes = e.at(e.select(rectified > 0, by_row, grad), first_row * units)
        target = e.at(d_x, first_row * inner)
        e.call("gemm", slopes, units, 1, weight, weight_row, target, inner, target, last_row - first_row, units, inner,
               0, 256)  # fmt: skip


DEFINITIONS = [
    ("linear_panel", "*x x_row x_inner *panel *bias has_bias *out out_row rows inner units rectify", linear_panel),
    ("pack_units", "*weight weight_row *packed inner begin end", pack_units),
    ("linear_units", "*x x_row x_inner *weight weight_row *bias has_bias *out *packed rows inner units rectify "
     "begin end", linear_units),
    ("linear_rows", "*x x_row x_inner *bias has_bias *out *packed inner units rectify begin end", linear_rows),
    ("linear_backward", "*grad *result rectified *by_unit *by_row *x x_row *weight weight_row *d_x *d_weight *d_bias "
     "need_x need_weight need_bias rows inner units shares begin end", linear_backward),
]  # fmt: skip
