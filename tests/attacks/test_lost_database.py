"""A database that is missing, damaged or older than the files next to it loses nothing silently."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from azuraforge.database import soundness
from azuraforge.database.backups import placing
from azuraforge.database.backups.service import Place
from azuraforge.database.schema import open_database
from azuraforge.errors import Conflict, StorageError, TransientError
from azuraforge.platform import maintenance
from azuraforge.platform.backups import way_back
from azuraforge.platform.composition import build_services
from azuraforge.platform.home import open_home
from azuraforge.platform.opening import open_at_start
from azuraforge.projects.package import HOUSEKEEPING, PROJECTS
from azuraforge.runs.package import RUN_DISPATCH
from azuraforge.server.packages import import_tables
from azuraforge.settings import Settings
from tests.postgres import TEMPLATE
from tests.process_checks import Patience

_PAGE = 4096


def damage(path: Path) -> None:
    """Overwrite every page but the first, which says what kind of file it is."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(_PAGE)
        file.write(b"\xa5" * (path.stat().st_size - _PAGE))


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home that was used, with a project and a file of a dataset; its backup lies next to it."""
    made = Settings(home=tmp_path_factory.mktemp("used") / "home")
    open_home(made).close()
    services = build_services(made, {})
    services[PROJECTS].ensure_default()
    services.close()
    kept = made.artifacts / "project" / "datasets" / "f.parquet"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"rows")
    maintenance.back_up(made, made.home.parent / "elsewhere" / "a.backup")
    return made.home


@pytest.fixture
def backup(used: Path) -> Path:
    return used.parent / "elsewhere" / "a.backup"


@pytest.fixture
def settings(used: Path, tmp_path: Path) -> Settings:
    """A copy of that data home."""
    return Settings(home=Path(shutil.copytree(used, tmp_path / "home")))


def database_of(settings: Settings) -> Path:
    return settings.home / "azuraforge.db"


def remove_database(settings: Settings) -> None:
    for path in settings.home.glob("azuraforge.db*"):
        path.unlink()


@pytest.mark.parametrize("left", [None, b""], ids=["missing", "empty"])
def test_files_without_a_database_are_not_started_on(settings, backup, left):
    remove_database(settings)
    if left is not None:
        database_of(settings).write_bytes(left)
    with pytest.raises(Conflict) as refused:
        open_at_start(settings)
    assert "contains 1 file of datasets, models and runs, but the database is missing" in str(refused.value)
    assert f"azuraforge database restore {backup} --home {settings.home}" in str(refused.value)
    assert f"azuraforge database create --home {settings.home}" in str(refused.value)
    assert not database_of(settings).exists() or not database_of(settings).stat().st_size
    maintenance.restore(settings, backup)
    open_at_start(settings).close()


def test_a_database_that_knows_no_project_is_as_good_as_none(settings):
    remove_database(settings)
    import_tables()
    open_database(settings.url).close()
    with pytest.raises(Conflict, match="the database is empty"):
        open_at_start(settings)


def test_two_data_homes_do_not_share_one_file(settings, tmp_path):
    other = Settings(home=tmp_path / "other", database_url=f"sqlite:///{tmp_path / 'shared.db'}")
    first = open_home(settings.model_copy(update={"database_url": other.database_url}))
    with pytest.raises(Conflict, match="another data home"):
        open_home(other)
    first.close()
    open_home(other).close()


def test_on_postgresql_too(settings, postgres_cluster):
    made = postgres_cluster.create(TEMPLATE)
    scaled = settings.model_copy(update={"database_url": made.url, "database_owner_url": made.owner_url})
    with pytest.raises(Conflict, match="the database is empty"):
        open_at_start(scaled)
    postgres_cluster.drop(made)


def test_starting_empty_on_purpose_is_one_command(settings):
    remove_database(settings)
    maintenance.create_database(settings)
    open_at_start(settings).close()
    assert len(list(settings.artifacts.rglob("f.parquet"))) == 1
    with pytest.raises(Conflict, match="the database already exists"):
        maintenance.create_database(settings)


def test_a_start_on_a_damaged_file_names_the_backup_and_leaves_the_log(settings, backup):
    damage(database_of(settings))
    with pytest.raises(StorageError) as refused:
        open_at_start(settings)
    assert "the database is damaged (" in str(refused.value)
    command = f"azuraforge database restore {backup} --replace --home {settings.home}"
    assert command in str(refused.value)
    with database_of(settings).open("r+b") as file:
        file.write(b"no database at all")
    log = settings.home / "azuraforge.db-wal"
    log.write_bytes(b"transactions that the file lacks")
    with pytest.raises(StorageError, match="not a database"):
        open_at_start(settings)
    assert log.read_bytes() == b"transactions that the file lacks"
    restored = maintenance.restore(settings, backup, replace=True)
    assert restored.kept.with_name(f"{restored.kept.name}-wal").read_bytes() == b"transactions that the file lacks"
    open_at_start(settings).close()


def test_a_lock_or_a_file_that_cannot_be_opened_is_not_damage(settings, monkeypatch):
    monkeypatch.setattr(soundness, "_LOCK_SECONDS", 0.0)
    with closing(sqlite3.connect(database_of(settings))) as writer:
        writer.execute("PRAGMA journal_mode=DELETE")
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TransientError, match="another process is writing") as locked:
            open_at_start(settings)
    open_at_start(settings).close()
    remove_database(settings)
    database_of(settings).symlink_to(database_of(settings))
    with pytest.raises(TransientError, match="unable to open database file") as unreadable:
        soundness.problem_of(database_of(settings))
    for error in (locked.value, unreadable.value):
        assert error.where == str(database_of(settings))
        assert "damaged" not in str(error)
        assert "restore" not in str(error)
    assert "for this user" in unreadable.value.next_step


def test_damage_that_the_short_check_misses_names_the_backup_too(settings, backup, monkeypatch):
    damage(database_of(settings))
    monkeypatch.setattr(soundness, "problem_of", lambda path: None)
    for start in (open_at_start, maintenance.upgrade_database, maintenance.create_database):
        with pytest.raises(StorageError, match="the database is damaged: ") as refused:
            start(settings)
        command = f"azuraforge database restore {backup} --replace --home {settings.home}"
        assert command in refused.value.next_step
        assert refused.value.where == str(database_of(settings))


def test_the_advice_can_be_pasted_into_a_shell_whatever_the_names(used, backup, tmp_path, monkeypatch):
    home = shutil.copytree(used, tmp_path / "my home")
    saved = str(shutil.copy(backup, tmp_path / "my home" / "it's a.backup"))
    (home / "backups.json").unlink()
    place = Place(f"sqlite:///{home / 'azuraforge.db'}")
    words = shlex.split(str(way_back(Settings(home=home), place, replace=True)).partition(": ")[2])
    assert words == ["azuraforge", "database", "restore", saved, "--replace", "--home", str(home)]
    monkeypatch.setenv("AZURAFORGE_HOME", str(home))
    assert "--home" not in str(way_back(Settings(home=home), place, replace=True))


def test_what_a_restore_kept_is_named_with_its_journal_where_it_is_sound(settings):
    backup = settings.home.parent / "own.backup"
    maintenance.back_up(settings, backup)
    sound = maintenance.restore(settings, backup, replace=True).kept
    damage(database_of(settings))
    kept = maintenance.restore(settings, backup, replace=True).kept
    backup.unlink()
    (settings.home / "backups.json").unlink()
    assert kept in placing.kept(database_of(settings))
    log = sound.with_name(f"{sound.name}-wal")
    writer = sqlite3.connect(sound)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE later (x)")
    writer.commit()
    said = str(way_back(settings, Place(settings.url), replace=True))
    writer.close()
    path = database_of(settings)
    assert f"mv {sound} {path} && mv {log} {path}-wal" in said
    assert f"move {path}" in said, "the damaged one is moved away, not overwritten"
    assert str(kept) not in said, "the damaged one that was kept is no way back"


def test_a_home_that_only_remembers_projects_does_not_start_empty(settings):
    shutil.rmtree(settings.artifacts)
    shutil.rmtree(settings.scratch, ignore_errors=True)
    settings.history.mkdir(exist_ok=True)
    (settings.history / "restored.json").write_text("{}")
    remove_database(settings)
    open_at_start(settings).close()  # a restore that ended before it changed anything
    remove_database(settings)
    (settings.history / "0123456789abcdef.json").write_text('{"seq": 3, "event": ""}')
    with pytest.raises(Conflict, match="has records of 1 project, but the database is missing") as refused:
        open_at_start(settings)
    assert "azuraforge database restore" in refused.value.next_step
    maintenance.create_database(settings)
    open_at_start(settings).close()


class _Idle:
    """A dispatch that sends nothing."""

    def submitted(self, project_id: str, run_id: str, queue: str) -> None: ...

    def cancelled(self, project_id: str, run_id: str) -> None: ...


def test_an_older_database_removes_nothing_that_only_the_newer_one_knew(settings):
    """Files of datasets, models and runs, and work folders from which runs could go on; all of them long untouched."""
    services = build_services(settings, {RUN_DISPATCH: lambda _: _Idle()})
    home = settings.artifacts / services[PROJECTS].ensure_default()
    unknown = [
        home / "datasets" / f"{'a' * 64}.parquet",
        home / "files" / "bb" / ("b" * 64),
        home / "models" / ("c" * 64) / "manifest.json",
        settings.scratch / "0123456789abcdef" / "checkpoints" / "fit" / "weights",
    ]
    for path in unknown:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        for each in (path, path.parent):
            os.utime(each, (0, 0))
    for _ in range(3):
        services[HOUSEKEEPING].round()
    services.close()
    assert all(path.exists() for path in unknown)


def get(platform, path: str) -> tuple[int, dict]:
    headers = {"Authorization": f"Bearer {platform.token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(platform.url + path, headers=headers), timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def post(platform, path: str, body: dict) -> tuple[int, dict]:
    headers = {"Authorization": f"Bearer {platform.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(platform.url + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_running_platform_notices_that_its_database_is_gone_and_writes_nothing(platform):
    assert get(platform, "/readyz")[0] == 200
    path = platform.home / "azuraforge.db"
    path.rename(platform.home / "moved")
    status, report = get(platform, "/readyz")
    assert (status, report["status"]) == (503, "unavailable")
    assert "azuraforge.db was deleted or replaced" in report["reason"]
    status, problem = post(platform, "/api/v1/tokens", {"name": "lost", "role": "member"})
    assert (status, problem["code"]) == (503, "database_damaged"), problem
    assert "restore a backup" in problem["next_step"]
    assert not path.exists(), "no empty database is made in its place"
    shutil.copy(platform.home / "moved", path)
    assert get(platform, "/readyz")[0] == 503, "a copy is not the file that is open"
    (platform.home / "moved").rename(path)
    assert get(platform, "/readyz")[0] == 200
    assert post(platform, "/api/v1/tokens", {"name": "kept", "role": "member"})[0] in (200, 201)


def test_a_running_platform_answers_503_once_its_database_is_damaged(platform):
    damage(platform.home / "azuraforge.db")
    patience = Patience(30)
    while get(platform, "/readyz")[0] == 200:
        assert not patience.over
    status, report = get(platform, "/readyz")
    assert (status, report["status"]) == (503, "unavailable")
    assert "the database is damaged" in report["reason"]
    for path in ("/api/v1/runs", "/api/v1/datasets", "/api/v1/tokens"):
        status, problem = get(platform, path)
        assert status in (200, 503), problem  # 200 where the pages were read before
        assert status == 200 or problem["code"] == "database_damaged"
    status, problem = post(platform, "/api/v1/tokens", {"name": "lost", "role": "member"})
    assert (status, problem["code"]) == (503, "database_damaged")
    assert platform.stop() == 0
    assert "Traceback" not in platform.log()
    refused = platform.run("up", "--port", "0", check=False)
    assert refused.returncode == 1
    assert "the database is damaged" in refused.stderr
    assert "azuraforge database restore" in refused.stderr
    assert "Traceback" not in refused.stderr
