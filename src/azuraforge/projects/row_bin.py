"""The trash of one noun: delete, restore, purge. It holds the rules; a package supplies its rows and their files."""

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
#: An id, and a version's number where one version of the thing is meant.
Key = tuple[str, int | None]

_BATCH = 200


@dataclass(frozen=True)
class Thing(Generic[Row]):
    """A deletable row: a whole item, or one ``version`` of it."""

    row: Row
    id: str
    name: str
    version: int | None = None

    @property
    def key(self) -> Key:
        """The key that identifies it among others of its noun."""
        return self.id, self.version


@dataclass(frozen=True)
class Removal:
    """Result of removing an item's rows: the counts, and the addresses of its files."""

    counts: Counter[str] = field(default_factory=Counter)
    addresses: Sequence[str] = ()
    kept: int = 0


class RowBin(ABC, Generic[Row]):
    """Moves rows into the trash and out of it, and purges them; see ``projects.trash.Bin``."""

    noun: ClassVar[Noun]
    #: Whether ``purge_parts`` and ``remove`` look for needs themselves, so that the bin does not do it before them.
    checks_needs: ClassVar[bool] = False

    def __init__(self, database: Database, events: EventLog) -> None:
        self.database = database
        self.events = events

    def delete(self, project_id: str, name: str, version: int | None, by: str) -> None:
        """Move an item or one of its versions into the trash; no effect if it is there already.

        Raises NotFound, and Conflict where something needs it.
        """

        def work(session: Session) -> None:
            thing = self.find(session, name, version)
            if thing is None and version is None:
                thing = self.find_deleted(session, name)
            if thing is None:
                raise self.unknown(name)
            if thing.row.deleted_at is None:
                self.refuse(session, thing)
                self.mark(session, [thing], by)

        self.database.write(project_id, work)

    def restore(self, project_id: str, name: str, version: int | None, *, unit: UnitOfWork | None = None) -> Thing[Row]:
        """Restore an item or one of its versions and return it; no effect if it is not in the trash.

        A whole thing is named by its id, or by its name, which means the one deleted last. Raises NotFound where it was
        purged, Conflict where another one has its name by now.
        """
        restored: list[Thing[Row]] = []

        def work(session: Session) -> Thing[Row]:
            thing = self.find_deleted(session, name) if version is None else None
            thing = thing or self.find(session, name, version)
            if thing is None:
                raise self.unknown(name)
            if thing.row.deleted_at is not None:
                self.refuse_restoring(thing)
                if version is None and self.has_other(session, thing):
                    raise self._taken(thing)
                restored.append(thing)
                thing.row.deleted_at = thing.row.deleted_by = None
                session.flush()
                self.announce(session, "restored", [thing], None)
            return thing

        try:
            return self.database.write(project_id, work, unit=unit)
        except IntegrityError:  # another one took the name since it was looked for (PostgreSQL)
            if not restored:
                raise
            raise self._taken(restored[-1]) from None

    def contents(
        self,
        session: Session,
        project_id: str,
        policy: RetentionPolicy,
        after: Position | None = None,
        limit: int = AT_ONCE,
    ) -> Contents:
        """Return what can be restored, the latest first, behind ``after``."""
        things = self.newest(session, after, limit)
        held = self.held_bytes(session, things)
        needed = self.needed(session, things)
        items = [self._item(each, held.get(each.key, 0), policy, needed.get(each.key)) for each in things]
        return Contents(items, *self.totals(session))

    def expire(self, project_id: str, policy: RetentionPolicy) -> None:
        """Move items that the policy no longer keeps into the trash."""
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
        """Remove for ever what was deleted before (None: everything), rows first, then files."""
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
        """Remove files that no row uses; return the bytes freed."""
        shelf = self.shelf(project_id)
        return shelf.sweep(older_than_seconds) if shelf is not None else 0

    def free_files(self, project_id: str, addresses: Sequence[str]) -> int:
        """Remove files unless a row names them; returns the bytes."""
        shelf = self.shelf(project_id)
        return shelf.free(addresses) if shelf is not None else 0

    def mark(self, session: Session, things: Sequence[Thing[Row]], by: str) -> None:
        """Move items that the caller has locked into the trash."""
        self.announce(session, "deleted", things, by)
        for each in things:
            each.row.deleted_at, each.row.deleted_by = now(), by
        session.flush()

    # What a package says about its rows.

    @abstractmethod
    def find(self, session: Session, name: str, version: int | None) -> Thing[Row] | None:
        """Lock and return an item that is not in the trash, or one of its versions, in the trash or not.

        Raises NotFound where the thing has no such version.
        """

    @abstractmethod
    def find_deleted(self, session: Session, name: str) -> Thing[Row] | None:
        """Lock and return an item in the trash by its id, or else the last deleted one of this name."""

    @abstractmethod
    def lock(self, session: Session, thing: Thing[Row]) -> Thing[Row] | None:
        """Lock and return an item in its current state; None if it was purged or cannot be purged now."""

    @abstractmethod
    def page(
        self, session: Session, before: datetime | None, after: Thing[Row] | None, limit: int
    ) -> Sequence[Thing[Row]]:
        """Return things deleted before a moment (None: all) that come behind ``after``, in the order of purging.

        More than ``limit`` may be returned; an empty page is the last.
        """

    @abstractmethod
    def held_bytes(self, session: Session, things: Sequence[Thing[Row]]) -> Mapping[Key, int]:
        """Return the bytes of the things' files."""

    @abstractmethod
    def remove(self, session: Session, thing: Thing[Row]) -> Removal:
        """Remove the rows of a locked thing that is in the trash."""

    def newest(self, session: Session, after: Position | None, limit: int | None) -> Sequence[Thing[Row]]:
        """Return what can be restored, the latest first, behind ``after``. This one reads everything in the bin."""
        things = {self._position(each): each for each in self.page(session, None, None, AT_ONCE)}
        places = sorted((each for each in things if after is None or each < after), reverse=True)
        return [things[each] for each in places[:limit]]

    def lock_all(self, session: Session, things: Sequence[Thing[Row]]) -> Sequence[Thing[Row]]:
        """Lock and return those that have not been purged."""
        return [found for each in things if (found := self.lock(session, each)) is not None]

    def shelf(self, project_id: str) -> Shelf | None:
        """Return the folder of the things' files; None where they have none of their own."""
        return None

    def refuse(self, session: Session, thing: Thing[Row]) -> None:
        """Raise Conflict where a locked thing may not be deleted."""

    def refuse_restoring(self, thing: Thing[Row]) -> None:
        """Raise Conflict where a locked thing in the trash cannot be restored."""

    def has_other(self, session: Session, thing: Thing[Row]) -> bool:
        """Return whether another thing, not in the trash, has the name of this one."""
        return self.find(session, thing.name, None) is not None

    def needed(self, session: Session, things: Sequence[Thing[Row]]) -> Mapping[Key, NeededBy]:
        """Return which things may not be purged, and what needs them."""
        return {}

    def outdated(
        self, session: Session, policy: RetentionPolicy, after: Thing[Row] | None, limit: int
    ) -> Sequence[Thing[Row]]:
        """Return a page of things that the policy no longer keeps, behind ``after``."""
        return []

    def purge_parts(self, project_id: str, thing: Thing[Row], limit: int) -> Purged | None:
        """Purge at most ``limit`` items of other nouns that belong to this one; None if it must be kept."""
        return Purged()

    def clean_up(self, thing: Thing[Row]) -> int:
        """Remove what a purged thing had outside the shelf; returns the bytes."""
        return 0

    def totals(self, session: Session) -> tuple[int, int]:
        """Return how many things are in the trash, and the bytes of their files."""
        things = self.newest(session, None, None)
        return len(things), sum(self.held_bytes(session, things).values())

    @abstractmethod
    def announce(self, session: Session, what: str, things: Sequence[Thing[Row]], by: str | None) -> None:
        """Append events for items that were ``deleted`` or ``restored``, by a user or (None) by the policy."""

    def unknown(self, name: str) -> NotFound:
        """Return the error for a name that does not exist."""
        return NotFound(
            "{noun} {name!r} does not exist",
            next_step="azuraforge {nouns} list",
            noun=Message(f"noun.{self.noun}"),
            name=name,
            nouns=self._nouns,
        )

    @property
    def _nouns(self) -> str:
        return "studies" if self.noun == "study" else f"{self.noun}s"

    def _taken(self, thing: Thing[Row]) -> Conflict:
        return Conflict(
            "another {noun} is named {thing!r} now",
            where="{noun} {id}",
            next_step="delete that one first: azuraforge {nouns} delete {quote}",
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
                return Removal()  # purged, or restored since it was looked for
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
