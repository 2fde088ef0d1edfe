"""Contributions of the package ``projects`` to the platform: access, trash and housekeeping."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.events.package import EVENTS
from azuraforge.package import LOOPS, SETTINGS, Extension, Package, Service, Services
from azuraforge.people.package import ACCOUNTS, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.projects.administration.service import ProjectAdministration
    from azuraforge.projects.housekeeping import Housekeeping
    from azuraforge.projects.lifecycle.activity import CountsWork
    from azuraforge.projects.lifecycle.purging import ClearsFiles, ProjectPurger
    from azuraforge.projects.lifecycle.service import LifecycleService
    from azuraforge.projects.lifecycle.trash import ProjectTrash
    from azuraforge.projects.membership.invitations import InvitationService
    from azuraforge.projects.membership.service import MemberService
    from azuraforge.projects.quotas.service import Measure, Quotas
    from azuraforge.projects.registry import ProjectRegistry
    from azuraforge.projects.secrets.keys import KeyRing
    from azuraforge.projects.secrets.owned import OwnedSecrets
    from azuraforge.projects.secrets.service import SecretService
    from azuraforge.projects.service import ProjectService
    from azuraforge.projects.trash import Bin, Trash

#: Trash bins of the packages. Bins of higher packages are purged first, because their items need those of lower ones.
BINS: Extension[Bin] = Extension("trash bins")
#: Functions that count a project's work that has not ended, in a session of the project.
WORK: Extension[CountsWork] = Extension("work in progress")
#: Folders that contain a folder for each project, which is named by the project's id.
FOLDERS: Extension[Path] = Extension("folders of projects")
#: Functions that delete a project's files in other folders, called while the rows of the project exist.
CLEARS: Extension[ClearsFiles] = Extension("files of projects")
#: Functions of each housekeeping round, called with the ids of projects whose files must not be removed.
CHORES: Extension[Callable[[Collection[str]], object]] = Extension("housekeeping chores")
#: Figures of a project, which quotas limit and administrators see.
MEASURES: Extension[Measure] = Extension("measures of projects")


def _projects(services: Services) -> ProjectService:
    from azuraforge.projects.access_tokens import AccessTokens
    from azuraforge.projects.service import ProjectService

    return ProjectService(services[DATABASE], services[PEOPLE], AccessTokens(services[SECRET_KEYS]))


def _registry(services: Services) -> ProjectRegistry:
    from azuraforge.projects.registry import ProjectRegistry

    return ProjectRegistry(services[DATABASE], services[EVENTS], services[PEOPLE].revocations)


def _lifecycle(services: Services) -> LifecycleService:
    from azuraforge.projects.lifecycle.service import LifecycleService

    revocations = services[PEOPLE].revocations
    return LifecycleService(services[DATABASE], services[EVENTS], revocations, services.all(WORK))


def _project_trash(services: Services) -> ProjectTrash:
    from azuraforge.projects.lifecycle.trash import ProjectTrash

    revocations, purger = services[PEOPLE].revocations, services[PURGER]
    return ProjectTrash(services[DATABASE], services[EVENTS], revocations, purger, services.all(WORK))


def _purger(services: Services) -> ProjectPurger:
    from azuraforge.projects.lifecycle.purging import ProjectPurger

    marks, revocations = services[SETTINGS].history, services[PEOPLE].revocations
    return ProjectPurger(services[DATABASE], revocations, services.all(FOLDERS), services.all(CLEARS), marks)


def _members(services: Services) -> MemberService:
    from azuraforge.projects.membership.service import MemberService

    return MemberService(services[DATABASE], services[EVENTS], services[PEOPLE].revocations, services[QUOTAS].check)


def _quotas(services: Services) -> Quotas:
    from azuraforge.projects.quotas.service import Quotas

    return Quotas(services[DATABASE], services.all(MEASURES))


def _administration(services: Services) -> ProjectAdministration:
    from azuraforge.projects.administration.service import ProjectAdministration

    return ProjectAdministration(services[DATABASE], services[QUOTAS], services[EVENTS], services[SETTINGS])


def _invitations(services: Services) -> InvitationService:
    from azuraforge.projects.membership.invitations import InvitationService

    revocations = services[PEOPLE].revocations
    check = services[QUOTAS].check
    return InvitationService(services[DATABASE], services[EVENTS], services[ACCOUNTS], revocations, check)


def _trash(services: Services) -> Trash:
    from azuraforge.projects.trash import Trash

    return Trash(services[DATABASE], services[EVENTS], services.all(BINS)[::-1])


def _housekeeping(services: Services) -> Housekeeping:
    from azuraforge.projects.history import History
    from azuraforge.projects.housekeeping import Housekeeping

    settings, events = services[SETTINGS], services[EVENTS]
    history = History(events, settings.history)
    chores = services.all(CHORES)
    return Housekeeping(
        services[DATABASE],
        services[TRASH],
        chores,
        events,
        history,
        settings.event_days,
        purger=services[PURGER],
    )


def _keys(services: Services) -> KeyRing:
    from azuraforge.projects.secrets.keys import KeyRing

    settings = services[SETTINGS]
    return KeyRing(settings.secret_keys, settings.secret_key_file)


def _secrets(services: Services) -> SecretService:
    from azuraforge.projects.secrets.service import SecretService

    return SecretService(services[DATABASE], services[SECRET_KEYS], services[EVENTS])


def _owned_secrets(services: Services) -> OwnedSecrets:
    from azuraforge.projects.secrets.owned import OwnedSecrets

    return OwnedSecrets(services[SECRET_KEYS], services[EVENTS])


def _routers() -> Sequence[APIRouter]:
    from azuraforge.projects.administration.routes import router as administration_router
    from azuraforge.projects.lifecycle.routes import router as lifecycle_router
    from azuraforge.projects.membership.invitation_routes import router as invitations_router
    from azuraforge.projects.membership.routes import router as members_router
    from azuraforge.projects.routes import router
    from azuraforge.projects.secrets.routes import router as secrets_router

    return [router, lifecycle_router, members_router, invitations_router, secrets_router, administration_router]


PROJECTS: Service[ProjectService] = Service("projects", _projects)
REGISTRY: Service[ProjectRegistry] = Service("registry of projects", _registry)
LIFECYCLE: Service[LifecycleService] = Service("states of projects", _lifecycle)
PROJECT_TRASH: Service[ProjectTrash] = Service("trash of projects", _project_trash)
PURGER: Service[ProjectPurger] = Service("purge of projects", _purger)
MEMBERS: Service[MemberService] = Service("members of projects", _members)
INVITATIONS: Service[InvitationService] = Service("invitations", _invitations)
QUOTAS: Service[Quotas] = Service("quotas", _quotas)
PROJECT_ADMINISTRATION: Service[ProjectAdministration] = Service("administration of projects", _administration)
TRASH: Service[Trash] = Service("trash", _trash)
SECRET_KEYS: Service[KeyRing] = Service("keys of secrets", _keys)
SECRETS: Service[SecretService] = Service("secrets", _secrets)
OWNED_SECRETS: Service[OwnedSecrets] = Service("secrets of rows", _owned_secrets)
HOUSEKEEPING: Service[Housekeeping] = Service("housekeeping", _housekeeping)


def _events() -> Sequence[type[BaseModel]]:
    from azuraforge.projects.events import EVENTS
    from azuraforge.projects.lifecycle.events import EVENTS as OF_STATES
    from azuraforge.projects.membership.events import EVENTS as OF_MEMBERS
    from azuraforge.projects.quotas.events import EVENTS as OF_QUOTAS

    return [*EVENTS, *OF_STATES, *OF_MEMBERS, *OF_QUOTAS]


PACKAGE = Package(
    "projects",
    tables=(
        "tables",
        "store",
        "membership.invitation_store",
        "secrets.tables",
        "quotas.tables",
        "administration.store",
    ),
    routers=_routers,
    served={
        "projects": PROJECTS,
        "registry": REGISTRY,
        "lifecycle": LIFECYCLE,
        "project_trash": PROJECT_TRASH,
        "members": MEMBERS,
        "invitations": INVITATIONS,
        "trash": TRASH,
        "secrets": SECRETS,
        "quotas": QUOTAS,
        "project_administration": PROJECT_ADMINISTRATION,
    },
    contributions=(LOOPS.add(lambda services: [services[HOUSEKEEPING]]),),
    events=_events,
)
