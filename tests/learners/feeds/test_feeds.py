"""Feeds on a database: posted rows, sealing, reads, release of waiting rows, bad rows, and the trash."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from azuraforge.database import Database
from azuraforge.errors import AzuraError, Conflict, InvalidInput, NotFound
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import segment, store
from azuraforge.learners.feeds.files import SEGMENT_ROWS
from azuraforge.learners.feeds.keeping import FeedKeeper
from azuraforge.learners.feeds.meaning import meaning_of
from azuraforge.learners.feeds.schemas import FeedColumn, FeedRequest, FeedRowIn, FeedRowsIn, FeedRowsTaken
from azuraforge.learners.feeds.sequencing import Arrivals
from azuraforge.learners.feeds.service import FeedService

START = datetime(2024, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def request(name: str = "prices", **more: object) -> FeedRequest:
    fields = {"columns": [{"name": "price"}, {"name": "volume"}], "historical": True, **more}
    return FeedRequest.model_validate({"name": name, **fields})


def row(minute: int, price: object = 1.0, *, key: str = "", volume: object = 2.0) -> FeedRowIn:
    return FeedRowIn.model_validate(
        {"at": START + minute * MINUTE, "key": key, "values": {"price": price, "volume": volume}}
    )


def post(feeds: FeedService, project_id: str, *rows: FeedRowIn, name: str = "prices") -> FeedRowsTaken:
    return feeds.post(project_id, name, FeedRowsIn(rows=list(rows)))


def close(feeds: FeedService, database: Database, project_id: str) -> None:
    database.write(project_id, lambda session: feeds.close_in(session, feeds.locked(session, "prices")))


def test_posted_rows_are_numbered_and_an_equal_row_is_dropped(feeds: FeedService, project_id: str) -> None:
    feeds.create(project_id, request())
    taken = post(feeds, project_id, row(0), row(1, 3.0, volume=None))
    assert (taken.received, taken.numbered, taken.last_seq) == (2, 2, 2)
    again = post(feeds, project_id, row(0), row(1, 3.0, volume=None), row(1, 4.0))
    assert (again.numbered, again.duplicates, again.last_seq) == (1, 2, 3)
    found = feeds.rows(project_id, "prices").rows
    assert [(each.seq, each.kind, each.values["price"], each.values["volume"]) for each in found] == [
        (1, "row", 1.0, 2.0),
        (2, "row", 3.0, None),
        (3, "revision", 4.0, 2.0),
    ]
    assert found[0].received_at == found[0].at  # rows of the past arrived at their own time
    shown = feeds.get(project_id, "prices")
    assert (shown.state, shown.rows, shown.duplicates, shown.watermark) == ("open", 3, 2, START + MINUTE)


def test_rows_are_sealed_in_segments_of_fixed_size_and_read_as_before(
    feeds: FeedService, database: Database, project_id: str
) -> None:
    feed_id = feeds.create(project_id, request()).id
    n = 2 * SEGMENT_ROWS + 10
    values = np.arange(2 * n, dtype=np.float64).reshape(n, 2)
    at = np.arange(n, dtype=np.int64) * 60_000_000

    def append(first: int, last: int) -> None:
        rows = Arrivals(at[first:last], np.zeros(last - first, np.int32), at[first:last], values[first:last])

        def work(session):  # type: ignore[no-untyped-def]
            feeds.log.append(session, feeds.locked(session, "prices"), rows)

        database.write(project_id, work)

    append(0, 100)
    append(100, n)
    keeper = FeedKeeper(database, feeds)
    keeper.keep(project_id, feed_id)
    shown = feeds.get(project_id, feed_id)
    assert (shown.rows, shown.sealed_rows) == (n, 2 * SEGMENT_ROWS)
    with database.read(project_id) as session:
        found = feeds.reader.spans(session, feed_id, 50, n)
        spans = [segment.read(each) if isinstance(each, Path) else each for each in found]
        assert [len(each) for each in spans] == [SEGMENT_ROWS, SEGMENT_ROWS, 10]
        whole = segment.joined(list(feeds.reader.read(session, feed_id, 1, n)))
        assert whole.seq.tolist() == list(range(1, n + 1))
        assert np.array_equal(whole.values, values)
    with database.read_system() as session:
        assert store.unkept(session, 10) == []
    append(5, 20)  # equal rows are found in sealed segments
    assert feeds.get(project_id, feed_id).duplicates == 15
    close(feeds, database, project_id)
    keeper.keep(project_id, feed_id)
    assert feeds.get(project_id, feed_id).sealed_rows == n
    page = feeds.rows(project_id, feed_id, after=SEGMENT_ROWS - 1, limit=2)
    assert ([each.seq for each in page.rows], page.next) == ([SEGMENT_ROWS, SEGMENT_ROWS + 1], SEGMENT_ROWS + 1)
    chart = feeds.chart(project_id, feed_id, "volume", None, n, 50)
    assert (chart.total_rows, chart.values[0], chart.values[-1]) == (n, 1.0, 2.0 * n - 1)
    assert len(chart.values) <= 50
    with pytest.raises(Conflict, match="closed"):
        post(feeds, project_id, row(n + 1))


def test_a_segment_that_was_written_but_not_recorded_is_written_once(
    feeds: FeedService, database: Database, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed_id = feeds.create(project_id, request()).id
    post(feeds, project_id, row(0), row(1))
    close(feeds, database, project_id)
    points: list[str] = []

    def die(name: str) -> None:
        points.append(name)
        raise KeyboardInterrupt

    keeper = FeedKeeper(database, feeds)
    with monkeypatch.context() as patch:
        patch.setattr("azuraforge.learners.feeds.keeping.crashpoint", die)
        with pytest.raises(KeyboardInterrupt):
            keeper.keep(project_id, feed_id)
    assert points == ["feed_segment_before_commit"]
    assert feeds.get(project_id, feed_id).sealed_rows == 0
    written = list(feeds.reader.folder(project_id).iterdir())
    keeper.keep(project_id, feed_id)
    assert feeds.get(project_id, feed_id).sealed_rows == 2
    assert list(feeds.reader.folder(project_id).iterdir()) == written


def test_a_row_that_waits_for_another_key_is_released_after_the_grace(
    feeds: FeedService, database: Database, project_id: str
) -> None:
    wanted = request(keys=["b", "a"], historical=False, grace_seconds=0.001)
    feed_id = feeds.create(project_id, wanted).id
    taken = post(feeds, project_id, row(0, key="b"))
    assert (taken.numbered, taken.held) == (0, 1)
    keeper = FeedKeeper(database, feeds)
    while feeds.get(project_id, feed_id).held_rows:  # the grace is a millisecond of the database's clock
        keeper.round()
    assert [(each.kind, each.key) for each in feeds.rows(project_id, feed_id).rows] == [("gap", "a"), ("row", "b")]


def test_times_between_two_moments_are_found(feeds: FeedService, project_id: str) -> None:
    feeds.create(project_id, request())
    post(feeds, project_id, *[row(minute) for minute in range(10)])
    found = feeds.rows(project_id, "prices", start=START + 3 * MINUTE, end=START + 5 * MINUTE)
    assert [each.seq for each in found.rows] == [4, 5, 6]
    assert [each.seq for each in feeds.rows(project_id, "prices", last=2).rows] == [9, 10]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (row(1, "high"), "not_a_number"),
        (row(1, True), "not_a_number"),
        (row(1, float("nan")), "not_finite"),
        (row(1, float("inf")), "not_finite"),
        (row(1, key="izmir"), "unknown_key"),
        (FeedRowIn.model_validate({"at": START, "values": {"price": 1.0}}), "missing_column"),
        (FeedRowIn.model_validate({"at": START, "values": {"price": 1, "volume": 1, "x": 1}}), "other_columns"),
    ],
)
def test_one_bad_row_refuses_the_request_and_nothing_is_stored(
    feeds: FeedService, project_id: str, bad: FeedRowIn, code: str
) -> None:
    feeds.create(project_id, request())
    with pytest.raises(InvalidInput) as caught:
        post(feeds, project_id, row(0), bad)
    assert (caught.value.error_code, caught.value.where) == (code, "row 2")
    assert caught.value.next_step
    assert feeds.get(project_id, "prices").rows == 0


def test_a_time_ahead_of_the_clock_is_refused_except_in_historical_feeds(feeds: FeedService, project_id: str) -> None:
    ahead = FeedRowIn.model_validate({"at": datetime.now(UTC) + timedelta(hours=1), "values": {"price": 1}})
    for name, historical in (("live", False), ("old", True)):
        feeds.create(project_id, request(name, historical=historical, columns=[{"name": "price"}]))
    with pytest.raises(InvalidInput, match="ahead of the platform's clock"):
        post(feeds, project_id, ahead, name="live")
    assert post(feeds, project_id, ahead, name="old").numbered == 1


def test_classes_are_stored_as_codes_and_shown_by_name(feeds: FeedService, project_id: str) -> None:
    columns = [FeedColumn(name="direction", classes=("down", "up"))]
    feeds.create(project_id, request(columns=columns))
    rows = [FeedRowIn.model_validate({"at": START, "values": {"direction": "up"}})]
    post(feeds, project_id, *rows)
    assert feeds.rows(project_id, "prices").rows[0].values == {"direction": "up"}
    wrong = FeedRowIn.model_validate({"at": START, "values": {"direction": "sideways"}})
    with pytest.raises(InvalidInput, match="not a class"):
        post(feeds, project_id, wrong)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"columns": []}, "no columns"),
        ({"columns": [{"name": "a"}, {"name": "a"}]}, "occurs twice"),
        ({"keys": ["a", "a"]}, "occurs twice"),
        ({"options": {"file": "x"}}, "only for a source"),
    ],
)
def test_a_feed_with_wrong_settings_is_refused(
    feeds: FeedService, project_id: str, fields: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        feeds.create(project_id, request(**fields))


def test_a_deleted_feed_is_restored_with_its_rows_or_purged_with_its_files(
    feeds: FeedService, database: Database, events: EventLog, project_id: str, other_project_id: str
) -> None:
    feed_id = feeds.create(project_id, request()).id
    with pytest.raises(Conflict, match="already exists"):
        feeds.create(project_id, request())
    post(feeds, project_id, row(0), row(1))
    close(feeds, database, project_id)
    FeedKeeper(database, feeds).keep(project_id, feed_id)
    folder = feeds.reader.folder(project_id)
    assert len(list(folder.iterdir())) == 1
    with pytest.raises(NotFound):
        feeds.get(other_project_id, feed_id)
    feeds.trash.delete(project_id, "prices", None, "Ada")
    with pytest.raises(NotFound):
        feeds.rows(project_id, "prices")
    assert feeds.trash.restore(project_id, "prices", None).id == feed_id
    assert feeds.rows(project_id, "prices").last_seq == 2
    feeds.trash.delete(project_id, "prices", None, "Ada")
    purged = feeds.trash.purge(project_id, None)
    assert purged.counts == {"feeds": 1}
    assert purged.bytes > 0
    assert list(folder.iterdir()) == []
    with pytest.raises(AzuraError):
        feeds.get(project_id, feed_id)


def test_the_columns_and_keys_of_a_feed_are_known_to_its_readers(
    feeds: FeedService, database: Database, project_id: str
) -> None:
    feeds.create(project_id, request(keys=["b", "a"]))
    with database.read(project_id) as session:
        feed = store.find(session, "prices")
        assert feed is not None
        assert (meaning_of(feed).names, meaning_of(feed).keys) == (("price", "volume"), ("a", "b"))
        info = feeds.reader.info(session, "prices")
        assert info is not None
        assert (info.keys, info.closed, info.last_seq) == (("a", "b"), False, 0)


def test_rows_posted_at_once_while_others_are_sealed_have_numbers_without_gaps(
    feeds: FeedService, database: Database, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azuraforge.learners.feeds.keeping.SEGMENT_ROWS", 16)
    monkeypatch.setattr("azuraforge.learners.feeds.log.SEGMENT_ROWS", 16)
    feed_id = feeds.create(project_id, request(keys=["a", "b", "c", "d"])).id
    keeper, other = FeedKeeper(database, feeds), FeedKeeper(database, feeds)

    def fill(key: str) -> None:
        for minute in range(12):
            post(feeds, project_id, row(minute, float(minute), key=key))

    with ThreadPoolExecutor(6) as pool:
        filling = [pool.submit(fill, key) for key in "abcd"]
        while not all(each.done() for each in filling):
            for each in [pool.submit(one.keep, project_id, feed_id) for one in (keeper, other)]:
                each.result()
        for each in filling:
            each.result()
    keeper.keep(project_id, feed_id)
    found = feeds.rows(project_id, feed_id, limit=1000).rows
    assert [each.seq for each in found] == list(range(1, len(found) + 1))
    values = [each for each in found if each.kind in ("row", "late")]
    assert sorted((each.key, each.values["price"]) for each in values) == [
        (key, float(minute)) for key in "abcd" for minute in range(12)
    ]
    assert feeds.get(project_id, feed_id).sealed_rows == len(found) // 16 * 16
