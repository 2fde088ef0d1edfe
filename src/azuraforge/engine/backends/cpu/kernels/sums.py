"""Sums over many rows."""

from __future__ import annotations

from collections.abc import Callable

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.values import Value, Variable

SUMMED_ROWS = 256  # that are added one after the other before their sum joins the total


def add_up(e: Emitter, rows: Value, count: int, add: Callable[[Value, list[Variable]], None]) -> list[Value]:
    """Emit ``count`` sums over ``rows`` rows, whose error does not grow with the number of rows.

    Rows are summed in blocks of ``SUMMED_ROWS``, even and odd ones apart since one addition waits for the one before.
    The rounding error of adding a block to the total is subtracted from the next block (Kahan 1965).

    Args:
        e: the emitter.
        rows: number of rows.
        count: number of sums.
        add: emits the addition of a row to ``count`` sums; called three times.
    """
    totals, lost = ([e.variable(e.zero()) for _ in range(count)] for _ in range(2))
    with e.loop(0, rows, SUMMED_ROWS) as begin:
        end = e.least(begin + SUMMED_ROWS, rows)
        even, odd = ([e.variable(e.zero()) for _ in range(count)] for _ in range(2))
        done = e.variable(begin)
        with e.loop(begin, end - 1, 2) as row:
            add(row, even)
            add(row + 1, odd)
            done.set(row + 2)
        with e.loop(done.get(), end) as row:
            add(row, even)
        for total, gap, first, second in zip(totals, lost, even, odd, strict=True):
            part = (first.get() + second.get()) - gap.get()
            before = total.get()
            after = before + part
            total.set(after)
            off = (after - before) - part
            # If the total has overflowed, there is nothing to subtract, and infinity minus infinity is NaN.
            gap.set(e.select(e.finite(off), off, e.zero()))
    return [total.get() for total in totals]
