"""Sending of journals to the platform. Requests may be repeated: the platform stores each run and point once."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from azuraforge.client.errors import ApiError, PlatformUnreachable
from azuraforge.client.external.journal import Addition, Finish, Journal, Points, Progress, leftovers
from azuraforge.client.http.address import AddressBook, default_home
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.shapes import json_object

REQUEST_SECONDS = 10.0
#: Seconds that the platform may take to store a file once it has received it.
FILE_SECONDS = 120.0
#: The end recorded for a run whose process ended without calling ``finish``.
ABANDONED: Finish = {
    "state": "failed",
    "summary": None,
    "error": "the process that logged this run ended without finishing it",
}


@dataclass(frozen=True)
class Shipped:
    """The result of sending one journal.

    Attributes:
        key: the journal's key.
        name: the run's name.
        run_id: the run's id on the platform; None if it could not be created.
        problem: reason why the journal, or files of it, could not be stored; None if the platform has stored all of it.
        kept_at: path of the journal if it was kept, else None; it ends in ``.refused`` if it is not sent again.
    """

    key: str
    name: str
    run_id: str | None
    problem: str | None
    kept_at: Path | None


def create(journal: Journal, connection: Connection, timeout_seconds: float = REQUEST_SECONDS) -> str:
    """Create the run of a journal unless it was created before; return the run's id.

    The project is recorded before the run is created, because the response may be lost. Raises ApiError or
    PlatformUnreachable if a request fails, and OSError if the journal cannot be written.
    """
    if journal.run_id is None:
        assert journal.header is not None
        if journal.project is None:
            journal.belongs_to(project_of(connection, timeout_seconds))
        body = {"kind": "external", "idempotency_key": journal.key, **journal.header["run"]}
        made = json_object(connection.post("/runs", body, timeout_seconds=timeout_seconds))
        journal.know(str(made["id"]))
    assert journal.run_id is not None
    return journal.run_id


def ship(journal: Journal, connection: Connection) -> bool:
    """Send all batches, files, tags and notes written so far. If the run has ended, send its end, delete the journal.

    Files and changes that the platform refuses are recorded in ``journal.refused``, and the rest is sent.

    Return whether a user has requested to cancel the run. Raises ApiError or PlatformUnreachable at the first request
    that fails, and OSError if the journal cannot be written; batches sent before remain recorded as sent.
    """
    run_id = create(journal, connection)
    # Read the end before the batches: the logging thread writes the last batch first and then the end. An end that is
    # written in the meantime is sent in the next round, together with that batch.
    finish = journal.finish
    cancel_requested = _ship_batches(journal, run_id, connection)
    while (addition := journal.next_addition()) is not None:
        _add(journal, addition, run_id, connection)
        cancel_requested |= _ship_batches(journal, run_id, connection)  # those logged while a file was sent
    if finish is not None:
        connection.post(f"/runs/{segment(run_id)}/finish", finish, timeout_seconds=REQUEST_SECONDS)
        journal.remove()
    return cancel_requested


def _ship_batches(journal: Journal, run_id: str, connection: Connection) -> bool:
    cancel_requested = False
    for shipment in journal.shipments():
        cancel_requested |= send(run_id, shipment.points, shipment.progress, shipment.number, connection)
        journal.shipped(shipment)
    return cancel_requested


def _add(journal: Journal, addition: Addition, run_id: str, connection: Connection) -> None:
    """Send one file or change. The same one may be sent again: the platform then changes nothing."""
    try:
        if addition.file is not None:
            with journal.content(addition.number).open("rb") as content:
                send_file(run_id, addition.file["name"], addition.file["kind"], content, connection)
        else:
            connection.request(
                "PATCH", f"/runs/{segment(run_id)}", json=addition.change, timeout_seconds=REQUEST_SECONDS
            )
    except FileNotFoundError:
        journal.refuse(addition, "its content was deleted from the journal")
    except ApiError as error:
        if error.status not in (413, 422) and error.code != "quota_exceeded":
            raise
        journal.refuse(addition, str(error))
    else:
        journal.added(addition)


def send_file(run_id: str, name: str, kind: str, content: IO[bytes], connection: Connection) -> object:
    """Send a file of a running external run, and return the platform's answer."""
    path = "/".join(segment(part) for part in name.split("/"))
    return connection.request(
        "PUT",
        f"/runs/{segment(run_id)}/artifacts/{path}",
        query={"kind": kind},
        content=content,
        timeout_seconds=FILE_SECONDS,
    )


