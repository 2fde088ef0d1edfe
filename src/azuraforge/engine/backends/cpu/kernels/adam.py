"""One step of Adam over flat buffers."""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter, Value


def adam(e: Emitter) -> None:
    """Update values and both moments in one sweep.

    Parameters: values, gradient, mean, square; keep (what weight decay leaves of the values before the step), penalty
    (L2, added to the gradient), one_minus_beta_1, beta_2, one_minus_beta_2, step_size (lr / correction of the mean),
    root (1 / root of the correction of the square), eps; begin, end.
    """
    values, gradient, mean, square = e.arguments[:4]
    keep, penalty, share_1, beta_2, share_2, step_size, root, eps = (e.splat(one) for one in e.arguments[4:12])
    begin, end = e.arguments[12:]
    width = e.target.width

    def update(index: Value, mask: Value | None) -> None:
        value = e.load(values, index, mask)
        slope = e.fma(value, penalty, e.load(gradient, index, mask))
        m = e.load(mean, index, mask)
        m = e.fma(slope - m, share_1, m)
        v = e.fma(slope * slope, share_2, e.load(square, index, mask) * beta_2)
        e.store(m, mean, index, mask)
        e.store(v, square, index, mask)
        scale = e.fma(e.sqrt(v), root, eps)
        e.store(value * keep - step_size * m / scale, values, index, mask)

    whole = e.variable(begin)
    with e.loop(begin, end - (4 * width - 1), 4 * width) as index:
        for part in range(4):
            update(index + part * width, None)
        whole.set(index + 4 * width)
    with e.loop(whole.get(), end, width) as index:
        update(index, e.mask(e.least(end - index, width)))


DEFINITIONS = [
    ("adam", "*values *gradient *mean *square .keep .penalty .share_1 .beta_2 .share_2 .step_size .root .eps begin end",
     adam),
]  # fmt: skip
