"""Several sources as one: the join depends on event times and recorded absences only."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge.learners.loop.merging import Merger
from azuraforge.plugins.contract.rows import Span, span_of
from tests.learners.replays import cuts

SOURCES = {"rate": ("rate",), "weather": ("warm", "wet")}


def first(rows: int = 60) -> Span:
    number = np.arange(rows)
    return span_of(("x",), number[:, None], at=(number // 2 + 1) * 10, keys=("a", "b"), key=number % 2)


def others(seed: int) -> dict[str, Span]:
    rng = np.random.default_rng(seed)
    at = np.sort(rng.integers(1, 320, 80))
    key = rng.integers(0, 2, 80)
    rate = span_of(("rate",), rng.normal(size=(80, 1)), at=at, keys=("b", "a"), key=key)
    kind = rng.choice([0, 1, 2, 3], 50, p=[0.6, 0.1, 0.2, 0.1])
    weather = span_of(("warm", "wet"), rng.normal(size=(50, 2)), at=np.arange(50) * 7, kind=kind)
    return {"rate": rate, "weather": weather}


def by_definition(span: Span, name: str, side: Span, row: int) -> list[float]:
    own = np.isin(side.kind, (0, 3)) & (side.at <= span.at[row])
    if len(side.keys) > 1:
        own &= np.array([side.keys[key] == span.keys[span.key[row]] for key in side.key])
    found = np.flatnonzero(own)
    return side.values[found[-1]].tolist() if len(found) else [float("nan")] * len(SOURCES[name])


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_arrival_gives_the_join_of_the_definition(seed: int) -> None:
    span, sides, rng = first(), others(seed), np.random.default_rng(seed)
    merger, taken = Merger(("x",), SOURCES), []
    queues = {"": cuts(span, rng.integers(1, 9, 30).tolist())}
    queues |= {name: cuts(side, rng.integers(1, 20, 30).tolist()) for name, side in sides.items()}
    while any(queues.values()):
        name = rng.choice([each for each, waiting in queues.items() if waiting])
        piece = queues[name].pop(0)
        if name:
            merger.offer_other(name, piece)
        else:
            merger.offer(piece)
        joined = merger.take()
        if joined is not None:
            taken.append(joined)
            if rng.random() < 0.3:  # continue from the state
                arrays, keys = merger.arrays(), merger.keys()
                merger = Merger(("x",), SOURCES)
                merger.restore(arrays, keys)
                given = len(span) - sum(map(len, queues[""]))
                merger.offer(span.cut(merger.released, given))
    seq = np.concatenate([each.seq for each in taken])
    values = np.concatenate([each.values for each in taken])
    assert taken[0].columns == ("x", "rate.rate", "weather.warm", "weather.wet")
    assert seq.tolist() == list(range(1, len(seq) + 1))
    expected = [
        [
            float(span.values[row, 0]),
            *(value for name, side in sides.items() for value in by_definition(span, name, side, row)),
        ]
        for row in range(len(seq))
    ]
    assert np.array_equal(values, np.array(expected), equal_nan=True)
    assert len(seq) >= 56
    assert merger.positions() == {"rate": 80, "weather": 50}


def test_a_row_waits_for_a_silent_source_until_its_absence_is_accepted() -> None:
    def side(at: list[int], number: int) -> Span:
        return span_of(("rate",), np.arange(len(at))[:, None] + number, at=at, first=number)

    merger, span = Merger(("x",), {"rate": ("rate",)}), first(8)
    merger.offer(span)
    assert merger.take() is None
    assert merger.silent() == {"rate": 40}
    merger.offer_other("rate", side([5, 20], 1))
    live = [merger.take()]
    assert live[0] is not None
    assert live[0].at.tolist() == [10, 10]  # a further row of the time 20 may come
    absence = merger.accept("rate", 30)
    live.append(merger.take())
    assert live[1] is not None
    assert live[1].at.tolist() == [20, 20, 30, 30]
    assert live[1].column("rate.rate").tolist() == [2.0] * 4
    merger.offer_other("rate", side([25, 41], 3))  # too late for the rows that were released
    live.append(merger.take())
    assert live[2] is not None
    assert live[2].column("rate.rate").tolist() == [3.0, 3.0]
    assert merger.silent() == {}

    replay = Merger(("x",), {"rate": ("rate",)})
    replay.apply(absence)
    replay.offer_other("rate", side([5, 20, 25, 41], 1))
    replay.offer(span)
    whole = replay.take()
    assert whole is not None
    assert whole.values.tolist() == [row for each in live if each is not None for row in each.values.tolist()]
