"""The sequencer: late, repeated and shuffled arrivals give one log; the kinds of rows; its saved state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.errors import StorageError
from azuraforge.learners.feeds import segment
from azuraforge.learners.feeds.sequencing import Arrivals, Known, Place, Position, Rules, Sequencer, Values
from azuraforge.plugins.contract.rows import RowKind, Span

STEP = 60_000_000
Row = tuple[int, int, float]


def arrivals(rows: Sequence[Row], received: int = 0, columns: int = 1) -> Arrivals:
    return Arrivals(
        np.array([at for at, _, _ in rows], np.int64),
        np.array([key for _, key, _ in rows], np.int32),
        np.full(len(rows), received, np.int64),
        np.array([[value] * columns for _, _, value in rows], np.float64).reshape(len(rows), columns),
    )


def rules(keys: int = 1, *, interval: int | None = STEP, grace: int = 0, fill: int = 0) -> Rules:
    return Rules(("value",), tuple(f"key{each}" for each in range(keys)), interval, grace, fill)


class Log:
    """A log in memory, with the sequencer that fills it; its state is saved and restored after every call."""

    def __init__(self, given: Rules) -> None:
        self.rules = given
        self.state = Position().to_bytes()
        self.spans: list[Span] = []
        self.duplicates = 0

    def sequencer(self) -> Sequencer:
        return Sequencer(self.rules, Position.from_bytes(self.state))

    def keep(self, sequencer: Sequencer, span: Span) -> None:
        self.state = sequencer.position.to_bytes()
        self.duplicates += sequencer.duplicates
        self.spans.append(span)

    def take(self, rows: Sequence[Row]) -> None:
        sequencer = self.sequencer()
        self.keep(sequencer, sequencer.take(arrivals(rows), self.known))

    def close(self) -> None:
        sequencer = self.sequencer()
        self.keep(sequencer, sequencer.close())

    @property
    def known(self) -> Known:
        def find(places: Sequence[Place]) -> dict[Place, Values]:
            found: dict[Place, Values] = {}
            for span in self.spans:
                for at, key, kind, values in zip(span.at, span.key, span.kind, span.values, strict=True):
                    if kind in (RowKind.ROW, RowKind.LATE, RowKind.REVISION) and (int(at), int(key)) in set(places):
                        found[int(at), int(key)] = values
            return found

        return find

    def rows(self) -> list[tuple[int, int, int, RowKind, float]]:
        return [
            (seq, at, key, RowKind(kind), values[0])
            for span in self.spans
            for seq, at, key, kind, values in zip(
                span.seq.tolist(), span.at.tolist(), span.key.tolist(), span.kind.tolist(), span.values, strict=True
            )
        ]

    def kinds(self) -> list[RowKind]:
        return [kind for _, _, _, kind, _ in self.rows()]


def logged(given: Rules, batches: Sequence[Sequence[Row]]) -> Log:
    log = Log(given)
    for rows in batches:
        log.take(rows)
    log.close()
    return log


@st.composite
def disturbed(draw: st.DrawFn) -> tuple[Rules, list[Row], list[list[Row]]]:
    """Rows in order, and the same rows delayed by less than the grace, repeated, and in batches of random sizes."""
    keys, times, late = draw(st.integers(1, 3)), draw(st.integers(1, 25)), draw(st.integers(0, 4))
    present = draw(st.lists(st.booleans(), min_size=keys * times, max_size=keys * times))
    rows = [
        (time * STEP, key, float(time * 10 + key))
        for time in range(times)
        for key in range(keys)
        if present[time * keys + key] or draw(st.booleans())
    ]
    delays = draw(st.lists(st.integers(0, late), min_size=len(rows), max_size=len(rows)))
    arrived = [row for _, row in sorted(zip(delays, rows, strict=True), key=lambda each: each[1][0] + each[0] * STEP)]
    for index in draw(st.lists(st.integers(0, max(len(rows) - 1, 0)), max_size=6)) if rows else ():
        arrived.insert(draw(st.integers(arrived.index(rows[index]), len(arrived))), rows[index])
    batches: list[list[Row]] = []
    while arrived:
        size = draw(st.integers(1, 5))
        batches.append(arrived[:size])
        arrived = arrived[size:]
    return rules(keys, grace=(late + 1) * STEP, fill=draw(st.integers(0, 3))), rows, batches


@settings(max_examples=150, deadline=None)
@given(disturbed())
def test_late_repeated_and_shuffled_arrivals_give_the_same_log(case: tuple[Rules, list[Row], list[list[Row]]]) -> None:
    given_rules, rows, batches = case
    undisturbed = logged(given_rules, [rows])
    found = logged(given_rules, batches)
    assert [repr(row) for row in found.rows()] == [repr(row) for row in undisturbed.rows()]
    assert [seq for seq, *_ in found.rows()] == list(range(1, len(found.rows()) + 1))
    assert found.duplicates == sum(map(len, batches)) - len(rows)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(2, 30), st.lists(st.integers(1, 20), min_size=1, max_size=30))
def test_many_complete_rows_at_once_are_numbered_like_single_ones(keys: int, times: int, sizes: list[int]) -> None:
    rows = [(time * STEP, key, time / 3 - key) for time in range(times) for key in range(keys)]
    single = logged(rules(keys), [[row] for row in rows] if keys == 1 else [rows])
    batches, start = [], 0
    for size in (*sizes, len(rows)):
        batches.append(rows[start : start + size * keys])
        start += size * keys
    assert logged(rules(keys), batches).rows() == single.rows()


def test_another_value_for_a_key_and_time_is_a_revision_and_an_equal_one_is_dropped() -> None:
    log = logged(rules(), [[(0, 0, 1.0)], [(STEP, 0, 2.0)], [(0, 0, 1.0)], [(0, 0, 7.0)], [(0, 0, 7.0)]])
    assert log.kinds() == [RowKind.ROW, RowKind.ROW, RowKind.REVISION]
    assert log.rows()[2][1:] == (0, 0, RowKind.REVISION, 7.0)
    assert log.duplicates == 2


def test_the_first_row_of_a_key_and_time_that_the_log_has_passed_is_late() -> None:
    first = [(0, 0, 1.0), (0, 1, 1.0), (STEP, 0, 2.0)]
    log = logged(rules(2, grace=STEP), [first, [(2 * STEP, 0, 3.0), (2 * STEP, 1, 3.0)], [(STEP, 1, 9.0)]])
    row = RowKind.ROW
    assert log.kinds() == [row, row, row, RowKind.GAP, row, row, RowKind.LATE]
    assert log.rows()[6][1:3] == (STEP, 1)


def test_a_short_outage_is_filled_with_a_line_and_a_long_one_is_a_gap() -> None:
    short = logged(rules(fill=2), [[(0, 0, 0.0)], [(3 * STEP, 0, 3.0)]])
    assert [(at, kind, value) for _, at, _, kind, value in short.rows()] == [
        (0, RowKind.ROW, 0.0),
        (STEP, RowKind.FILLED, 1.0),
        (2 * STEP, RowKind.FILLED, 2.0),
        (3 * STEP, RowKind.ROW, 3.0),
    ]
    long = logged(rules(fill=1), [[(0, 0, 0.0)], [(3 * STEP, 0, 3.0)]])
    assert [(at, kind) for _, at, _, kind, _ in long.rows()] == [
        (0, RowKind.ROW),
        (STEP, RowKind.GAP),
        (3 * STEP, RowKind.ROW),
    ]


def test_a_tick_releases_what_waits_and_moves_the_watermark() -> None:
    sequencer = Sequencer(rules(2, grace=10 * STEP, interval=None))
    assert len(sequencer.take(arrivals([(0, 0, 1.0)]))) == 0
    span = sequencer.advance(STEP, received=5)
    assert span.kind.tolist() == [RowKind.ROW, RowKind.GAP, RowKind.TICK]
    assert span.key.tolist() == [0, 1, -1]
    assert len(sequencer.advance(STEP, received=6)) == 0
    assert sequencer.take(arrivals([(STEP, 0, 1.0)])).kind.tolist() == [RowKind.LATE]


def test_a_row_waits_no_longer_than_the_grace_after_its_arrival() -> None:
    sequencer = Sequencer(rules(2, grace=10 * STEP))
    sequencer.take(arrivals([(0, 0, 1.0)], received=100))
    assert sequencer.position.waiting_since() == 100
    assert len(sequencer.expire(99)) == 0
    assert sequencer.expire(100).kind.tolist() == [RowKind.ROW, RowKind.GAP]


def test_a_segment_is_read_as_it_was_written_and_named_by_its_bytes(tmp_path: Path) -> None:
    folder = tmp_path
    span = Sequencer(rules(2)).take(arrivals([(0, 0, np.nan), (0, 1, 0.1), (STEP, 0, 1e300), (STEP, 1, -0.0)]))
    address = segment.write(span, folder)
    assert segment.write(span, folder) == address
    read = segment.read(segment.path_of(folder, address))
    assert segment.encode(read) == segment.encode(span)
    assert (read.columns, read.keys) == (span.columns, span.keys)
    parts = segment.joined([read.cut(0, 1), read.cut(1, len(read))])
    assert segment.encode(parts) == segment.encode(span)
    path = segment.path_of(folder, address)
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(StorageError, match="have changed"):
        segment.read(path)
