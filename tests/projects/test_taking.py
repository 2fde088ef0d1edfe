"""What only one of many may have: the default project at a first start, and the key of a request."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from azuraforge.database import Database
from azuraforge.projects import answer_store
from azuraforge.projects.service import ProjectService
from azuraforge.projects.tables import Member, Project


def at_once(count, work):
    """Call ``work`` from so many threads at the same moment; what each returned or raised."""
    barrier, found = threading.Barrier(count), [None] * count

    def one(number):
        barrier.wait()
        try:
            found[number] = work(number)
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_processes_that_make_the_default_project_together_find_the_same(database):
    databases = [Database(database.url) for _ in range(5)]
    try:
        for each in databases:
            each.clock()  # connected, so that they really meet
        ids = at_once(5, lambda number: ProjectService(databases[number]).ensure_default())
    finally:
        for each in databases:
            each.close()
    assert len(set(ids)) == 1, ids
    with database.read(ids[0]) as session:
        assert session.scalar(select(func.count()).select_from(Project).where(Project.slug == "default")) == 1
        assert session.scalar(select(func.count()).select_from(Member).where(Member.project_id == ids[0])) == 1


@pytest.mark.parametrize("together", [1, 4])
def test_a_request_s_key_is_taken_once(database, project_id, together):
    def take(_number):
        return database.write(project_id, lambda session: answer_store.take(session, "key", "POST /runs", 1000))

    taken = [each for _ in range(2) for each in at_once(together, take)]
    assert taken.count(True) == 1
    assert taken.count(False) == 2 * together - 1
