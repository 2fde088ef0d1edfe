"""Layer normalisation row by row, ReLU, and losses."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.functions import exp
from azuraforge.engine.backends.cpu.kernels.sums import add_up
from azuraforge.engine.backends.cpu.values import FLOAT, Value, Variable

ir: Any = importlib.import_module("llvmlite.ir")


def _across(e: Emitter, size: Value, body: Callable[[Value, Value | None], None]) -> None:
    """Emit ``body(index, mask)`` over whole vectors without a mask, then once with a mask for the rest."""
    width = e.target.width
    whole = e.variable(e.integer(0))
    with e.loop(0, size - (width - 1), width) as index:
        body(index, None)
        whole.set(index + width)
    with e.when(whole.get() < size):
        rest = whole.get()
        body(rest, e.mask(size - rest))


def _float(e: Emitter, value: Value) -> Value:
    """Return an integer as a vector of floats."""
    return e.splat(Value(e, e.builder.sitofp(value.ir, e.vector_type.element)))


def layer_norm(e: Emitter) -> None:
    """Normalise rows. Parameters: x, weight, bias, out, normal, scale (per row), eps, size, begin, end."""
    x, weight, bias, out, normal, scale, eps, size, begin, end = e.arguments
    share = 1.0 / _float(e, size)
    with e.loop(begin, end) as row:
        here = e.at(x, row * size)
        total = e.variable(e.zero())
        _across(e, size, lambda i, mask: total.set(total.get() + e.load(here, i, mask)))
        mean = e.splat(e.total(total.get())) * share
        squares = e.variable(e.zero())

        def spread(i: Value, mask: Value | None) -> None:
            centred = e.load(here, i, mask) - mean
            if mask is not None:
                centred = e.select(mask, centred, e.zero())
            squares.fma(centred, centred)

        _across(e, size, spread)
        factor = 1.0 / e.sqrt(e.splat(e.total(squares.get())) * share + e.splat(eps))
        e.store(Value(e, e.builder.extract_element(factor.ir, e.integer(0).ir)), scale, row)

        def write(i: Value, mask: Value | None) -> None:
            value = (e.load(here, i, mask) - mean) * factor
            e.store(value, normal, row * size + i, mask)
            e.store(e.fma(value, e.load(weight, i, mask), e.load(bias, i, mask)), out, row * size + i, mask)

        _across(e, size, write)


def layer_norm_backward(e: Emitter) -> None:
    """Compute the gradient of the rows. Parameters: grad, weight, normal, scale, out, size, begin, end."""
    grad, weight, normal, scale, out, size, begin, end = e.arguments
    share = 1.0 / _float(e, size)
    with e.loop(begin, end) as row:
        first, second = e.variable(e.zero()), e.variable(e.zero())

        def gather(i: Value, mask: Value | None) -> None:
            weighted = e.load(grad, row * size + i, mask) * e.load(weight, i, mask)
            first.set(first.get() + weighted)
            second.fma(weighted, e.load(normal, row * size + i, mask))

        _across(e, size, gather)
        mean = e.splat(e.total(first.get())) * share
        slope = e.splat(e.total(second.get())) * share
        factor = e.broadcast(scale, row)

        def write(i: Value, mask: Value | None) -> None:
            weighted = e.load(grad, row * size + i, mask) * e.load(weight, i, mask)
            value = weighted - mean - e.load(normal, row * size + i, mask) * slope
            e.store(value * factor, out, row * size + i, mask)

        _across(e, size, write)


def column_products(e: Emitter) -> None:
    """Sum ``a * b`` over the rows of each column. Parameters: a, b, out, rows, columns."""
    a, b, out, rows, columns = e.arguments
    width = e.target.width
    with e.loop(0, columns, width) as column:
        mask = e.mask(e.least(columns - column, width))

        def add(row: Value, sums: list[Variable], column: Value = column, mask: Value = mask) -> None:
            place = row * columns + column
            sums[0].fma(e.load(a, place, mask), e.load(b, place, mask))

        e.store(add_up(e, rows, 1, add)[0], out, column, mask)


def _flat(e: Emitter, begin: Value, end: Value, body: Callable[[Value, Value | None], None]) -> None:
    _across(e, end - begin, lambda i, mask: body(begin + i, mask))


def relu(e: Emitter) -> None:
    """Compute ``out = max(x, 0)``, keeping NaN. Parameters: x, out, begin, end."""
    x, out, begin, end = e.arguments
    _flat(e, begin, end, lambda i, mask: e.store(e.maximum(e.load(x, i, mask), e.zero()), out, i, mask))


def relu_backward(e: Emitter) -> None:
    """Compute ``out = grad`` if the result was above zero, else 0. Parameters: grad, result, out, begin, end."""
    grad, result, out, begin, end = e.arguments

    def write(i: Value, mask: Value | None) -> None:
        on = e.load(result, i, mask) > e.zero()
        e.store(e.select(on, e.load(grad, i, mask), e.zero()), out, i, mask)

    _flat(e, begin, end, write)


def squared_error(e: Emitter) -> None:
    """Compute ``error = prediction - target``, and sum its squares over ``chunk`` numbers each.

    Parameters: prediction, target, error; sums; size; chunk; begin, end: chunks.
    """
    prediction, target, error, sums, size, chunk, begin, end = e.arguments
    width = e.target.width
    with e.loop(begin, end) as number:
        start = number * chunk
        count = e.least(size - start, chunk)
        left, right, out = (e.at(one, start) for one in (prediction, target, error))
        parts = [e.variable(e.zero()) for _ in range(4)]

        def sweep(i: Value, mask: Value | None, part: Variable) -> None:
            value = e.load(left, i, mask) - e.load(right, i, mask)
            e.store(value, out, i, mask)
            part.fma(value, value)

        whole = e.variable(e.integer(0))
        with e.loop(0, count - (4 * width - 1), 4 * width) as index:
            for k, part in enumerate(parts):
                sweep(index + k * width, None, part)
            whole.set(index + 4 * width)
        with e.loop(whole.get(), count, width) as index:
            sweep(index, e.mask(e.least(count - index, width)), parts[0])
        first, second, third, fourth = (part.get() for part in parts)
        e.store(e.total((first + second) + (third + fourth)), sums, number)


def cross_entropy(e: Emitter) -> None:
    """Compute the loss of each row, and the slope of the cross-entropy: softmax minus one at the target.

    Parameters: logits ``(rows, classes)``; target, 64-bit integers; slope ``(rows, classes)``; parts ``(2, rows)``:
    the loss, and 1 if the target is ignored or not a class, else 0 (1 means that the slope is only softmax); share, the
    factor of the slope; rows, classes, ignored, begin, end.
    """
    logits, target, slope, parts, share, rows, classes, ignored, begin, end = e.arguments
    with e.loop(begin, end) as row:
        here, out = e.at(logits, row * classes), e.at(slope, row * classes)
        top = e.variable(e.splat(float("-inf")))

        def highest(i: Value, mask: Value | None) -> None:
            value = e.load(here, i, mask)
            if mask is not None:
                value = e.select(mask, value, e.splat(float("-inf")))
            top.set(e.maximum(value, top.get()))

        _across(e, classes, highest)
        largest = e.splat(e.largest(top.get()))
        total = e.variable(e.zero())

        def exponents(i: Value, mask: Value | None) -> None:
            value = exp(e, e.load(here, i, mask) - largest)
            if mask is not None:
                value = e.select(mask, value, e.zero())
            e.store(value, out, i, mask)
            total.set(total.get() + value)

        _across(e, classes, exponents)
        together = e.total(total.get())
        factor = e.splat(share) / e.splat(together)
        _across(e, classes, lambda i, mask: e.store(e.load(out, i, mask) * factor, out, i, mask))
        e.store(e.number(1.0), parts, rows + row)
        chosen = e.whole(target, row)
        differs = Value(e, e.builder.icmp_signed("!=", chosen.ir, ignored.ir))
        inside = Value(e, e.builder.and_((chosen >= 0).ir, (chosen < classes).ir))
        with e.when(Value(e, e.builder.and_(differs.ir, inside.ir))):
            e.store(_log(e, together) - (e.scalar(here, chosen) - e.first(largest)), parts, row)
            e.store(e.scalar(out, chosen) - share, out, chosen)
            e.store(e.number(0.0), parts, rows + row)


def _log(e: Emitter, value: Value) -> Value:
    """Return the logarithm of one float, by the C library."""
    name = "logf"
    found = e.module.globals.get(name)
    if found is None:
        found = ir.Function(e.module, ir.FunctionType(FLOAT, [FLOAT]), name)
    return Value(e, e.builder.call(found, [value.ir]))


DEFINITIONS = [
    ("cross_entropy", "*logits *target *slope *parts .share rows classes ignored begin end", cross_entropy),
    ("layer_norm", "*x *weight *bias *out *normal *scale .eps size begin end", layer_norm),
    ("layer_norm_backward", "*grad *weight *normal *scale *out size begin end", layer_norm_backward),
    ("column_products", "*a *b *out rows columns", column_products),
    ("relu", "*x *out begin end", relu),
    ("squared_error", "*prediction *target *error *sums size chunk begin end", squared_error),
    ("relu_backward", "*grad *result *out begin end", relu_backward),
]
