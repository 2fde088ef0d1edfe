"""Quotas are checked where a resource is created, and two requests at once cannot pass a limit."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from azuraforge.errors import Forbidden, NotFound
from azuraforge.events.service import EventLog
from azuraforge.messages.languages import speaking
from azuraforge.projects.administration.service import ProjectAdministration
from azuraforge.projects.membership.schemas import NewServiceAccount
from azuraforge.projects.membership.service import MemberService
from azuraforge.projects.quotas.schemas import QuotaLimits
from azuraforge.projects.quotas.service import Measure, QuotaExceeded, Quotas
from azuraforge.settings import Settings

MEASURES = [Measure("runs", lambda _: 3), Measure("stored_bytes", lambda _: 100), Measure("stored_bytes", lambda _: 50)]


@pytest.fixture
def quotas(database):
    return Quotas(database, MEASURES)


@pytest.fixture
def administration(database, quotas, tmp_path):
    settings = Settings(home=tmp_path, database_owner_url="postgresql://owner:hidden@db/x", secret_keys="k" * 44)
    return ProjectAdministration(database, quotas, EventLog(database), settings)


@pytest.fixture
def caller(world):
    return world.projects.identify(world.session())


@pytest.fixture
def members(database, world, quotas):
    return MemberService(database, EventLog(database), world.people.revocations, quotas.check)


def check(database, quotas, project_id, limited, more):
    database.write(project_id, lambda session: quotas.check(session, limited, more))


def test_without_a_quota_nothing_is_refused_and_use_is_shown(database, quotas, world):
    check(database, quotas, "third", "stored_bytes", 10**15)
    found = quotas.usage("third")
    assert (found.stored_bytes.used, found.runs.used, found.members.used) == (150, 3, 1)
    assert found.stored_bytes.limit is None


def test_a_limit_refuses_what_does_not_fit_with_one_clear_error(database, quotas, administration, caller):
    administration.set_quota(caller, "third", QuotaLimits(stored_bytes=200, runs=3))
    check(database, quotas, "third", "stored_bytes", 50)
    with pytest.raises(QuotaExceeded) as refused:
        check(database, quotas, "third", "stored_bytes", 51)
    error = refused.value
    assert (error.error_code, error.status) == ("quota_exceeded", 409)
    assert "quota is 200 bytes of stored files, of which 150 are used; 51 more" in str(error)
    with pytest.raises(QuotaExceeded, match="3 queued or running runs, and it has 3"):
        check(database, quotas, "third", "runs", 1)
    check(database, quotas, "second", "runs", 1)
    administration.set_quota(caller, "third", QuotaLimits())
    check(database, quotas, "third", "runs", 1)


def test_two_service_accounts_at_once_cannot_pass_the_limit_of_members(
    database,
    world,
    members,
    administration,
    caller,
):
    access = world.projects.authenticate(world.session("other"), "third")
    for turn in range(5):
        administration.set_quota(caller, "third", QuotaLimits(members=turn + 2))
        found, ready = [], threading.Barrier(2)

        def add(name, found=found, ready=ready):
            ready.wait()
            try:
                members.add_service_account(access, NewServiceAccount(name=name))
                found.append("done")
            except QuotaExceeded:
                found.append("refused")

        threads = [threading.Thread(target=add, args=(f"s{turn}-{each}",)) for each in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(found) == ["done", "refused"]


def test_two_checks_at_once_wait_for_each_other(database, dialect, world, quotas, administration, caller):
    """The lock of the quota alone, without the one of a project's members."""
    if dialect != "postgresql":
        pytest.skip("SQLite has one writer")
    administration.set_quota(caller, "third", QuotaLimits(runs=9))
    inside, second, done = threading.Event(), threading.Event(), []

    def first(session):
        quotas.check(session, "runs", 1)
        inside.set()
        second.wait(0.5)
        done.append("first")

    def other(session):
        quotas.check(session, "runs", 1)
        done.append("second")
        second.set()

    thread = threading.Thread(target=lambda: database.write("third", first))
    thread.start()
    inside.wait()
    database.write("third", other)
    thread.join()
    assert done == ["first", "second"]


def test_administrators_see_sizes_of_all_projects_and_set_quotas(administration, caller, world):
    found = administration.projects().items
    assert [each.slug for each in found] == ["default", "second", "third"]
    assert [each.members for each in found] == [1, 2, 1]
    first = administration.projects(limit=2)
    assert [each.slug for each in administration.projects(limit=2, after=first.next).items] == ["third"]
    changed = administration.set_quota(caller, "third", QuotaLimits(datasets=5))
    assert changed.quota == QuotaLimits(datasets=5)
    with pytest.raises(NotFound):
        administration.set_quota(caller, "nothing", QuotaLimits())
    other = world.projects.identify(world.session("other"))
    with pytest.raises(Forbidden):  # not even the owner of the project
        administration.set_quota(other, "third", QuotaLimits())


def test_the_policy_lets_only_administrators_add_a_quota(database, dialect, world):
    if dialect != "postgresql":
        pytest.skip("policies exist on PostgreSQL only")

    def insert(session, _=None):
        session.connection().execute(text("INSERT INTO quota (project_id, runs) VALUES ('third', 1)"))

    for write in (
        lambda: database.write("third", insert),
        lambda: database.write_joining("other", "third", lambda _: None, insert),
    ):
        with pytest.raises(Exception, match="row-level security"):
            write()
    database.write_joining(world.owner, "third", lambda _: None, insert)


def test_settings_are_shown_without_secrets(administration):
    found = {each.variable: each for each in administration.settings().settings}
    assert found["AZURAFORGE_SERVER__PORT"].value == "8787"
    assert found["AZURAFORGE_SERVER__PORT"].default
    assert found["AZURAFORGE_DATABASE_OWNER_URL"].value == "postgresql://owner:***@db/x"
    with speaking("tr"):
        port = next(each for each in administration.settings().settings if each.name == "server.port")
    assert port.description == "TCP portu; 0 boş bir port seçer"
    secret = found["AZURAFORGE_SECRET_KEYS"]
    assert (secret.value, secret.hidden, secret.default) == (None, True, False)
