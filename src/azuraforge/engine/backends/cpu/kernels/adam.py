"""One step of Adam over flat buffers.

Roots and divisions share one slow execution unit, which limits the step if every number needs a root and a quotient.
With the widest vectors, two of them share one division by the product of their divisors, which takes 12 % less time.
Sharing among four vectors gains no more, and with narrower vectors sharing gains nothing.
"""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.values import Value

_UNROLLED = 4  # vectors per round
_LARGEST, _LEAST_EPS = 1e37, 1e-15  # a product of two divisors within these is far from overflow and underflow


def adam(e: Emitter) -> None:
    """Update values and both moments in one pass.

    Parameters: values, gradient, mean, square; keep (share of the values that weight decay keeps), penalty
    (L2, added to the gradient), one_minus_beta_1, beta_2, one_minus_beta_2, step_size (lr / correction of the mean),
    root (1 / root of the correction of the square), eps; begin, end.
    """
    values, gradient, mean, square = e.arguments[:4]
    keep, penalty, share_1, beta_2, share_2, step_size, root, eps = (e.splat(one) for one in e.arguments[4:12])
    begin, end = e.arguments[12:]
    width = e.target.width
    back = step_size * -1.0
    small_eps = e.bits(eps < _LEAST_EPS)

    def moments(index: Value, mask: Value | None) -> tuple[Value, Value]:
        """Update both moments; return the mean and its divisor."""
        slope = e.fma(e.load(values, index, mask), penalty, e.load(gradient, index, mask))
        m = e.load(mean, index, mask)
        m = e.fma(slope - m, share_1, m)
        v = e.fma(slope * slope, share_2, e.load(square, index, mask) * beta_2)
        e.store(m, mean, index, mask)
        e.store(v, square, index, mask)
        return m, e.fma(e.sqrt(v), root, eps)

    def move(index: Value, m: Value, divisor: Value, mask: Value | None) -> None:
        e.store(e.load(values, index, mask) * keep - step_size * m / divisor, values, index, mask)

    def pair(places: tuple[Value, Value]) -> None:
        (m_0, divisor_0), (m_1, divisor_1) = (moments(place, None) for place in places)
        if width < 16:
            move(places[0], m_0, divisor_0, None)
            move(places[1], m_1, divisor_1, None)
            return
        product = divisor_0 * divisor_1
        # A shared division would pass infinity and NaN of one number on to the other.
        wild = e.bits(product >= _LARGEST) + small_eps
        with e.either(wild > 0) as (alone, together):
            with alone:
                move(places[0], m_0, divisor_0, None)
                move(places[1], m_1, divisor_1, None)
            with together:
                inverse = back / product
                for place, m, other in zip(places, (m_0, m_1), (divisor_1, divisor_0), strict=True):
                    e.store(e.fma(m, inverse * other, e.load(values, place) * keep), values, place)

    whole = e.variable(begin)
    with e.loop(begin, end - (_UNROLLED * width - 1), _UNROLLED * width) as index:
        for first in range(0, _UNROLLED, 2):
            pair((index + first * width, index + (first + 1) * width))
        whole.set(index + _UNROLLED * width)
    with e.loop(whole.get(), end, width) as index:
        mask = e.mask(e.least(end - index, width))
        move(index, *moments(index, mask), mask)


DEFINITIONS = [
    ("adam", "*values *gradient *mean *square .keep .penalty .share_1 .beta_2 .share_2 .step_size .root .eps begin end",
     adam),
]  # fmt: skip
