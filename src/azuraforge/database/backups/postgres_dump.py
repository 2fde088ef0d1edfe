"""PostgreSQL's own programs, run as the owner: ``pg_dump`` writes a dump, ``pg_restore`` and ``psql`` restore it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL

from azuraforge.database.row_security import CROSS_PROJECT_SETTING, see_all
from azuraforge.errors import Conflict, InvalidInput, StorageError

#: Dump entries that are not restored, because ``row_security`` recreates them for the existing roles.
_ROW_SECURITY = re.compile(r"^\d+; \d+ \d+ (POLICY|ROW SECURITY|FUNCTION|ACL|COMMENT|DEFAULT ACL|SCHEMA) ")

#: Used to kill the programs when this process ends: a restore that continued could overlap with a started platform.
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename ="


def dump(url: URL, connection: Connection, target: Path) -> None:
    """Write a dump in custom format from the snapshot of ``connection``, whose transaction must be REPEATABLE READ.

    Raises InvalidInput if ``pg_dump`` is not installed.
    """
    snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
    _run("pg_dump", url, "--format=custom", "--enable-row-security", f"--snapshot={snapshot}", f"--file={target}")


def restore(
    url: URL, source: Path, script: Path, schema: str, tables: Sequence[str], rows: Mapping[str, int], role: str
) -> None:
    """Replace ``tables`` by the dump ``source``, in one transaction; ``script`` is a path for temporary files.

    The transaction fails if a restored table's row count differs from ``rows``, or if ``role`` has connected meanwhile.
    It is rolled back if this process is killed.
    """
    contents = _run("pg_restore", None, "--list", str(source))
    wanted = script.with_suffix(".list")
    wanted.write_text("\n".join(line for line in contents.splitlines() if not _ROW_SECURITY.match(line)))
    _run("pg_restore", None, "--no-owner", "--no-privileges", f"--use-list={wanted}", f"--file={script}", str(source))
    before, after = script.with_suffix(".before"), script.with_suffix(".after")
    before.write_text("".join(f'DROP TABLE IF EXISTS "{schema}"."{name}" CASCADE;\n' for name in tables))
    compared = [_compare(f'"{schema}"."{name}"', count) for name, count in rows.items()]
    after.write_text("".join([*compared, _still_alone(role)]))
    files = [f"--file={part}" for part in (before, script, after)]
    _run("psql", url, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", *files)


@contextmanager
def alone(engine: Engine, role: str) -> Iterator[None]:
    """Raise Conflict on entry if a platform is connected, that is, if ``role`` has open connections."""
    with engine.connect() as connection:
        count = connection.scalar(text(f"{_CONNECTED} :role"), {"role": role})
    if count:
        raise Conflict(
            "the role {role} has {count} open [connection|connections]: a platform is using this database",
            next_step="stop all api, worker and scheduler processes first",
            count=count,
            role=role,
        )
    yield


def counts(connection: Connection, tables: Sequence[str]) -> dict[str, int]:
    """Return the number of rows of each table, across all projects; ``connection`` must be the owner's."""
    see_all(connection)
    return {name: int(connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0) for name in tables}  # noqa: S608  names from the catalogue


def _compare(name: str, count: int) -> str:
    found = f"(SELECT count(*) FROM {name})"  # noqa: S608  names from the catalogue and a checked manifest
    said = f"RAISE EXCEPTION 'table {name} has % rows after the restore instead of {count}', {found};"
    return f"DO $$ BEGIN IF {found} <> {count} THEN {said} END IF; END $$;\n"


def _still_alone(role: str) -> str:
    quoted = role.replace("'", "''")
    said = "RAISE EXCEPTION 'a platform connected to this database during the restore'"
    return f"DO $$ BEGIN IF ({_CONNECTED} '{quoted}') > 0 THEN {said}; END IF; END $$;\n"


def _end_with_parent(parent: int) -> None:
    with contextlib.suppress(AttributeError):  # Linux only
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent ended before prctl was called
        os._exit(1)


def _run(program: str, url: URL | None, *arguments: str) -> str:
    environment = {**os.environ, "PGOPTIONS": f"-c {CROSS_PROJECT_SETTING}=on", "PGCONNECT_TIMEOUT": "5"}
    address: list[str] = []
    if url is not None:
        environment["PGPASSWORD"] = url.password or environment.get("PGPASSWORD", "")
        plain = url.set(drivername="postgresql", password=None)
        address = [f"--dbname={plain.render_as_string()}"]
    done = subprocess.run(
        [_find(program), *address, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        preexec_fn=functools.partial(_end_with_parent, os.getpid()),
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason was given"]
        raise StorageError(
            "{program} failed: {said}",
            next_step="check the database and the disk, then try again",
            where="{place}",
            program=program,
            said=said[0].removeprefix(f"{program}: error: "),
            place=_shown(url),
        )
    return done.stdout


def _find(program: str) -> str:
    """Return the path of a program: from ``$PG_BIN``, the PATH, or Debian's folders, newest version first."""
    folders = [os.environ.get("PG_BIN", ""), *os.environ.get("PATH", "").split(os.pathsep)]
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += map(str, sorted(installed, key=lambda path: int(path.parent.name or 0), reverse=True))
    found = shutil.which(program, path=os.pathsep.join(filter(None, folders)))
    if found is None:
        raise InvalidInput(
            "{program} is not installed",
            next_step="install PostgreSQL's client programs (Debian: postgresql-client), or set PG_BIN to their folder",
            program=program,
        )
    return found


def _shown(url: URL | None) -> str:
    return url.render_as_string(hide_password=True) if url is not None else ""
