"""Administration of the platform's people: accounts, and who administers.

Authority is read again in the transaction of each change. The administrators are locked meanwhile, so that two changes
at once cannot leave none.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from azuraforge.database import Database, PersonKey, Session, UnitOfWork, after_commit, new_id
from azuraforge.errors import AzuraError, Conflict, Forbidden, NotFound
from azuraforge.paging import PAGE, Order
from azuraforge.people import account_store
from azuraforge.people import store as people_store
from azuraforge.people.accounts import Accounts, taken
from azuraforge.people.administration import store
from azuraforge.people.administration.schemas import PersonChange, PersonCreated, PersonOut, PersonPage
from azuraforge.people.callers import Caller
from azuraforge.people.schemas import LinkOut
from azuraforge.people.service import PeopleService, add_link

#: Seconds for which the first sign-in link of an account is valid that an administrator created.
FIRST_LINK_SECONDS = 72 * 3600
_ORDER: Order[tuple[str]] = Order("people", tuple[str])


class PeopleAdministration:
    """Service for administrators of the platform. An administrator is no member of a project by this."""

    def __init__(self, database: Database, people: PeopleService, accounts: Accounts) -> None:
        self._database = database
        self._people = people
        self._accounts = accounts

    def check(self, caller: Caller) -> None:
        """Raise Forbidden unless the caller is an administrator who uses a session or this machine's command line."""
        with self._database.read_person(caller.person_id) as session:
            require_administrator(session, caller)

    def people(self, *, limit: int = PAGE, after: str | None = None) -> PersonPage:
        """Return a page of the platform's people, ordered by name."""
        key = _ORDER.read(after)
        with self._database.read_system() as system:
            places = store.next_people(system, key[0] if key else "", limit + 1)
        found = [each for place in places if (each := self._profile(place.person_id)) is not None]
        page, cursor = _ORDER.cut(found, limit, lambda each: (each.name_key,))
        return PersonPage(items=[_out(each) for each in page], next=cursor)

    def create(self, caller: Caller, name: str, base_url: str, *, unit: UnitOfWork | None = None) -> PersonCreated:
        """Create a person without a password, and a link for the first sign-in.

        Raises Conflict if the name is taken.
        """
        self._accounts.refuse_taken(name)

        def add(session: Session, _: None) -> tuple[store.Profile, LinkOut]:
            account_store.add_person(session, name, None)
            link = add_link(session, base_url, seconds=FIRST_LINK_SECONDS)
            return _required(session, session.person_id), link

        try:
            made, link = self._database.write_administering(
                caller.person_id, new_id(), lambda session: require_administrator(session, caller), add, unit=unit
            )
        except IntegrityError:  # another request took the name after the check
            raise taken(name) from None
        return PersonCreated(link=link, **dict(_out(made)))

    def first_link(self, caller: Caller, person_id: str, base_url: str) -> LinkOut:
        """Create another link for a person who has never signed in.

        Raises NotFound if there is no such person, and Forbidden if the person has signed in: the link would let the
        administrator into the person's projects. On the platform's machine, ``link_for`` creates one for everyone.
        """

        def add(session: Session, _: None) -> LinkOut:
            _required(session, person_id)
            if store.has_signed_in(session):
                raise Forbidden(
                    "this person has used the account, so a sign-in link can only be created on the platform's machine",
                    next_step="run `azuraforge people link NAME` there",
                    code="account_in_use",
                )
            people_store.delete_kinds(session, ("link",))
            return add_link(session, base_url, seconds=FIRST_LINK_SECONDS)

        return self._administer(caller, person_id, add)

    def link_for(
        self, caller: Caller, name: str, base_url: str, next_page: str | None, *, unit: UnitOfWork | None = None
    ) -> LinkOut:
        """Create a sign-in link for the person with a name, on the platform's machine. Raises NotFound."""
        if caller.kind != "local":
            raise _not_administrator()
        self.check(caller)
        found = self._accounts.find(name)
        return self._administer(caller, found, lambda session, _: add_link(session, base_url, next_page), unit)

    def change(self, caller: Caller, person_id: str, change: PersonChange) -> PersonOut:
        """Disable or enable a person, and grant or revoke the administration of the platform.

        A disabled person's sessions, links and known browsers end. Raises NotFound if there is no such person, and
        Conflict if no administrator would be left.
        """
        ends = change.disabled is True or change.administrator is False

        def find(session: Session) -> PersonKey:
            working = store.locked_administrators(session)
            if caller.person_id not in working:
                raise _not_administrator()
            if ends and working == [person_id]:
                raise Conflict(
                    "the platform's only administrator can neither be disabled nor lose the administration",
                    next_step="make another person an administrator first",
                    code="last_administrator",
                )
            return PersonKey(person_id)

        def work(session: Session, _: PersonKey) -> store.Profile:
            _required(session, person_id)
            if change.disabled is not None:
                store.set_disabled(session, change.disabled)
            if change.disabled:
                for hash_ in people_store.delete_kinds(session, ("session", "link", "browser")):
                    after_commit(session, lambda hash_=hash_: self._people.revocations.revoke(hash_))  # type: ignore[misc]
            if change.administrator is not None:
                store.set_administrator(session, change.administrator)
            after_commit(session, lambda: self._people.revocations.revoke_person(person_id))
            return _required(session, person_id)

        changed = self._database.write_claimed(find, work)
        assert changed is not None, "find returns a place"
        return _out(changed)

    def _administer(
        self,
        caller: Caller,
        person_id: str,
        work: Callable[[Session, None], LinkOut],
        unit: UnitOfWork | None = None,
    ) -> LinkOut:
        return self._database.write_administering(
            caller.person_id, person_id, lambda session: require_administrator(session, caller), work, unit=unit
        )

    def _profile(self, person_id: str) -> store.Profile | None:
        with self._database.read_person(person_id) as session:
            return store.profile(session)


def require_administrator(session: Session, caller: Caller) -> None:
    """Check in a session of the caller that the caller administers the platform. Raises Forbidden."""
    if caller.kind == "token":
        raise Forbidden(
            "an API token cannot administer the platform",
            next_step="sign in with a browser, or use this machine's command line",
            code="not_administrator",
        )
    if not store.is_administrator(session):
        raise _not_administrator()


def _not_administrator() -> AzuraError:
    return Forbidden(
        "this requires an administrator of the platform",
        next_step="ask an administrator; the person who started the platform is the first one",
        code="not_administrator",
    )


def _required(session: Session, person_id: str) -> store.Profile:
    found = store.profile(session)
    if found is None:
        raise NotFound("there is no person {person!r}", next_step="run azuraforge people list", person=person_id)
    return found


def _out(found: store.Profile) -> PersonOut:
    return PersonOut.model_validate(found, from_attributes=True)
