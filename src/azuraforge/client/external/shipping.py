"""Shipping of journals to the platform. Steps may be repeated: the platform stores each point and each run once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azuraforge.client.errors import ApiError, PlatformUnreachable
from azuraforge.client.external.journal import Finish, Journal, Points, Progress, leftovers
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.shapes import json_object

REQUEST_SECONDS = 10.0
#: The end of a run whose process ended without one.
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
    """Create the run, or find the one that this journal created before."""
    if journal.run_id is None:
        assert journal.header is not None
        body = {"kind": "external", "idempotency_key": journal.key, **journal.header["run"]}
        made = json_object(connection.post("/runs", body, timeout_seconds=timeout_seconds))
        journal.know(str(made["id"]))
    assert journal.run_id is not None
    return journal.run_id


def ship(journal: Journal, connection: Connection) -> bool:
    """Ship all that is written so far; if the run has ended, also its end, and remove the journal.

    Return whether a user asked to cancel the run. Raises ApiError or PlatformUnreachable at
    the first refusal; batches shipped before it stay shipped.
    """
    run_id = create(journal, connection)
    # Read before the batches: the logging thread writes the last batch first and then the end. An end that is
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
    """Send points in one request; ``number``: the last batch's in the journal, None for points not from it."""
    body: dict[str, object] = {"points": points, "batch": number}
    if progress is not None:
        body["progress"] = progress
    return _cancel_requested(connection.post(f"/runs/{segment(run_id)}/metrics", body, timeout_seconds=REQUEST_SECONDS))


def renew_lease(journal: Journal, connection: Connection) -> bool:
    """Renew the run's lease. Return whether a user asked to cancel it."""
    run_id = segment(journal.run_id or "")
    return _cancel_requested(connection.post(f"/runs/{run_id}/lease", timeout_seconds=REQUEST_SECONDS))


def _cancel_requested(answer: object) -> bool:
    return isinstance(answer, Mapping) and bool(answer.get("cancel_requested"))


def ship_leftovers(home: Path, connection: Connection, platform: str | None) -> list[Shipped]:
    """Ship the journals of processes that have ended. Never raises: each result holds its own problem."""
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
