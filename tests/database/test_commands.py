"""``azuraforge database`` alongside a running platform, and alone."""

from __future__ import annotations

import json
import sqlite3

import pytest


def test_next_to_a_running_platform_it_saves_and_checks_but_changes_nothing(platform, tmp_path):
    saved = platform.run("database", "backup", str(tmp_path / "a.backup"), "--artifacts")
    assert "Backed up and verified" in saved.stdout
    assert platform.json("database", "check")["problems"] == []
    for command in (["upgrade"], ["restore", str(tmp_path / "a.backup"), "--replace"]):
        refused = platform.run("database", *command, check=False)
        assert refused.returncode == 1
        assert "already uses this data home" in refused.stderr
    assert platform.json("tokens", "list") == []


def test_a_saved_platform_comes_back_in_another_home(make_platform, tmp_path):
    first, second = make_platform("first"), make_platform("second")
    first.start()
    made = first.json("tokens", "create", "kept")
    assert first.stop() == 0
    first.run("database", "backup", str(tmp_path / "a.backup"))
    second.home.mkdir()
    assert "Restored " in second.run("database", "restore", str(tmp_path / "a.backup")).stdout
    second.start()
    assert [each["id"] for each in second.json("tokens", "list")] == [made["id"]]
    assert second.stop() == 0
    refused = second.run("database", "restore", str(tmp_path / "a.backup"), "--lang", "tr", check=False)
    assert refused.returncode == 1
    assert "boş değil" in refused.stderr
    assert "--replace" in refused.stderr
    assert second.run("database", "restore", str(tmp_path / "a.backup"), "--replace").returncode == 0
    assert list(second.home.glob("azuraforge.db.before-*")), "the old file is set aside"


def test_an_empty_database_is_reported_and_upgraded(make_platform):
    platform = make_platform()
    platform.home.mkdir()
    sqlite3.connect(platform.home / "azuraforge.db").close()
    told = platform.run("database", "check", "--json", check=False)
    assert told.returncode == 1
    assert json.loads(told.stdout)["revision"] is None
    assert "→ 0001_" in platform.run("database", "upgrade").stdout
    assert platform.json("database", "check")["problems"] == []
    assert "güncel" in platform.run("database", "upgrade", "--lang", "tr").stdout


@pytest.mark.parametrize("command", [["check"], ["backup", "x"], ["restore", "x"]])
def test_without_a_database_it_says_so(make_platform, command):
    platform = make_platform()
    platform.home.mkdir()
    told = platform.run("database", *command, check=False)
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "the file does not exist" in told.stderr or "no database yet" in told.stderr
    assert not (platform.home / "azuraforge.db").exists()


def test_on_postgresql_the_owner_upgrades_and_other_roles_are_refused(make_platform, empty_postgres):
    platform = make_platform(AZURAFORGE_DATABASE_URL=empty_postgres.url)
    platform.home.mkdir()
    for command in ("upgrade", "check"):
        told = platform.run("database", command, check=False)
        assert told.returncode == 1
        assert "AZURAFORGE_DATABASE_OWNER_URL" in told.stderr
    platform.environment["AZURAFORGE_DATABASE_OWNER_URL"] = empty_postgres.owner_url
    assert "Schema upgraded" in platform.run("database", "upgrade").stdout
    del platform.environment["AZURAFORGE_DATABASE_OWNER_URL"]
    platform.start()
    assert platform.json("runs", "list") == []
    assert platform.stop() == 0


def test_a_platform_elsewhere_has_its_database_elsewhere(platform):
    told = platform.run("database", "check", "--url", "http://example.com", check=False)
    assert told.returncode == 1
    assert "this machine's data home" in told.stderr
