"""Functions of the lanes of a vector by polynomials, accurate to a few units in the last place of float32."""

from __future__ import annotations

import importlib
from typing import Any

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.values import Value

ir: Any = importlib.import_module("llvmlite.ir")

# tanh as x * ABOVE(x²) / BELOW(x²), highest power first. (Eigen's coefficients.)
_ABOVE = (-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
          1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03)  # fmt: skip
_BELOW = (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
# Beyond these the argument is cut off. With one rounding for a multiplication and an addition the ratio is exactly 1 at
# the larger, with two at the smaller; at the other one it stays a little below.
_SMALLER, _LARGER = 7.90531110763549805, 7.99881172180175781


def tanh(e: Emitter, x: Value) -> Value:
    """Return tanh with an error of at most 3e-7; exactly ±1 for large and infinite values, NaN for NaN."""
    above, below = _tanh_ratio(e, x)
    return above / below


def sigmoid(e: Emitter, x: Value) -> Value:
    """Return ``1 / (1 + exp(-x))`` with an error of at most 2e-7; exactly 0 or 1 for large arguments."""
    above, below = _sigmoid_ratio(e, x)
    return above / below + 0.5


def squash(e: Emitter, sigmoids: list[Value], tangent: Value) -> tuple[list[Value], Value]:
    """Return the sigmoid of several values and the tanh of another, using a single division for all of them.

    Every denominator is between 0.0049 and 0.4, so the product of four is far from underflow. Its rounding errors
    require the limit at which no sigmoid is below 0.
    """
    limit = _SMALLER if e.target.fma else _LARGER
    ratios = [_sigmoid_ratio(e, one, limit) for one in sigmoids] + [_tanh_ratio(e, tangent, limit)]
    # before[i] is the product of the denominators before i; one reciprocal then serves backwards.
    before = [ratios[0][1]]
    for _, below in ratios[1:]:
        before.append(before[-1] * below)
    inverse = 1.0 / before[-1]
    half = e.splat(0.5)
    results = []
    for index in range(len(ratios) - 1, -1, -1):
        above, below = ratios[index]
        share = inverse * before[index - 1] if index else inverse
        results.append(above * share if index == len(sigmoids) else e.fma(above, share, half))
        inverse = inverse * below
    results.reverse()
    return results[:-1], results[-1]


def _tanh_ratio(
    e: Emitter, x: Value, limit: float | None = None, scale: float = 1.0, factor: float = 1.0
) -> tuple[Value, Value]:
    """Return numerator and denominator of ``factor * tanh(scale * x)``; scaling by powers of two causes no rounding."""
    if limit is None:
        limit = _LARGER if e.target.fma else _SMALLER
    bounded = e.maximum(e.minimum(x, e.splat(limit / scale)), e.splat(-limit / scale))
    square = bounded * bounded

    def polynomial(coefficients: tuple[float, ...], first: float) -> Value:
        powers = range(len(coefficients) - 1, -1, -1)
        scaled = [one * first * scale ** (2 * power) for one, power in zip(coefficients, powers, strict=True)]
        result = e.splat(scaled[0])
        for coefficient in scaled[1:]:
            result = e.fma(result, square, e.splat(coefficient))
        return result

    return polynomial(_ABOVE, factor * scale) * bounded, polynomial(_BELOW, 1.0)


def _sigmoid_ratio(e: Emitter, x: Value, limit: float | None = None) -> tuple[Value, Value]:
    """Return numerator and denominator of ``sigmoid(x) - 1 / 2``."""
    return _tanh_ratio(e, x, limit, scale=0.5, factor=0.5)


def exp(e: Emitter, x: Value) -> Value:
    """Return e to the power x with a relative error of 2e-7 (polynomial of Cephes); above zero even below -87."""
    bounded = e.maximum(e.minimum(x, e.splat(88.3762626647949)), e.splat(-87.3365478515625))
    # Adding and taking away 1.5 * 2**23 leaves the nearest whole number.
    magic = e.splat(12582912.0)
    whole = e.fma(bounded, e.splat(1.44269504088896341), magic) - magic
    rest = e.fma(whole, e.splat(-0.693359375), bounded)
    rest = e.fma(whole, e.splat(2.12194440e-4), rest)
    result = e.splat(1.9875691500e-4)
    for coefficient in (1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1):
        result = e.fma(result, rest, e.splat(coefficient))
    result = e.fma(result, rest * rest, rest) + 1.0
    lanes = ir.VectorType(ir.IntType(32), e.target.width)
    exponent = e.builder.fptosi(whole.ir, lanes)
    exponent = e.builder.add(exponent, ir.Constant(lanes, [127] * e.target.width))
    exponent = e.builder.shl(exponent, ir.Constant(lanes, [23] * e.target.width))
    return result * Value(e, e.builder.bitcast(exponent, e.vector_type))
