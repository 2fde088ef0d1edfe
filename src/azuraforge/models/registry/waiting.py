"""Promotions that wait for approval: how they are asked for, and their entries in a model's history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from azuraforge.database import Session
from azuraforge.errors import Conflict
from azuraforge.events.service import EventLog
from azuraforge.models import promotion_store, schemas, shapes, store
from azuraforge.models.events import PromotionMoved
from azuraforge.models.registry.finding import find_version
from azuraforge.models.registry.names import BY_GATE, CANDIDATE, check_alias
from azuraforge.models.tables import Model, ModelAlias


@dataclass(frozen=True)
class Actor:
    """Who asks for a promotion, or decides about it.

    Attributes:
        name: name in the history.
        person: id of the person or, for an automatic promotion, of the one who started its run; None if unknown.
    """

    name: str
    person: str | None


def required(session: Session, owner: Model, alias: str) -> int:
    """Return the number of approvals that the model's policy requires of a promotion of this alias.

    The alias ``candidate`` is exempt, because it marks a version that awaits a decision.
    """
    rows = store.policies(session, owner.id)
    return 0 if alias == CANDIDATE else shapes.gate_policy(rows[0] if rows else None).approvals


def check_move(
    session: Session, owner: Model, version: int, alias: str, expected: int | Literal["anyone"] | None
) -> ModelAlias | None:
    """Return the alias as it is before a promotion of a locked model; None if it does not exist.

    Raises the errors of ``Aliases.promote``.
    """
    find_version(session, owner, version)
    pointer = store.alias(session, owner.id, check_alias(alias))
    present = pointer.version if pointer else None
    if expected != "anyone" and present != expected:
        raise Conflict(
            "alias {alias!r} of model {model!r} now points to version {present}, not {expected}",
            code="champion_changed",
            next_step="compare with the current version, then try again",
            alias=alias,
            model=owner.name,
            present=present,
            expected=expected,
        )
    if present == version:
        raise Conflict(
            "alias {alias!r} of model {model!r} already points to version {version}",
            next_step="specify another version",
            version=version,
            model=owner.name,
            alias=alias,
        )
    return pointer


def ask(
    session: Session,
    events: EventLog,
    owner: Model,
    version: int,
    *,
    alias: str,
    reason: str,
    asker: Actor,
    run_id: str | None = None,
    policy: int | None = None,
    expected: int | Literal["anyone"] | None = "anyone",
) -> schemas.AliasChange:
    """Let a promotion of a locked model wait for approval; return its entry in the history.

    An open promotion of the same alias is replaced. ``policy`` is the number of the policy in the gate's verdict, or
    None for a promotion by hand. Raises the errors of ``Aliases.promote``.
    """
    pointer = check_move(session, owner, version, alias, expected)
    replace_waiting(session, owner, alias, f"replaced by the promotion of version {version}", asker.name)
    row = promotion_store.add(
        session,
        owner,
        alias=alias,
        version=version,
        previous_version=pointer.version if pointer else None,
        reason=reason,
        by=asker.name,
        asked_by=asker.person,
        needed=required(session, owner, alias),
        run_id=run_id,
        policy=policy,
    )
    body = PromotionMoved(
        type="model.promotion_waiting",
        model=owner.name,
        alias=alias,
        version=version,
        number=row.number,
        reason=reason,
        by=asker.name,
        run_id=run_id,
    )
    events.append(session, "project", body)
    return shapes.asked_out(row)


def replace_waiting(session: Session, owner: Model, alias: str, reason: str, by: str) -> None:
    """Close the open promotion of an alias of a locked model, if there is one, since it can no longer apply."""
    row = promotion_store.waiting(session, owner.id, alias)
    if row is not None:
        owner.last_change += 1
        promotion_store.decide(session, row, "replaced", by=by, reason=reason, seq=owner.last_change)


def entries(
    session: Session, model_id: str, alias: str | None, at: datetime | None, key: tuple[int] | None, limit: int
) -> Sequence[tuple[int, schemas.AliasChange]]:
    """Return a model's history with each entry's place, newest first: moves, and promotions that wait or waited.

    With ``at``, only moves are returned, since the first one then shows the alias's version at that time.
    """
    moves = store.history(session, model_id, alias, at, key, limit)
    asked = promotion_store.asked(session, model_id, alias, key, limit) if at is None else []
    refused = promotion_store.refused(session, model_id, alias, key, limit) if at is None else []
    given = promotion_store.partial(session, model_id, alias, key, limit) if at is None else []
    runs = {line.run_id for line, _ in moves if line.by == BY_GATE} | {row.run_id for row in asked if row.by == BY_GATE}
    verdicts = store.verdicts(session, runs)
    found = [
        (line.seq, shapes.change_out(line, until, verdicts.get(line.run_id or "") if line.by == BY_GATE else None))
        for line, until in moves
    ]
    found += [
        (row.number, shapes.asked_out(row, verdicts.get(row.run_id or "") if row.by == BY_GATE else None))
        for row in asked
    ]
    found += [(each.seq, shapes.approved_out(row, each)) for row, each in given]
    found += [(row.decided_seq, shapes.refused_out(row)) for row in refused if row.decided_seq is not None]
    return sorted(found, key=lambda entry: entry[0], reverse=True)[:limit]
