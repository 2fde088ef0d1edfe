"""What leaves the platform: messages concern their own project only, and backups contain no usable secret."""

from __future__ import annotations

import stat
import subprocess
import zipfile
from pathlib import Path

from azuraforge.database.backups.service import Place, back_up
from tests.automations.receiving import SECRET
from tests.isolation.matrix import routes
from tests.isolation.stage import MARKS, Stage
from tests.postgres import binaries


def messages(stage: Stage, letter: str) -> list[bytes]:
    got = (stage.a if letter == "a" else stage.b).receiver.got
    return [repr(headers).encode() + body for headers, body in got]


def test_a_message_shows_its_own_project_and_nothing_of_the_other(stage):
    """Messages of A show its canaries, so the search for them in those of B can fail."""
    canaries = stage.canaries()
    theirs, own = messages(stage, "a"), messages(stage, "b")
    assert own
    assert all(MARKS["b"].encode() in each for each in own)
    assert all(any(canary in each for canary in canaries) for each in theirs)
    assert [canary for canary in canaries for each in own if canary in each] == []


def contents(stage: Stage, target: Path) -> bytes:
    """Return the contents of a backup as they are stored; a dump of PostgreSQL as SQL."""
    with zipfile.ZipFile(target) as archive:
        named = {name: archive.read(name) for name in archive.namelist()}
    if stage.postgres is None:
        return b"".join(named.values())
    dump = target.with_suffix(".dump")
    dump.write_bytes(named["database"])
    program = str(Path(binaries()) / "pg_restore")
    text = subprocess.run([program, "--file=-", str(dump)], capture_output=True, check=True).stdout
    return b"".join([text, named["manifest.json"]])


def test_a_backup_contains_no_key_and_no_secret_and_only_its_user_can_read_it(stage, tmp_path):
    """A backup is of the whole platform: it shows rows of all projects, but no session, token or secret."""
    postgres = stage.postgres
    place = Place(f"sqlite:///{stage.home / 'azuraforge.db'}")
    if postgres is not None:
        place = Place(postgres.url, postgres.owner_url)
    target = tmp_path / "backup.zip"
    back_up(place, target)
    assert stat.S_IMODE(target.stat().st_mode) & 0o077 == 0
    assert [path for _, path in routes() if "backup" in path or "database" in path] == []
    text = contents(stage, target)
    assert stage.a.ids["dataset"].encode() in text
    keys = (stage.home / "secret.keys").read_text().split()
    assert keys
    hidden = {
        "keys": keys,
        "administrator": [stage.administrator],
        "signing key": [SECRET],
        "dead": [*stage.dead.values()],
    }
    for world in (stage.a, stage.b):
        hidden[world.slug] = [
            *world.tokens.values(),
            world.session,
            world.ids["invitation_secret"],
            f"{world.mark} value",
            f":{world.receiver.port}/{world.mark}",
            "a long and rare sentence 7",
        ]
    found = {name for name, values in hidden.items() for each in values if each.encode() in text}
    assert found == set()
