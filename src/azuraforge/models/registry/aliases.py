"""Moves of aliases, each with a reason and an entry in the history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.models import schemas, shapes, store
from azuraforge.models.events import AliasEvent, AliasMoved
from azuraforge.models.registry.finding import find_model, find_version, lock_model
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.registry.names import CANDIDATE, CHAMPION, check_alias
from azuraforge.models.registry.waiting import Actor, ask, check_move, entries, replace_waiting, required
from azuraforge.models.tables import AliasChange, Model, ModelVersion
from azuraforge.paging import PAGE, Order

#: Callback in the transaction of a move, after the move is written.
AfterMove = Callable[[Session, Model, AliasChange], None]

_HISTORY: Order[tuple[int]] = Order("history", tuple[int])
_EVENTS: dict[str, AliasEvent] = {
    "promote": "model.promoted",
    "rollback": "model.rolled_back",
    "remove": "model.alias_removed",
}


class Aliases:
    """Moves of aliases: by the platform in the caller's transaction, or by users in a transaction of their own.

    Args:
        after_move: callbacks in the transaction of each move.
    """

    def __init__(
        self, database: Database, events: EventLog, folders: VersionFolders, after_move: Sequence[AfterMove] = ()
    ) -> None:
        self._database = database
        self._events = events
        self._folders = folders
        self._after_move = after_move

    def promote(
        self,
        session: Session,
        model: str,
        version: int,
        *,
        reason: str,
        by: str,
        alias: str = CHAMPION,
        run_id: str | None = None,
        expected: int | Literal["anyone"] | None = "anyone",
    ) -> AliasChange:
        """Point an alias to a version, record the move in the history, and return it.

        Args:
            expected: version that the alias must still point to, or None if it must not exist; Conflict is raised
                before anything is written if it has moved since. By default it is not checked.

        A version that becomes champion loses the alias ``candidate``. Raises NotFound if the model or version does not
        exist, InvalidInput if the alias is not a valid name, and Conflict if it already points to the version.
        """
        owner = lock_model(session, model)
        pointer = check_move(session, owner, version, alias, expected)
        line = store.move_alias(
            session,
            owner,
            alias,
            version=version,
            previous_version=pointer.version if pointer else None,
            below=pointer.change if pointer else None,
            action="promote",
            reason=reason,
            by=by,
            run_id=run_id,
        )
        self._moved(session, owner, line)
        if alias == CHAMPION:
            self._decided(session, owner, version, by)
        return line

    def needs_approval(self, session: Session, model: str, alias: str) -> bool:
        """Lock a model; return whether its policy requires approval of a promotion of this alias.

        Raises NotFound if the model does not exist.
        """
        return required(session, lock_model(session, model), alias) > 0

    def ask(
        self,
        session: Session,
        model: str,
        version: int,
        *,
        reason: str,
        asker: Actor,
        alias: str = CHAMPION,
        run_id: str | None = None,
        policy: int | None = None,
        expected: int | Literal["anyone"] | None = "anyone",
    ) -> schemas.AliasChange:
        """Let a promotion wait for another member's approval; see ``waiting.ask``."""
        return ask(
            *(session, self._events, lock_model(session, model), version),
            alias=alias,
            reason=reason,
            asker=asker,
            run_id=run_id,
            policy=policy,
            expected=expected,
        )

    def _decided(self, session: Session, owner: Model, version: int, by: str) -> None:
        """Remove the alias ``candidate`` from the new champion, since a decision about it is no longer pending."""
        pointer = store.alias(session, owner.id, CANDIDATE)
        if pointer is not None and pointer.version == version:
            reason = f"version {version} is {CHAMPION}"
            self._moved(session, owner, store.remove_alias(session, owner, pointer, reason=reason, by=by))

    def remove(self, session: Session, model: str, alias: str, *, reason: str, by: str) -> AliasChange:
        """Remove an alias, which the history keeps, and return this move.

        Raises Conflict for the champion alias, which serving requires, and NotFound if the model or alias does not
        exist.
        """
        owner = lock_model(session, model)
        if alias == CHAMPION:
            raise Conflict(
                "alias {alias!r} of model {model!r} cannot be removed",
                next_step="promote another version, roll the alias back, or delete the model",
                alias=CHAMPION,
                model=model,
            )
        pointer = store.alias(session, owner.id, alias)
        if pointer is None:
            raise NotFound(
                "model {model!r} has no alias {alias!r}",
                next_step="run azuraforge models show {model}",
                model=model,
                alias=alias,
            )
        line = store.remove_alias(session, owner, pointer, reason=reason, by=by)
        self._moved(session, owner, line)
        return line

    def rollback(self, session: Session, model: str, *, reason: str, by: str, alias: str = CHAMPION) -> AliasChange:
        """Point the alias to the version before the last promotion that was not rolled back; return the move.

        Each repetition goes one promotion further back. Raises NotFound if the model does not exist, and Conflict if
        the alias does not exist or has no earlier version.
        """
        owner = lock_model(session, model)
        before = _before(session, owner, alias)
        pointer = store.alias(session, owner.id, alias)
        line = store.move_alias(
            session,
            owner,
            alias,
            version=before.version,
            previous_version=pointer.version if pointer else None,
            below=before.below,
            action="rollback",
            reason=reason,
            by=by,
            run_id=None,
        )
        self._moved(session, owner, line)
        return line

    def promote_by_hand(
        self,
        project_id: str,
        model: str,
        version: int,
        *,
        alias: str,
        reason: str,
        by: str,
        person: str | None = None,
        unit: UnitOfWork | None = None,
    ) -> schemas.AliasChange:
        """Point an alias to a version by a user's decision, whatever the gate decided.

        If the model's policy requires approval, the promotion waits instead, and the returned entry of the history has
        the action "wait". ``person`` is the id of the user, who may not approve it. Raises StorageError if the
        version's files do not match their hashes, and the errors of ``promote``.
        """
        with self._database.read(project_id) as session:
            self._verify(find_version(session, find_model(session, model), version))

        def work(session: Session) -> schemas.AliasChange:
            owner = lock_model(session, model)
            if required(session, owner, check_alias(alias)):
                return self.ask(session, model, version, alias=alias, reason=reason, asker=Actor(by, person))
            line = self.promote(session, model, version, alias=alias, reason=reason, by=by)
            return shapes.change_out(line)

        return self._database.write(project_id, work, durable=True, unit=unit)

    def rollback_target(self, project_id: str, model: str, alias: str) -> schemas.RollbackOut:
        """Return the version to which a rollback would return. Raises NotFound if the model does not exist."""
        with self._database.read(project_id) as session:
            owner = find_model(session, model)
            pointer = store.alias(session, owner.id, alias)
            from_version = pointer.version if pointer else None
            try:
                before = _before(session, owner, alias)
                target = find_version(session, owner, before.version)
            except (Conflict, NotFound):
                return schemas.RollbackOut(
                    alias=alias, from_version=from_version, to_version=None, at=None, reason=None
                )
            return schemas.RollbackOut(
                alias=alias,
                from_version=from_version,
                to_version=target.version,
                at=before.at,
                reason=before.reason,
            )

    def rollback_by_hand(
        self,
        project_id: str,
        model: str,
        *,
        alias: str,
        reason: str,
        by: str,
        from_version: int | None = None,
        unit: UnitOfWork | None = None,
    ) -> schemas.AliasChange:
        """Roll an alias back one promotion by a user's decision; each repetition goes one promotion further back.

        Args:
            from_version: version that the alias must still point to, so that a repeated request does not go further
                back; None: any version.

        Raises StorageError if the files of the version do not match their hashes, NotFound if the version is in the
        trash, Conflict if the alias points to another version than ``from_version`` or another request moves it
        meanwhile, and the errors of ``rollback``.
        """
        with self._database.read(project_id) as session:
            owner = find_model(session, model)
            _check_points_to(session, owner, alias, from_version)
            target = find_version(session, owner, _before(session, owner, alias).version)
        self._verify(target)

        def work(session: Session) -> schemas.AliasChange:
            _check_points_to(session, lock_model(session, model), alias, from_version)
            line = self.rollback(session, model, alias=alias, reason=reason, by=by)
            # Another request moved the alias meanwhile, so the verified version is not the target.
            if line.version != target.version:
                raise Conflict(
                    "alias {alias!r} of model {model!r} was moved by another request",
                    next_step="check the alias with azuraforge models show {model}, then try again",
                    alias=alias,
                    model=model,
                )
            return shapes.change_out(line)

        return self._database.write(project_id, work, durable=True, unit=unit)

    def remove_by_hand(self, project_id: str, model: str, alias: str, *, reason: str, by: str) -> schemas.AliasChange:
        """Remove an alias by a user's decision. Raises the errors of ``remove``."""

        def work(session: Session) -> schemas.AliasChange:
            return shapes.change_out(self.remove(session, model, alias, reason=reason, by=by))

        return self._database.write(project_id, work, durable=True)

    def history(
        self,
        project_id: str,
        name: str,
        alias: str | None = None,
        at: datetime | None = None,
        *,
        limit: int = PAGE,
        after: str | None = None,
    ) -> schemas.HistoryPage:
        """Return a page of the moves of one alias or of all, newest first, and of promotions that wait or waited.

        With ``at``, only moves up to this time are returned, so the first move of an alias shows the version that it
        pointed to; a time without a time zone is in UTC. Raises NotFound if the model does not exist, and InvalidInput
        if ``after`` is not a cursor of this list.
        """
        if at is not None and at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        with self._database.read(project_id) as session:
            owner = find_model(session, name)
            key = _HISTORY.read(after, owner.id)
            found = entries(session, owner.id, alias, at, key, limit + 1)
            page, cursor = _HISTORY.cut(found, limit, lambda entry: (entry[0],), owner.id)
        return schemas.HistoryPage(items=[entry for _, entry in page], next=cursor)

    def _moved(self, session: Session, owner: Model, line: AliasChange) -> None:
        for after in self._after_move:
            after(session, owner, line)
        became = "removed" if line.action == "remove" else f"moved to version {line.version}"
        replace_waiting(session, owner, line.alias, f"the alias was {became}", line.by)
        body = AliasMoved(
            type=_EVENTS[line.action],
            model=owner.name,
            alias=line.alias,
            version=line.version,
            previous_version=line.previous_version,
            reason=line.reason,
            by=line.by,
            run_id=line.run_id,
        )
        self._events.append(session, "project", body)

    def _verify(self, row: ModelVersion) -> None:
        self._folders.verify(row.project_id, row.content_hash)


