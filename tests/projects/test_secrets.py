"""Secrets at rest: encryption, keys that are lost or damaged, and projects that see only their own."""

from __future__ import annotations

import base64
import os
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from azuraforge.database import Database
from azuraforge.errors import InvalidInput, NotFound, StorageError
from azuraforge.events.service import EventLog
from azuraforge.projects.secrets import store
from azuraforge.projects.secrets.keys import KeyRing
from azuraforge.projects.secrets.sealing import CannotOpen, seal, unseal
from azuraforge.projects.secrets.service import SecretService

VALUE = "postgresql://reader:sesame-4711@db.example.org/load"


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def ring(tmp_path: Path, *given: str) -> KeyRing:
    return KeyRing(SecretStr(",".join(given)) if given else None, tmp_path / "secret.keys")


@pytest.fixture
def service(database: Database, tmp_path: Path) -> SecretService:
    return SecretService(database, ring(tmp_path), EventLog(database))


def test_a_value_is_granted_and_never_stored_in_plain_text(
    service: SecretService, database: Database, project_id: str, tmp_path: Path
) -> None:
    made = service.set(project_id, "load-db", VALUE, "ada")
    assert (made.name, made.state, made.updated_by) == ("load-db", "ready", "ada")
    assert service.grant(project_id, ["load-db"], {"source": "sql"}) == {"load-db": VALUE}
    with database.read(project_id) as session:
        row = store.get(session, "load-db")
        assert row is not None
        assert b"sesame" not in row.sealed
        assert len(row.sealed) == 12 + len(VALUE) + 16
    assert "sesame" not in repr(service.list(project_id))
    assert (tmp_path / "secret.keys").stat().st_mode & 0o777 == 0o600
    again = service.set(project_id, "load-db", "other", "grace")
    assert (again.created_at, again.updated_by) == (made.created_at, "grace")
    assert service.grant(project_id, ["load-db"], {"source": "sql"}) == {"load-db": "other"}
    service.delete(project_id, "load-db", "ada")
    assert service.list(project_id).items == []
    with pytest.raises(NotFound):
        service.delete(project_id, "load-db", "ada")
    with pytest.raises(InvalidInput, match="secret 'load-db' does not exist"):
        service.grant(project_id, ["load-db"], {"source": "sql"})


def test_another_project_sees_nothing_and_a_moved_row_cannot_be_opened(
    service: SecretService, database: Database, project_id: str, other_project_id: str
) -> None:
    service.set(project_id, "db", VALUE, "ada")
    assert service.list(other_project_id).items == []
    assert [service.holds_any(each, ["db", "x"]) for each in (project_id, other_project_id)] == [True, False]
    with pytest.raises(InvalidInput, match="does not exist"):
        service.grant(other_project_id, ["db"], {"source": "sql"})
    with database.read(project_id) as session:
        row = store.get(session, "db")
        assert row is not None
        key_id, sealed = row.key_id, row.sealed
    database.write(other_project_id, lambda session: store.put(session, "db", key_id, sealed, "mallory"))
    database.write(project_id, lambda session: store.put(session, "renamed", key_id, sealed, "mallory"))
    for project, name in ((other_project_id, "db"), (project_id, "renamed")):
        with pytest.raises(InvalidInput, match="cannot be decrypted"):
            service.grant(project, [name], {"source": "sql"})


def test_each_use_is_an_event_without_the_value(
    service: SecretService, database: Database, project_id: str, other_project_id: str
) -> None:
    service.set(project_id, "db", VALUE, "ada")
    service.set(project_id, "db", VALUE, "grace")
    service.grant(project_id, ["db", "db"], {"source": "sql", "run": "r1", "dataset": "load"})
    service.grant(project_id, [], {"source": "sql"})
    for missing in (["db", "none"], ["none"]):
        with pytest.raises(InvalidInput):
            service.grant(project_id, missing, {"source": "sql"})
    service.delete(project_id, "db", "ada")
    with pytest.raises(NotFound):
        service.delete(project_id, "db", "ada")
    found = EventLog(database).read(project_id, "project")
    assert [(each.type, each.data) for each in found] == [
        ("secret.stored", {"name": "db", "replaced": False, "by": "ada"}),
        ("secret.stored", {"name": "db", "replaced": True, "by": "grace"}),
        ("secret.used", {"name": "db", "source": "sql", "run": "r1", "dataset": "load"}),
        ("secret.deleted", {"name": "db", "by": "ada"}),
    ]
    assert not EventLog(database).read(other_project_id, "project")


