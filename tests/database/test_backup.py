"""A backup is what was there; a restore brings all of it back, or leaves everything as it is."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from azuraforge.clock import utc_now
from azuraforge.database import Database, row_security, schema
from azuraforge.database.backups import archive
from azuraforge.database.backups.service import Place, back_up, examine, restore
from azuraforge.database.schema import VERSION_TABLE, head_revision, open_database
from azuraforge.errors import Conflict, InvalidInput, StorageError
from azuraforge.server.packages import import_tables
from tests.filling import fill, reflected
from tests.postgres import TEMPLATE, Postgres, binaries

LATER = Path(__file__).parent / "later"


class Stand:
    """A place with two projects and a row in every table of each; and other places, still empty."""

    def __init__(self, place: Place, make_empty) -> None:
        self.place = place
        self.make_empty = make_empty

    def owner(self, place: Place | None = None) -> Database:
        place = place or self.place
        return Database(place.owner_url or place.url)

    def rows(self, place: Place | None = None) -> dict[str, list[str]]:
        owner = self.owner(place)
        with owner.engine.connect() as connection:
            if owner.dialect == "postgresql":
                row_security.see_all(connection)
            found = {
                name: sorted(map(repr, connection.execute(table.select())))
                for name, table in reflected(connection).tables.items()
            }
        owner.close()
        return found

    def change(self, statement: str, place: Place | None = None) -> None:
        owner = self.owner(place)
        with owner.engine.begin() as connection:
            if owner.dialect == "postgresql":
                row_security.see_all(connection)
            connection.execute(text(statement))
        owner.close()


def _filled(place: Place) -> None:
    open_database(place.url, place.owner_url).close()
    owner = Database(place.owner_url or place.url)
    with owner.engine.begin() as connection:
        if owner.dialect == "postgresql":
            row_security.see_all(connection)
        tables = reflected(connection)
        fill(connection, tables, "a")
        fill(connection, tables, "b")
    owner.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def template(request, tmp_path_factory) -> Iterator[Path | Postgres]:
    """A filled database, to copy: upgrading and filling one takes a second."""
    import_tables()
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("filled") / "azuraforge.db"
        _filled(Place(f"sqlite:///{file}"))
        yield file
        return
    cluster = request.getfixturevalue("postgres_cluster")
    made = cluster.create(TEMPLATE)
    _filled(Place(made.url, made.owner_url))
    yield made
    cluster.drop(made)


@pytest.fixture
def stand(request, template, tmp_path, monkeypatch) -> Iterator[Stand]:
    made = []
    if isinstance(template, Postgres):
        cluster = request.getfixturevalue("postgres_cluster")
        monkeypatch.setenv("PG_BIN", str(binaries()))
        made.append(cluster.create(template.name))
        place = Place(made[0].url, made[0].owner_url)

        def make_empty() -> Place:
            made.append(cluster.create())
            return Place(made[-1].url, made[-1].owner_url)
    else:

        def make_empty() -> Place:
            made.append(tmp_path / f"home {len(made)}")
            made[-1].mkdir()
            return Place(f"sqlite:///{made[-1] / 'azuraforge.db'}")

        place = make_empty()
        shutil.copy(template, made[0])
    yield Stand(place, make_empty)
    if isinstance(template, Postgres):
        for database in made:
            cluster.drop(database)


def test_a_backup_brings_back_every_row(stand, tmp_path):
    before = stand.rows()
    made = back_up(stand.place, tmp_path / "all.backup")
    assert made.revision == head_revision()
    assert set(made.rows) == set(before)
    assert set(made.rows.values()) == {2}

    elsewhere = stand.make_empty()
    assert restore(elsewhere, tmp_path / "all.backup") == made
    assert stand.rows(elsewhere) == before
    open_database(elsewhere.url).close()  # revision and policies are those of this code
    assert not examine(elsewhere).problems


def test_rows_are_replaced_only_when_asked(stand, tmp_path):
    before = stand.rows()
    back_up(stand.place, tmp_path / "all.backup")
    stand.change("UPDATE project SET name = 'changed'")
    changed = stand.rows()
    with pytest.raises(Conflict, match="not empty"):
        restore(stand.place, tmp_path / "all.backup")
    assert stand.rows() == changed
    restore(stand.place, tmp_path / "all.backup", replace=True)
    assert stand.rows() == before


def test_a_backup_while_others_write_is_one_moment(stand, tmp_path):
    """Each writer adds a stream and its one event in one transaction: a backup never has one without the other."""
    database = Database(stand.place.url)
    stop = threading.Event()

    def write(letter: str) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            stream = f"{letter}{number}"

            def work(session, stream=stream) -> None:
                connection = session.connection()
                connection.execute(text(f"INSERT INTO event_stream VALUES ('aid', '{stream}', 1)"))
                zero = "now()" if database.dialect == "postgresql" else "0"
                connection.execute(text(f"INSERT INTO event VALUES ('aid', '{stream}', 1, 't', '[]', {zero})"))

            database.write("aid", work)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "xy"]
    for thread in threads:
        thread.start()
    made = [back_up(stand.place, tmp_path / f"{number}.backup") for number in range(3)]
    stop.set()
    for thread in threads:
        thread.join()
    database.close()
    assert made[-1].rows["event"] > 2, "they did write meanwhile"
    for manifest in made:
        assert manifest.rows["event"] == manifest.rows["event_stream"]
    elsewhere = stand.make_empty()
    restore(elsewhere, tmp_path / "1.backup")
    assert len(stand.rows(elsewhere)["event"]) == made[1].rows["event"]


def _rewrite(source: Path, target: Path, change) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        parts = {name: old.read(name) for name in old.namelist()}
        for name, data in change(parts).items():
            new.writestr(name, data)


def _manifest(parts: dict[str, bytes], **values) -> dict[str, bytes]:
    return {**parts, "manifest.json": json.dumps({**json.loads(parts["manifest.json"]), **values}).encode()}


def _flipped(parts: dict[str, bytes]) -> dict[str, bytes]:
    data = bytearray(parts["database"])
    data[len(data) // 2] ^= 1
    return {**parts, "database": bytes(data)}


BROKEN = {
    "a flipped bit": (_flipped, "damaged"),
    "no contents": (lambda parts: {"manifest.json": parts["manifest.json"]}, "damaged"),
    "no manifest": (lambda parts: {"database": parts["database"]}, "not an AzuraForge backup"),
    "another format": (lambda parts: _manifest(parts, format="other"), "not an AzuraForge backup"),
    "a table name that is none": (
        lambda parts: _manifest(parts, rows={'x"; DROP TABLE run; --': 0}),
        "not an AzuraForge backup",
    ),
    "the other database": (lambda parts: _manifest(parts, dialect="other"), "backup is from other"),
    "a newer schema": (lambda parts: _manifest(parts, revision="9999"), "newer version of AzuraForge"),
    "an unreleased schema": (
        lambda parts: _manifest(parts, revision="0012"),
        "the backup was created by a development",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_backup_that_is_not_whole_is_refused_and_nothing_changes(stand, tmp_path, how):
    change, said = BROKEN[how]
    back_up(stand.place, tmp_path / "all.backup")
    _rewrite(tmp_path / "all.backup", tmp_path / "broken.backup", change)
    before = stand.rows()
    with pytest.raises((InvalidInput, Conflict), match=said):
        restore(stand.place, tmp_path / "broken.backup", replace=True)
    assert stand.rows() == before


def test_rows_that_are_not_all_there_undo_the_restore(stand, tmp_path):
    back_up(stand.place, tmp_path / "all.backup")

    def one_more(parts):
        counted = json.loads(parts["manifest.json"])["rows"]
        return _manifest(parts, rows={**counted, "run": 3})

    _rewrite(tmp_path / "all.backup", tmp_path / "short.backup", one_more)
    stand.change("UPDATE project SET name = 'changed'")
    before = stand.rows()
    with pytest.raises((InvalidInput, StorageError), match="rows"):
        restore(stand.place, tmp_path / "short.backup", replace=True)
    assert stand.rows() == before
    open_database(stand.place.url).close()


def test_a_file_that_is_no_backup_is_reported(stand, tmp_path):
    (tmp_path / "x").write_text("hello")
    with pytest.raises(InvalidInput, match="not an AzuraForge backup"):
        restore(stand.place, tmp_path / "x")
    with pytest.raises(InvalidInput, match="the file does not exist"):
        restore(stand.place, tmp_path / "y")


def test_a_backup_overwrites_nothing_and_is_its_owners_alone(stand, tmp_path):
    target = tmp_path / "all.backup"
    back_up(stand.place, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    before = target.read_bytes()
    with pytest.raises(Conflict, match="the file already exists"):
        back_up(stand.place, target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.backup*")] == ["all.backup"], "no draft is left"


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_a_file_that_appears_while_a_backup_is_written_is_kept(tmp_path, monkeypatch, links):
    manifest = archive.Manifest(
        created_at=utc_now(), azuraforge="0", dialect="sqlite", revision="a", rows={}, bytes=1, sha256="0"
    )
    contents, target = tmp_path / "contents", tmp_path / "a.backup"
    contents.write_bytes(b"x")
    real = os.link

    def link(draft: Path, name: Path) -> None:
        target.write_bytes(b"another")  # at the last moment
        if not links:
            raise PermissionError(1, "no hard links here")
        real(draft, name)

    monkeypatch.setattr("azuraforge.database.backups.archive.os.link", link)
    with pytest.raises(Conflict, match="the file already exists"):
        archive.write(target, contents, manifest, tmp_path / "draft")
    assert target.read_bytes() == b"another"
    assert not (tmp_path / "draft").exists()


def test_a_backup_counts_once_its_name_is_on_the_disk(tmp_path, monkeypatch):
    manifest = archive.Manifest(
        created_at=utc_now(), azuraforge="0", dialect="sqlite", revision="a", rows={}, bytes=1, sha256="0"
    )
    contents, target = tmp_path / "contents", tmp_path / "a.backup"
    contents.write_bytes(b"x")

    def broken(folder: Path) -> None:
        assert folder == tmp_path
        assert target.exists()
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(archive, "sync_path", broken)
        with pytest.raises(StorageError, match="Input/output error"):
            archive.write(target, contents, manifest, tmp_path / "draft")
    assert not target.exists(), "what may vanish is no backup"
    archive.write(target, contents, manifest, tmp_path / "draft")
    assert archive.read(target) == manifest


def test_a_backup_of_an_older_schema_is_upgraded(stand, tmp_path, monkeypatch):
    back_up(stand.place, tmp_path / "old.backup")
    old = head_revision()
    monkeypatch.setattr(schema, "VERSIONS", [*schema.VERSIONS, LATER])
    elsewhere = stand.make_empty()
    assert restore(elsewhere, tmp_path / "old.backup").revision == old
    condition = examine(elsewhere)
    assert condition.revision == head_revision() != old
    assert condition.rows["project"] == 2


@pytest.fixture
def filled_file(tmp_path) -> Path:
    """A SQLite file with a row in every table."""
    import_tables()
    path = tmp_path / "azuraforge.db"
    database = open_database(f"sqlite:///{path}")
    with database.engine.begin() as connection:
        fill(connection, reflected(connection), "a")
    database.close()
    return path


def test_a_broken_sqlite_file_is_not_saved(filled_file, tmp_path):
    page = bytearray(filled_file.read_bytes())
    page[3 * 4096 + 8 : 4 * 4096] = b"\xff" * (4096 - 8)
    filled_file.write_bytes(page)
    with pytest.raises(StorageError):
        back_up(Place(f"sqlite:///{filled_file}"), tmp_path / "x.backup")
    assert not (tmp_path / "x.backup").exists()


def test_a_row_that_points_nowhere_is_reported(filled_file):
    with sqlite3.connect(filled_file) as connection:
        connection.execute("DELETE FROM person")
    connection.close()
    assert any("person" in problem for problem in examine(Place(f"sqlite:///{filled_file}")).problems)


def test_on_postgresql_nothing_is_restored_under_a_running_platform(stand, tmp_path):
    if stand.place.is_sqlite:
        pytest.skip("there the data home's lock tells")
    back_up(stand.place, tmp_path / "all.backup")
    running = Database(stand.place.url)
    with running.read_system() as session:
        session.connection()
        with pytest.raises(Conflict, match="a platform is using this database"):
            restore(stand.place, tmp_path / "all.backup", replace=True)
    running.close()


def test_without_postgresqls_programs_it_says_what_to_install(stand, tmp_path, monkeypatch):
    if stand.place.is_sqlite:
        pytest.skip("SQLite needs none")
    monkeypatch.setattr("azuraforge.database.backups.postgres_dump.shutil.which", lambda *_, **__: None)
    with pytest.raises(InvalidInput, match="pg_dump is not installed"):
        back_up(stand.place, tmp_path / "all.backup")
    with pytest.raises(InvalidInput, match="only the owner"):
        back_up(Place(stand.place.url), tmp_path / "all.backup")


def test_the_manifest_is_read_without_the_contents(stand, tmp_path):
    made = back_up(stand.place, tmp_path / "all.backup", {"ab/cd": 3})
    assert archive.read(tmp_path / "all.backup") == made
    assert made.artifacts == {"ab/cd": 3}
    assert VERSION_TABLE not in made.rows