def _check_points_to(session: Session, owner: Model, alias: str, version: int | None) -> None:
    """Raise Conflict if the alias points to another version than ``version``, unless that is None."""
    pointer = store.alias(session, owner.id, alias)
    if version is not None and (pointer is None or pointer.version != version):
        raise Conflict(
            "alias {alias!r} of model {model!r} does not point to version {version} any more",
            next_step="check the alias with azuraforge models show {model}, then try again",
            alias=alias,
            model=owner.name,
            version=version,
        )


def _before(session: Session, owner: Model, alias: str) -> AliasChange:
    """Return the move to which a rollback returns. Raises Conflict if there is none."""
    pointer = store.alias(session, owner.id, alias)
    if pointer is None:
        raise Conflict(
            "model {model!r} has no alias {alias!r}, so it cannot be rolled back",
            next_step="run azuraforge models show {model}",
            model=owner.name,
            alias=alias,
        )
    standing = store.change(session, owner.id, pointer.change)
    below = standing.below if standing is not None else None
    before = store.change(session, owner.id, below) if below is not None else None
    if before is None:
        raise Conflict(
            "version {version} is the first version that alias {alias!r} of model {model!r} has pointed to",
            next_step="promote another version with azuraforge models promote {model} VERSION --reason WHY",
            version=pointer.version,
            alias=alias,
            model=owner.name,
        )
    return before