def test_the_first_key_encrypts_and_all_decrypt(database: Database, project_id: str, tmp_path: Path) -> None:
    old, new = key(), key()
    SecretService(database, ring(tmp_path, old), EventLog(database)).set(project_id, "a", "one", "ada")
    rotated = SecretService(database, ring(tmp_path, new, old), EventLog(database))
    rotated.set(project_id, "b", "two", "ada")
    assert [each.state for each in rotated.list(project_id).items] == ["older_key", "ready"]
    assert rotated.grant(project_id, ["a", "b"], {"source": "sql"}) == {"a": "one", "b": "two"}
    rotated.set(project_id, "a", "one", "ada")
    assert SecretService(database, ring(tmp_path, new), EventLog(database)).grant(
        project_id, ["a"], {"source": "sql"}
    ) == {"a": "one"}
    assert not (tmp_path / "secret.keys").exists()


def test_a_lost_key_concerns_the_secrets_under_it_only(
    service: SecretService, database: Database, project_id: str, tmp_path: Path
) -> None:
    service.set(project_id, "lost", "one", "ada")
    (tmp_path / "secret.keys").unlink()
    assert service.list(project_id).items[0].state == "unreadable"
    service.set(project_id, "new", "two", "ada")
    assert [each.state for each in service.list(project_id).items] == ["unreadable", "ready"]
    assert service.grant(project_id, ["new"], {"source": "sql"}) == {"new": "two"}
    with pytest.raises(InvalidInput, match="secret 'lost' cannot be decrypted") as lost:
        service.grant(project_id, ["new", "lost"], {"source": "sql"})
    assert "azuraforge secrets set lost" in lost.value.next_step


@pytest.mark.parametrize(
    "given",
    ["short", base64.b64encode(b"x" * 31).decode(), "ü" * 44, f"{key()},nonsense-key"],
    ids=["short", "31 bytes", "no base64", "second"],
)
def test_a_key_that_is_none_is_reported_without_being_shown(
    database: Database, project_id: str, tmp_path: Path, given: str
) -> None:
    service = SecretService(database, ring(tmp_path, given), EventLog(database))
    with pytest.raises(StorageError, match="must be 32 bytes in base64") as refused:
        service.set(project_id, "a", "one", "ada")
    assert given.split(",")[-1] not in str(refused.value)
    assert service.list(project_id).items == []


def test_keys_that_others_can_read_are_refused(service: SecretService, project_id: str, tmp_path: Path) -> None:
    service.set(project_id, "a", "one", "ada")
    (tmp_path / "secret.keys").chmod(0o640)
    with pytest.raises(StorageError, match="other users of this machine can read"):
        service.grant(project_id, ["a"], {"source": "sql"})
    assert service.list(project_id).items[0].state == "unreadable"


def test_processes_that_start_together_make_one_key(tmp_path: Path) -> None:
    found: list[str] = []
    barrier = threading.Barrier(8)

    def make() -> None:
        barrier.wait()
        found.append(ring(tmp_path).first().id)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert [each.name for each in tmp_path.iterdir() if "secret" in each.name] == ["secret.keys"]


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    first = ring(tmp_path, key()).first()
    sealed = seal(first, "p", "n", "value")
    assert unseal([first], first.id, "p", "n", sealed) == "value"
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(CannotOpen):
            unseal([first], first.id, "p", "n", bytes(changed))
    with pytest.raises(CannotOpen):
        unseal([first], first.id, "p", "n", b"")


def test_no_two_values_share_a_nonce(service: SecretService, database: Database, project_id: str) -> None:
    seen = set()
    for _ in range(20):
        service.set(project_id, "same", "value", "ada")
        with database.read(project_id) as session:
            row = store.get(session, "same")
            assert row is not None
            seen.add(row.sealed[:12])
    assert len(seen) == 20
