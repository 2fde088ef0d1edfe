"""Bringing a journal to the platform. Every step may be repeated: the platform takes each point and each run once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azuraforge.client.errors import ApiError, PlatformUnreachable
from azuraforge.client.external.journal import Finish, Journal, Points, Progress, leftovers
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.shapes import json_object

REQUEST_SECONDS = 10.0
#: How a run is closed whose process ended without a word.
ABANDONED: Finish = {
    "state": "failed",
    "summary": None,
    "error": "the process that logged this run ended without finishing it",
}


@dataclass(frozen=True)
class Shipped:
    """The result of shipping one journal; ``problem`` is None if the platform has it all."""

    key: str
    name: str
    run_id: str | None
    problem: str | None
    kept_at: Path | None


def create(journal: Journal, connection: Connection, timeout_seconds: float = REQUEST_SECONDS) -> str:
    """Make the run, or find the one that this journal made before."""
    if journal.run_id is None:
        assert journal.header is not None
        body = {"kind": "external", "idempotency_key": journal.key, **journal.header["run"]}
        made = json_object(connection.post("/runs", body, timeout_seconds=timeout_seconds))
        journal.know(str(made["id"]))
    assert journal.run_id is not None
    return journal.run_id


def ship(journal: Journal, connection: Connection) -> bool:
    """Bring all that is written so far; where the run has ended, its end too, and remove the journal.

    True if the platform told that somebody asked to cancel the run. Raises ApiError or PlatformUnreachable at
    the first refusal; what was brought stays brought.
    """
    run_id = create(journal, connection)
    # Looked at before the batches are: whoever logs writes the last batch first and then the end. An end that is
    # written meanwhile waits for the next round, which sees that batch too.
    finish = journal.finish
    cancel_requested = False
    for shipment in journal.shipments():
        cancel_requested |= send(run_id, shipment.points, shipment.progress, shipment.number, connection)
        journal.shipped(shipment)
    if finish is not None:
        connection.post(f"/runs/{segment(run_id)}/finish", finish, timeout_seconds=REQUEST_SECONDS)
        journal.remove()
    return cancel_requested


def send(run_id: str, points: Points, progress: Progress | None, number: int | None, connection: Connection) -> bool:
    """One request with points; ``number`` is the last batch's in the journal, None for what never was in it."""
    body: dict[str, object] = {"points": points, "batch": number}
    if progress is not None:
        body["progress"] = progress
    return _cancel_requested(connection.post(f"/runs/{segment(run_id)}/metrics", body, timeout_seconds=REQUEST_SECONDS))


def renew_lease(journal: Journal, connection: Connection) -> bool:
    """Tell the platform that the run lives; True if somebody asked to cancel it."""
    run_id = segment(journal.run_id or "")
    return _cancel_requested(connection.post(f"/runs/{run_id}/lease", timeout_seconds=REQUEST_SECONDS))


def _cancel_requested(answer: object) -> bool:
    return isinstance(answer, Mapping) and bool(answer.get("cancel_requested"))


def ship_leftovers(home: Path, connection: Connection, platform: str | None) -> list[Shipped]:
    """Bring the journals of processes that are gone. Never raises: each result holds its own problem."""
    return [_ship_leftover(journal, connection) for journal in leftovers(home, platform)]


def _ship_leftover(journal: Journal, connection: Connection) -> Shipped:
    name = str(journal.header["run"].get("name") or "") if journal.header is not None else ""
    try:
        if journal.finish is None:
            journal.end(ABANDONED)
        ship(journal, connection)
        return Shipped(journal.key, name, journal.run_id, None, None)
    except ApiError as error:
        if error.may_pass or error.status in (401, 403):
            return Shipped(journal.key, name, journal.run_id, str(error), journal.path)
        return Shipped(journal.key, name, journal.run_id, str(error), journal.set_aside())
    except (PlatformUnreachable, OSError) as error:
        return Shipped(journal.key, name, journal.run_id, str(error), journal.path)
    finally:
        journal.close()
