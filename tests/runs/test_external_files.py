"""Files of external runs: names that escape, repetitions, limits and quotas."""

from __future__ import annotations

import asyncio

import pytest

from azuraforge.errors import AzuraError, Conflict, InvalidInput, NotFound
from azuraforge.projects.quotas.service import QuotaExceeded
from azuraforge.runs.external import files as external_files
from azuraforge.runs.external.files import ExternalFiles
from azuraforge.runs.files.names import check_file_name, media_type_of
from azuraforge.runs.schemas import FinishRequest, RunRequest

ME = "me"


@pytest.fixture
def stand(make_stand):
    return make_stand(start=False)


@pytest.fixture
def run(stand):
    return stand.service.create(stand.project_id, RunRequest(kind="external", name="mine"), ME)


def add(stand, run_id: str, name: str, *parts: bytes, check_quota=lambda *_: None, lease_seconds=15.0):
    async def body():
        for part in parts:
            yield part

    files = ExternalFiles(
        stand.database, stand.events, stand.artifacts, stand.service.external, lease_seconds, check_quota
    )
    return asyncio.run(files.receive(stand.project_id, run_id, ME, name, "file", body()))


def listed(stand, run_id: str) -> dict[str, int]:
    return {each.name: each.bytes for each in stand.service.get(stand.project_id, run_id).artifacts}


def told(stand, run_id: str) -> list[str]:
    return [data["name"] for type_, data in stand.events_of(run_id) if type_ == "run.artifact"]


def drafts(stand) -> list:
    return list(stand.artifacts.folder(stand.project_id).glob(".incoming-*"))


def test_a_file_sent_twice_is_one_file_and_one_event(stand, run):
    first = add(stand, run.id, "a/x.csv", b"a,b\n", b"1,2\n")
    again = add(stand, run.id, "a/x.csv", b"a,b\n1,2\n")
    assert first == again
    assert (first.media_type, listed(stand, run.id), told(stand, run.id)) == ("text/csv", {"a/x.csv": 8}, ["a/x.csv"])
    add(stand, run.id, "a/x.csv", b"a,b\n")
    assert (listed(stand, run.id), told(stand, run.id)) == ({"a/x.csv": 4}, ["a/x.csv", "a/x.csv"])
    _, path = stand.service.artifact(stand.project_id, run.id, "a/x.csv")
    assert path.read_bytes() == b"a,b\n"
    assert drafts(stand) == []


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../x", "/etc/passwd", "a//b", "a/", ".", "a\\b", "a\nb", "a\0", "\u202egnp.exe", " a", "x" * 201, ""],
)
def test_a_name_that_could_leave_its_folder_or_deceive_is_refused(name):
    with pytest.raises(InvalidInput) as refused:
        check_file_name(name)
    assert "plots/loss.png" in str(refused.value.next_step)


def test_what_a_browser_would_run_is_plain_text():
    for name in ("<script>.html", "a.svg", "a.XML", "a.htm"):
        check_file_name(name)
        assert media_type_of(name) == "text/plain"
    assert media_type_of("a.js") == "application/octet-stream"
    assert media_type_of("çizim 📈.png") == "image/png"


def test_more_files_than_the_limit_are_refused_and_known_names_are_not(stand, run, monkeypatch):
    monkeypatch.setattr(external_files, "MOST_FILES", 2)
    add(stand, run.id, "a", b"1")
    add(stand, run.id, "b", b"1")
    add(stand, run.id, "b", b"2")
    with pytest.raises(InvalidInput, match="at most 2 files"):
        add(stand, run.id, "c", b"1")
    assert listed(stand, run.id) == {"a": 1, "b": 1}


def test_a_file_counts_in_the_quota_once(stand, run):
    asked: list[int] = []

    def check(_session, limited, more):
        asked.append(more)
        if more > 3:
            raise QuotaExceeded("full", next_step="delete", code="quota_exceeded")
        assert limited == "stored_bytes"

    add(stand, run.id, "a", b"123", check_quota=check)
    add(stand, run.id, "b", b"123", check_quota=check)
    with pytest.raises(QuotaExceeded):
        add(stand, run.id, "c", b"1234", check_quota=check)
    assert asked == [3, 4]
    assert sorted(listed(stand, run.id)) == ["a", "b"]


def test_a_wrong_name_and_runs_that_are_over_or_unknown_are_refused(stand, run):
    with pytest.raises(InvalidInput, match="cannot be the name"):
        add(stand, run.id, "../x", b"1")
    with pytest.raises(NotFound):
        add(stand, "nosuchrun", "a", b"1")
    stand.service.finish(stand.project_id, run.id, ME, FinishRequest(state="succeeded"))
    with pytest.raises(Conflict) as refused:
        add(stand, run.id, "a", b"1")
    assert refused.value.error_code == "ended"


def test_a_broken_upload_leaves_nothing(stand, run):
    async def body():
        yield b"123"
        raise ConnectionError("the client is gone")

    files = ExternalFiles(stand.database, stand.events, stand.artifacts, stand.service.external, 15.0)
    with pytest.raises(ConnectionError):
        asyncio.run(files.receive(stand.project_id, run.id, ME, "a", "file", body()))
    assert (listed(stand, run.id), drafts(stand)) == ({}, [])


def test_the_lease_is_renewed_while_a_file_arrives(stand, run):
    renewed: list[str] = []
    stand.service.external.renew = lambda project_id, run_id, person_id: renewed.append(run_id)
    add(stand, run.id, "a", b"1", b"2", b"3", lease_seconds=0.0)
    assert len(renewed) == 4


def test_a_sender_who_lost_the_role_meanwhile_adds_nothing(stand, run):
    class Lost(AzuraError):
        pass

    def checked(_work):
        def refuse():
            raise Lost("no member")

        return refuse

    async def body():
        yield b"1"

    files = ExternalFiles(stand.database, stand.events, stand.artifacts, stand.service.external, 15.0)
    with pytest.raises(Lost):
        asyncio.run(files.receive(stand.project_id, run.id, ME, "a", "file", body(), checked))
    assert listed(stand, run.id) == {}