def send(run_id: str, points: Points, progress: Progress | None, number: int | None, connection: Connection) -> bool:
    """Send points in one request, and return whether a user has requested to cancel the run.

    ``number`` is the number of the last batch in the journal; None for points that are not in the journal.
    """
    body: dict[str, object] = {"points": points, "batch": number}
    if progress is not None:
        body["progress"] = progress
    return _cancel_requested(connection.post(f"/runs/{segment(run_id)}/metrics", body, timeout_seconds=REQUEST_SECONDS))


def renew_lease(journal: Journal, connection: Connection) -> bool:
    """Renew the run's lease. Return whether a user has requested to cancel the run."""
    run_id = segment(journal.run_id or "")
    return _cancel_requested(connection.post(f"/runs/{run_id}/lease", timeout_seconds=REQUEST_SECONDS))


def _cancel_requested(answer: object) -> bool:
    return isinstance(answer, Mapping) and bool(answer.get("cancel_requested"))


def project_of(connection: Connection, timeout_seconds: float = REQUEST_SECONDS) -> str:
    """Return the slug of the connection's project, as the platform states it.

    Raises ApiError or PlatformUnreachable if the request fails.
    """
    return str(json_object(connection.get("/projects/current", timeout_seconds))["slug"])


def ship_leftovers(
    home: Path, connection: Connection, platform: str | None, paths: Iterable[Path] | None = None
) -> list[Shipped]:
    """Send the journals of ended processes whose header names ``platform``, except those of other projects.

    ``paths`` limits them to some journals.

    Return one result per journal that belongs to the connection's project, or that could not be checked. Problems do
    not raise.
    """
    results = [_ship_leftover(journal, connection) for journal in leftovers(home, platform, paths)]
    return [each for each in results if each is not None]


def ship_command(book: AddressBook, project: str | None) -> str:
    """Return the command that sends the journals written with this address book and project, in backquotes."""
    words = ["azuraforge", "runs", "ship"]
    words += ["--url", book.given_url] if book.given_url is not None else []
    words += ["--home", str(book.home)] if book.home != default_home() else []
    words += ["--project", project] if project is not None else []
    command = f"`{shlex.join(words)}`"
    if book.given_token is None or book.given_token == os.environ.get("AZURAFORGE_TOKEN"):
        return command
    return f"{command}, with AZURAFORGE_TOKEN set to the token of this client,"


def _is_of(journal: Journal, connection: Connection) -> bool:
    """Return whether a journal belongs to the connection's project.

    If no project was named and the platform was never reached, the project is not known. The journal must then have
    been written with the same token; the token in the data home, which acts in several projects, must name none again.
    Raises ApiError or PlatformUnreachable if the platform does not state the connection's project.
    """
    header = journal.header
    assert header is not None
    known, current = journal.project or header["named"], project_of(connection)
    if known is not None:
        return known == current
    same = header["token"] == connection.book.token_hash
    return same and (header["token"] is not None or connection.project is None)


def _ship_leftover(journal: Journal, connection: Connection) -> Shipped | None:
    name = str(journal.header["run"].get("name") or "") if journal.header is not None else ""
    try:
        if not _is_of(journal, connection):
            journal.close()
            return None
    except (ApiError, PlatformUnreachable) as error:
        journal.close()
        return Shipped(journal.key, name, journal.run_id, str(error), journal.path)
    try:
        if journal.finish is None:
            journal.end(ABANDONED)
        ship(journal, connection)
        problem = "; ".join(journal.refused) or None
        return Shipped(journal.key, name, journal.run_id, problem, None)
    except ApiError as error:
        if error.may_pass or error.status in (401, 403):
            return Shipped(journal.key, name, journal.run_id, str(error), journal.path)
        return Shipped(journal.key, name, journal.run_id, str(error), journal.set_aside())
    except (PlatformUnreachable, OSError) as error:
        return Shipped(journal.key, name, journal.run_id, str(error), journal.path)
    finally:
        journal.close()
