"""The trash of one noun: delete, restore and purge. ``RowBin`` contains the rules; packages supply rows and files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from shlex import quote
from typing import ClassVar, Generic, TypeVar

from sqlalchemy.exc import IntegrityError

from azuraforge.database import Database, Deletable, Session, UnitOfWork, now
from azuraforge.errors import Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.projects.keeping import Shelf
from azuraforge.projects.schemas import NeededBy, Noun, RetentionPolicy, TrashItem
from azuraforge.projects.trash import AT_ONCE, Contents, Position, Purged

Row = TypeVar("Row", bound=Deletable)
#: Id of an item, and the number of a version if only this version is meant.
Key = tuple[str, int | None]

_BATCH = 200


@dataclass(frozen=True)
class Thing(Generic[Row]):
    """A deletable row: an item, or one of its versions if ``version`` is not None."""

    row: Row
    id: str
    name: str
    version: int | None = None

    @property
    def key(self) -> Key:
        """The key that is unique among the rows of its noun."""
        return self.id, self.version


@dataclass(frozen=True)
class Removal:
    """Result of deleting an item's rows: counts by field, the addresses of its files, and the number of items kept."""

    counts: Counter[str] = field(default_factory=Counter)
    addresses: Sequence[str] = ()
    kept: int = 0


class RowBin(ABC, Generic[Row]):
    """Base class of bins, which move rows into the trash, restore them and purge them; see ``projects.trash.Bin``."""

    noun: ClassVar[Noun]
    #: Whether ``purge_parts`` and ``remove`` check themselves whether an item is needed, so that the bin does not.
    checks_needs: ClassVar[bool] = False

    def __init__(self, database: Database, events: EventLog) -> None:
        self.database = database
        self.events = events

    def delete(self, project_id: str, name: str, version: int | None, by: str) -> None:
        """Move an item or one of its versions to the trash; no effect if it is already there.

        Raises NotFound if it does not exist, and Conflict if it is needed or in use.
        """

        self.database.write(project_id, lambda session: self.delete_in(session, name, version, by))

    def delete_in(self, session: Session, name: str, version: int | None, by: str) -> None:
        """Do what ``delete`` does in the caller's transaction."""
        thing = self.find(session, name, version)
        if thing is None and version is None:
            thing = self.find_deleted(session, name)
        if thing is None:
            raise self.unknown(name)
        if thing.row.deleted_at is None:
            self.refuse(session, thing)
            self.mark(session, [thing], by)

    def restore(self, project_id: str, name: str, version: int | None, *, unit: UnitOfWork | None = None) -> Thing[Row]:
        """Restore an item or one of its versions and return it; no effect if it is not in the trash.

        An item is identified by its id or name. If several deleted items share the name, the item deleted last is
        restored. Raises NotFound if the item was purged, and Conflict if another item now has its name or if it does
        not fit into the project's quota.
        """
        restored: list[Thing[Row]] = []

        def work(session: Session) -> Thing[Row]:
            return self.restore_in(session, name, version, restored.append)

        try:
            return self.database.write(project_id, work, unit=unit)
        except IntegrityError:  # on PostgreSQL, another item may have taken the name after the check
            if not restored:
                raise
            raise self._taken(restored[-1]) from None

    def restore_in(
        self,
        session: Session,
        name: str,
        version: int | None,
        before: Callable[[Thing[Row]], None] = lambda _: None,
    ) -> Thing[Row]:
        """Do what ``restore`` does in the caller's transaction; ``before`` is called before an item is restored."""
        thing = self.find_deleted(session, name) if version is None else None
        thing = thing or self.find(session, name, version)
        if thing is None:
            raise self.unknown(name)
        if thing.row.deleted_at is not None:
            if version is None and self.has_other(session, thing):
                raise self._taken(thing)
            self.refuse_restoring(session, thing)
            before(thing)
            thing.row.deleted_at = thing.row.deleted_by = None
            session.flush()
            self.announce(session, "restored", [thing], None)
        return thing

    def contents(
        self,
        session: Session,
        project_id: str,
        policy: RetentionPolicy,
        after: Position | None = None,
        limit: int = AT_ONCE,
    ) -> Contents:
        """Return the restorable items after the position ``after``, latest first, with totals of the whole bin."""
        things = self.newest(session, after, limit)
        held = self.held_bytes(session, things)
        needed = self.needed(session, things)
        items = [self._item(each, held.get(each.key, 0), policy, needed.get(each.key)) for each in things]
        return Contents(items, *self.totals(session))

    def expire(self, project_id: str, policy: RetentionPolicy) -> None:
        """Move items that the policy no longer keeps to the trash."""
        after: Thing[Row] | None = None
        while True:
            with self.database.read(project_id) as session:
                batch = self.outdated(session, policy, after, _BATCH)
                needed = self.needed(session, batch)
            if not batch:
                return
            after = batch[-1]
            if free := [each for each in batch if each.key not in needed]:
                self.database.write(project_id, self._marker(project_id, free))

    def purge(self, project_id: str, before: datetime | None) -> Purged:
        """Purge items that were deleted before ``before`` (None: all): first their rows, then their files.

        One call purges about ``AT_ONCE`` items; ``left`` of the result is true if more remain.
        """
        purged, addresses = Purged(), list[str]()
        for thing, is_needed in self._candidates(project_id, before):
            if is_needed and not self.checks_needs:
                purged.kept += 1
                continue
            if purged.counts.total() >= AT_ONCE:
                purged.left = True
                break
            parts = self.purge_parts(project_id, thing, AT_ONCE - purged.counts.total())
            if parts is None:
                purged.kept += 1
                continue
            purged.add(parts)
            if purged.left:
                break
            removal = self.database.write(project_id, self._remover(project_id, thing))
            addresses += removal.addresses
            purged.add(Purged(removal.counts, kept=removal.kept))
            if removal.counts:
                purged.bytes += self.clean_up(thing)
        purged.bytes += self.free_files(project_id, addresses)
        return purged

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        """Remove files that no row has used for at least ``older_than_seconds``; return the freed bytes."""
        shelf = self.shelf(project_id)
        return shelf.sweep(older_than_seconds) if shelf is not None else 0

    def free_files(self, project_id: str, addresses: Sequence[str]) -> int:
        """Remove the files at ``addresses`` that no row names; return the freed bytes."""
        shelf = self.shelf(project_id)
        return shelf.free(addresses) if shelf is not None else 0

    def mark(self, session: Session, things: Sequence[Thing[Row]], by: str) -> None:
        """Move items that the caller has locked to the trash."""
        self.announce(session, "deleted", things, by)
        for each in things:
            each.row.deleted_at, each.row.deleted_by = now(), by
        session.flush()

    # Methods that packages implement for their rows.

    @abstractmethod
    def find(self, session: Session, name: str, version: int | None) -> Thing[Row] | None:
        """Lock and return an item that is not in the trash, or one of its versions, which may be in the trash.

        Return None if there is no such item. Raises NotFound if the item has no such version.
        """

    @abstractmethod
    def find_deleted(self, session: Session, name: str) -> Thing[Row] | None:
        """Lock and return a deleted item by its id, or else the last deleted one with this name; None if not found."""

    @abstractmethod
    def lock(self, session: Session, thing: Thing[Row]) -> Thing[Row] | None:
        """Lock and return an item in its current state; None if it was purged or cannot be purged now."""

    @abstractmethod
    def page(
        self, session: Session, before: datetime | None, after: Thing[Row] | None, limit: int
    ) -> Sequence[Thing[Row]]:
        """Return the items deleted before ``before`` (None: all) that follow ``after`` in the order of purging.

        The page may contain more than ``limit`` items; an empty page means that no items follow.
        """

    @abstractmethod
    def held_bytes(self, session: Session, things: Sequence[Thing[Row]]) -> Mapping[Key, int]:
        """Return the bytes of the items' files by key."""

    @abstractmethod
    def remove(self, session: Session, thing: Thing[Row]) -> Removal:
        """Delete the rows of a locked item that is in the trash."""

    def newest(self, session: Session, after: Position | None, limit: int | None) -> Sequence[Thing[Row]]:
        """Return the restorable items after the position ``after``, latest first; at most ``limit``.

        This default implementation reads the whole bin.
        """
        things = {self._position(each): each for each in self.page(session, None, None, AT_ONCE)}
        places = sorted((each for each in things if after is None or each < after), reverse=True)
        return [things[each] for each in places[:limit]]

    def lock_all(self, session: Session, things: Sequence[Thing[Row]]) -> Sequence[Thing[Row]]:
        """Lock and return the items that can be purged now; see ``lock``."""
        return [found for each in things if (found := self.lock(session, each)) is not None]

    def shelf(self, project_id: str) -> Shelf | None:
        """Return the folder of the items' files; None if they have no content-addressed files."""
        return None

    def refuse(self, session: Session, thing: Thing[Row]) -> None:
        """Raise Conflict if a locked item must not be deleted."""

    def refuse_restoring(self, session: Session, thing: Thing[Row]) -> None:
        """Raise Conflict if a locked item in the trash cannot be restored, for example because of a quota."""

    def has_other(self, session: Session, thing: Thing[Row]) -> bool:
        """Return whether another item that is not in the trash has the same name."""
        return self.find(session, thing.name, None) is not None

    def needed(self, session: Session, things: Sequence[Thing[Row]]) -> Mapping[Key, NeededBy]:
        """Return the items that must not be purged, by key, with the reason."""
        return {}

    def outdated(
        self, session: Session, policy: RetentionPolicy, after: Thing[Row] | None, limit: int
    ) -> Sequence[Thing[Row]]:
        """Return at most ``limit`` items that the policy no longer keeps and that follow ``after``."""
        return []

    def purge_parts(self, project_id: str, thing: Thing[Row], limit: int) -> Purged | None:
        """Purge at most ``limit`` items of other nouns that belong to ``thing``; None means that it must be kept."""
        return Purged()

    def clean_up(self, thing: Thing[Row]) -> int:
        """Delete a purged item's files outside ``shelf``, such as a run's work folder; return the freed bytes."""
        return 0

    def totals(self, session: Session) -> tuple[int, int]:
        """Return the number of items in the trash, and the bytes of their files."""
        things = self.newest(session, None, None)
        return len(things), sum(self.held_bytes(session, things).values())

    @abstractmethod
    def announce(self, session: Session, what: str, things: Sequence[Thing[Row]], by: str | None) -> None:
        """Append events for items that were ``deleted`` or ``restored`` (``what``) by the user ``by``, if known."""

    def unknown(self, name: str) -> NotFound:
        """Return the error for a name that does not exist."""
        return NotFound(
            "{noun} {name!r} does not exist",
            next_step="run azuraforge {nouns} list",
            noun=Message(f"noun.{self.noun}"),
            name=name,
            nouns=self._nouns,
        )

    @property
    def _nouns(self) -> str:
        return "studies" if self.noun == "study" else f"{self.noun}s"

    def _taken(self, thing: Thing[Row]) -> Conflict:
        return Conflict(
            "another {noun} is now named {thing!r}",
            where="{noun} {id}",
            next_step="delete the other one first: azuraforge {nouns} delete {quote}",
            noun=Message(f"noun.{self.noun}"),
            thing=thing.name,
            id=thing.id,
            nouns=self._nouns,
            quote=quote(thing.name),
        )

    def _candidates(self, project_id: str, before: datetime | None) -> Iterator[tuple[Thing[Row], bool]]:
        after: Thing[Row] | None = None
        while True:
            with self.database.read(project_id) as session:
                batch = self.page(session, before, after, _BATCH)
                needed = self.needed(session, batch)
            if not batch:
                return
            after = batch[-1]
            yield from ((each, each.key in needed) for each in batch)

    def _marker(self, project_id: str, things: Sequence[Thing[Row]]) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            if free := [each for each in self.lock_all(session, things) if each.row.deleted_at is None]:
                self.mark(session, free, "policy")

        return work

    def _remover(self, project_id: str, thing: Thing[Row]) -> Callable[[Session], Removal]:
        def work(session: Session) -> Removal:
            locked = self.lock(session, thing)
            if locked is None or locked.row.deleted_at is None:
                return Removal()  # purged or restored since it was read
            if not self.checks_needs and self.needed(session, [locked]):
                return Removal(kept=1)
            return self.remove(session, locked)

        return work

    def _position(self, thing: Thing[Row]) -> Position:
        assert thing.row.deleted_at is not None
        return thing.row.deleted_at, self.noun, thing.id, thing.version or 0

    def _item(self, thing: Thing[Row], held: int, policy: RetentionPolicy, needed: NeededBy | None) -> TrashItem:
        row = thing.row
        assert row.deleted_at is not None
        return TrashItem(
            noun=self.noun,
            id=thing.id,
            name=thing.name,
            version=thing.version,
            bytes=held,
            deleted_at=row.deleted_at,
            deleted_by=row.deleted_by or "",
            purged_after=row.deleted_at + timedelta(days=policy.trash_days),
            needed_by=needed,
        )
