"""The log's promise: numbers without gaps, in order; a reader with a cursor misses nothing and sees nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from azuraforge.events.notifier import Notifier
from azuraforge.events.service import EventLog
from tests.events.ticking import Tick


def append(log: EventLog, database, project_id: str, stream: str, n: int) -> int:
    return database.write(project_id, lambda session: log.append(session, stream, Tick(n=n)))


def test_numbers_have_no_gaps_and_streams_do_not_mix(database, project_id):
    log = EventLog(database)
    assert [append(log, database, project_id, "run/a", n) for n in range(3)] == [1, 2, 3]
    assert append(log, database, project_id, "run/b", 0) == 1
    assert [event.data["n"] for event in log.read(project_id, "run/a", after=1)] == [1, 2]
    assert log.last_seq(project_id, "run/a") == 3
    assert log.last_seq(project_id, "run/none") == 0


def test_a_rolled_back_event_leaves_no_gap_and_notifies_no_reader(database, project_id):
    log = EventLog(database)

    def fail(session):
        log.append(session, "project", Tick())
        raise ValueError

    with contextlib.suppress(ValueError):
        database.write(project_id, fail)
    assert append(log, database, project_id, "project", 0) == 1


def test_another_project_reads_nothing(database, project_id, other_project_id):
    log = EventLog(database)
    append(log, database, project_id, "project", 1)
    assert log.read(other_project_id, "project") == []


def test_the_history_is_read_backwards_by_type_and_page(database, project_id, other_project_id):
    log = EventLog(database)
    for n in range(5):
        append(log, database, project_id, "project", n)
    first = log.newest(project_id, "project", types=None, since=0, limit=2, after=None)
    rest = log.newest(project_id, "project", types=None, since=1, limit=9, after=first.next)
    assert [event.seq for event in first.items + rest.items] == [5, 4, 3, 2]
    assert rest.next is None
    kind = first.items[0].type
    assert len(log.newest(project_id, "project", types=kind[:3], since=0, limit=9, after=None).items) == 5
    assert log.newest(project_id, "project", types="other.", since=0, limit=9, after=None).items == []
    assert log.newest(other_project_id, "project", types=None, since=0, limit=9, after=None).items == []


def test_a_follower_sees_every_event_of_many_writers_once_and_in_order(database, project_id):
    log = EventLog(database)
    writers = [
        threading.Thread(target=lambda: [append(log, database, project_id, "run/x", n) for n in range(50)])
        for _ in range(4)
    ]

    async def follow() -> list[int]:
        seen: list[int] = []
        for writer in writers:
            writer.start()
        async for frame in log.follow(project_id, "run/x", 0):
            seen.extend(event.seq for event in frame)
            if len(seen) >= 200:
                return seen
        return seen

    assert asyncio.run(asyncio.wait_for(follow(), 30)) == list(range(1, 201))


def test_followers_end_when_the_bell_is_closed(database, project_id):
    notifier = Notifier()
    log = EventLog(database, notifier)

    async def follow() -> int:
        frames = 0
        asyncio.get_running_loop().call_later(0.1, notifier.close)
        async for _ in log.follow(project_id, "run/x", 0):
            frames += 1
        return frames

    assert asyncio.run(asyncio.wait_for(follow(), 5)) == 0


def test_latest_skips_what_was_and_misses_nothing_after(platform):
    import http.client
    from urllib.parse import urlsplit

    platform.run("datasets", "add", "--source", "bundled", "--option", "series=nile")
    address = urlsplit(platform.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    headers = {"Authorization": f"Bearer {platform.token}"}
    connection.request("GET", "/api/v1/events?stream=project&after=latest", headers=headers)
    answer = connection.getresponse()
    assert answer.readline().startswith(b"retry:")
    platform.run("datasets", "add", "--source", "bundled", "--option", "series=sunspots")
    lines = [answer.readline() for _ in range(4)]
    connection.close()
    assert b"event: dataset.version_added\n" in lines
    assert b"nile" not in b"".join(lines)
