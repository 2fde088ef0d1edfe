"""Decisions about promotions that wait for approval."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import Conflict, Forbidden, NotFound
from azuraforge.events.service import EventLog
from azuraforge.models import promotion_schemas, promotion_store, schemas, shapes, store
from azuraforge.models.events import PromotionEvent, PromotionMoved, PromotionState
from azuraforge.models.promotion_tables import ModelPromotion, PromotionApproval
from azuraforge.models.registry.aliases import Aliases
from azuraforge.models.registry.finding import find_model, find_version, lock_model
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.registry.names import BY_GATE, CANDIDATE
from azuraforge.models.registry.waiting import Actor, required
from azuraforge.models.tables import Model
from azuraforge.paging import PAGE, Order
from azuraforge.people.reads import is_service_account

_PROMOTIONS: Order[tuple[int]] = Order("promotions", tuple[int])
_REASON_LENGTH = 1000


class Approvals:
    """Promotions that wait, or waited, for approval; each method takes the id of the project."""

    def __init__(self, database: Database, events: EventLog, folders: VersionFolders, aliases: Aliases) -> None:
        self._database = database
        self._events = events
        self._folders = folders
        self._aliases = aliases

    def list(
        self,
        project_id: str,
        model: str,
        caller: str | None = None,
        *,
        is_open: bool = False,
        limit: int = PAGE,
        after: str | None = None,
    ) -> promotion_schemas.PromotionPage:
        """Return a page of a model's promotions that needed approval, newest first; only open ones if ``is_open``.

        ``caller`` is the id of a person with the right to promote, for ``may_approve``; None if the caller has no such
        right. Raises NotFound if the model does not exist, and InvalidInput if ``after`` is not a cursor of this list.
        """
        with self._database.read(project_id) as session:
            owner = find_model(session, model)
            key = _PROMOTIONS.read(after, owner.id)
            rows = promotion_store.listed(session, owner.id, key, limit + 1, is_open=is_open)
            page, cursor = _PROMOTIONS.cut(rows, limit, lambda row: (row.number,), owner.id)
            verdicts = store.verdicts(session, {row.run_id for row in page if row.by == BY_GATE})
            given = promotion_store.approvals(session, owner.id, {row.number for row in page})
            decides = None if is_service_account(session, caller) else caller
            items = [
                shapes.promotion_out(
                    row,
                    owner.name,
                    given.get(row.number, ()),
                    verdicts.get(row.run_id or "") if row.by == BY_GATE else None,
                    needed=_needed(session, owner, row),
                    may_approve=_may_approve(row, given.get(row.number, ()), decides),
                )
                for row in page
            ]
        return promotion_schemas.PromotionPage(items=items, next=cursor)

    def state(self, project_id: str, model: str, alias: str, reason: str) -> PromotionState | None:
        """Return the state of the newest promotion with this alias and reason; None if there is none.

        Raises NotFound if the model does not exist.
        """
        with self._database.read(project_id) as session:
            row = promotion_store.with_reason(session, find_model(session, model).id, alias, reason)
            return row.state if row is not None else None

    def approve(
        self,
        project_id: str,
        model: str,
        number: int,
        *,
        approver: Actor,
        reason: str | None = None,
        unit: UnitOfWork | None = None,
    ) -> schemas.AliasChange:
        """Approve a waiting promotion; return its entry in the history.

        The last approval that it needs moves its alias, and the entry is this move. Raises Forbidden if the approver
        asked for the promotion, started its run or is a service account; NotFound if it does not exist; Conflict if it
        does not wait any more, the approver has approved it already, its version was deleted or, for the gate's
        promotions, the policy was changed since; and StorageError if the version's files do not match their hashes.
        """
        with self._database.read(project_id) as session:
            owner = find_model(session, model)
            row = _find(session, owner, number)
            _check_open(row, model)
            _check_approver(row, approver)
            version = store.version(session, owner.id, row.version)
        if version is not None and version.deleted_at is None and version.purged_at is None:
            self._folders.verify(project_id, version.content_hash)

        def work(session: Session) -> schemas.AliasChange:
            owner = lock_model(session, model)
            row = _locked(session, owner, number)
            before = promotion_store.approvals(session, owner.id, [number]).get(number, [])
            _check_first(before, approver)
            _check_human(session, approver)
            _check_valid(session, owner, row)
            if len(before) + 1 < _needed(session, owner, row):
                owner.last_change += 1
                given = self._approve(session, row, approver, reason, owner.last_change)
                self._announce(session, owner, row, "model.promotion_approved", approver.name, given.reason)
                return shapes.approved_out(row, given)
            # The promotion is closed before the alias moves, since a move replaces the one that waits.
            promotion_store.decide(session, row, "approved", by=approver.name, reason=reason or "", seq=None)
            line = self._aliases.promote(
                session,
                owner.name,
                row.version,
                alias=row.alias,
                reason=_why(row, before, reason),
                by=approver.name,
                run_id=row.run_id,
            )
            row.decided_seq = line.seq
            self._approve(session, row, approver, reason, line.seq)
            self._announce(session, owner, row, "model.promotion_approved", approver.name, reason or "")
            return shapes.change_out(line)

        return self._database.write(project_id, work, durable=True, unit=unit)

    def decline(
        self,
        project_id: str,
        model: str,
        number: int,
        *,
        by: str,
        reason: str | None = None,
        unit: UnitOfWork | None = None,
    ) -> schemas.AliasChange:
        """Decline a waiting promotion, also one's own; return the entry in the history. No alias that serves moves.

        The alias ``candidate`` is removed if it points to the declined version of a run. Raises NotFound if the
        promotion does not exist, and Conflict if it does not wait any more.
        """

        def work(session: Session) -> schemas.AliasChange:
            owner = lock_model(session, model)
            row = _locked(session, owner, number)
            owner.last_change += 1
            why = reason or "declined"
            promotion_store.decide(session, row, "declined", by=by, reason=why, seq=owner.last_change)
            self._announce(session, owner, row, "model.promotion_declined", by, why)
            pointer = store.alias(session, owner.id, CANDIDATE)
            if row.by == BY_GATE and pointer is not None and pointer.version == row.version:
                why = f"the promotion of version {row.version} was declined"
                self._aliases.remove(session, owner.name, CANDIDATE, reason=why, by=by)
            return shapes.refused_out(row)

        return self._database.write(project_id, work, durable=True, unit=unit)

    def _approve(
        self, session: Session, row: ModelPromotion, approver: Actor, reason: str | None, seq: int
    ) -> PromotionApproval:
        assert approver.person is not None  # requests are always made by a person
        return promotion_store.approve(
            session, row, person=approver.person, by=approver.name, reason=reason or "approved", seq=seq
        )

    def _announce(
        self, session: Session, owner: Model, row: ModelPromotion, event: PromotionEvent, by: str, reason: str
    ) -> None:
        body = PromotionMoved(
            type=event,
            model=owner.name,
            alias=row.alias,
            version=row.version,
            number=row.number,
            reason=reason,
            by=by,
            run_id=row.run_id,
        )
        self._events.append(session, "project", body)


def _find(session: Session, owner: Model, number: int) -> ModelPromotion:
    row = promotion_store.promotion(session, owner.id, number)
    if row is None:
        raise NotFound(
            "model {model!r} has no promotion {number}",
            next_step="run azuraforge models show {model}",
            model=owner.name,
            number=number,
        )
    return row


def _locked(session: Session, owner: Model, number: int) -> ModelPromotion:
    """Return an open promotion of a locked model. Raises NotFound if there is none, and Conflict if it is decided."""
    row = _find(session, owner, number)
    session.refresh(row)
    _check_open(row, owner.name)
    return row


def _check_open(row: ModelPromotion, model: str) -> None:
    if row.state != "waiting":
        raise Conflict(
            "the promotion of version {version} of model {model!r} does not wait any more; {by} decided it ({state})",
            code="promotion_decided",
            next_step="run azuraforge models history {model}",
            version=row.version,
            model=model,
            by=row.decided_by,
            state=row.state,
        )


def _check_approver(row: ModelPromotion, approver: Actor) -> None:
    if row.asked_by is not None and row.asked_by == approver.person:
        raise Forbidden(
            "you started the run behind this promotion, so another member must approve it"
            if row.by == BY_GATE
            else "you asked for this promotion, so another member must approve it",
            code="own_promotion",
            next_step="ask another member of the project to approve it",
        )


def _check_human(session: Session, approver: Actor) -> None:
    """Raise Forbidden for a service account, since any member with its token could approve their own promotions."""
    if is_service_account(session, approver.person):
        raise Forbidden(
            "a service account may not approve a promotion",
            code="service_account",
            next_step="ask a member of the project to approve it",
        )


def _check_first(given: Sequence[PromotionApproval], approver: Actor) -> None:
    if any(each.person_id == approver.person for each in given):
        raise Conflict(
            "you have already approved this promotion, which needs another member's approval too",
            code="already_approved",
            next_step="ask another member of the project to approve it",
        )


def _may_approve(row: ModelPromotion, given: Sequence[PromotionApproval], caller: str | None) -> bool:
    excluded = {row.asked_by, *(each.person_id for each in given)}
    return row.state == "waiting" and caller is not None and caller not in excluded


def _needed(session: Session, owner: Model, row: ModelPromotion) -> int:
    """Return the approvals that a promotion needs; a stricter policy applies to it, too, but a milder one does not."""
    return max(row.needed, required(session, owner, row.alias)) if row.state == "waiting" else row.needed


def _why(row: ModelPromotion, given: Sequence[PromotionApproval], reason: str | None) -> str:
    """Return the reason of an approved promotion's move: the approver's, who else approved it, and why it was asked."""
    others = "".join(f", also by {each.by}" for each in given)
    asked = f"approved{others}; {row.by} asked for it: {row.reason}"
    return (f"{reason} ({asked})" if reason else asked)[:_REASON_LENGTH]


def _check_valid(session: Session, owner: Model, row: ModelPromotion) -> None:
    """Raise Conflict if the version was deleted or the gate's policy was changed since the promotion was asked for."""
    try:
        find_version(session, owner, row.version)
    except NotFound as error:
        raise Conflict(
            "version {version} of model {model!r} was deleted after its promotion was asked for",
            code="version_deleted",
            next_step="restore the version, or decline the promotion with azuraforge models decline {model}",
            model=owner.name,
            version=row.version,
            alias=row.alias,
        ) from error
    rows = store.policies(session, owner.id)
    if row.policy is not None and row.policy != shapes.gate_policy(rows[0] if rows else None).number:
        raise Conflict(
            "the policy of model {model!r} was changed after the gate passed version {version}",
            code="policy_changed",
            next_step="decline it with azuraforge models decline {model}, then train again or promote it by hand",
            model=owner.name,
            version=row.version,
            alias=row.alias,
        )
