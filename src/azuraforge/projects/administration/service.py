"""Projects of the platform for its administrators: names, sizes and quotas, and the settings in effect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from sqlalchemy import make_url

from azuraforge.database import Database, Session
from azuraforge.errors import NotFound
from azuraforge.events.service import EventLog
from azuraforge.messages import catalogue
from azuraforge.messages.languages import current
from azuraforge.paging import PAGE, Order
from azuraforge.people.administration.service import require_administrator
from azuraforge.people.callers import Caller
from azuraforge.projects import store as projects_store
from azuraforge.projects.administration import store
from azuraforge.projects.administration.schemas import ProjectSize, ProjectSizePage, SettingOut, SettingsOut
from azuraforge.projects.events import STREAM
from azuraforge.projects.quotas import store as quota_store
from azuraforge.projects.quotas.events import QuotaChanged
from azuraforge.projects.quotas.schemas import QuotaLimits
from azuraforge.projects.quotas.service import Quotas
from azuraforge.settings import Settings

_ORDER: Order[tuple[str]] = Order("platform projects", tuple[str])


class ProjectAdministration:
    """Service for administrators of the platform, who see no content of a project of which they are no member."""

    def __init__(self, database: Database, quotas: Quotas, events: EventLog, settings: Settings) -> None:
        self._database = database
        self._quotas = quotas
        self._events = events
        self._settings = settings

    def projects(self, *, limit: int = PAGE, after: str | None = None) -> ProjectSizePage:
        """Return a page of all projects with their sizes, ordered by slug."""
        key = _ORDER.read(after)
        with self._database.read_system() as system:
            places = store.next_projects(system, key[0] if key else "", limit + 1)
        found = [each for place in places if (each := self._size(place.project_id)) is not None]
        page, cursor = _ORDER.cut(found, limit, lambda each: (each.slug,))
        return ProjectSizePage(items=list(page), next=cursor)

    def set_quota(self, caller: Caller, slug: str, limits: QuotaLimits) -> ProjectSize:
        """Set all limits of a project. A project that uses more keeps what it has, and cannot create more.

        Raises NotFound if there is no such project, and Forbidden if the caller is no administrator any more.
        """
        with self._database.read_system() as system:
            place = projects_store.find_project(system, slug)
        if place is None:
            raise NotFound("there is no project {slug!r}", next_step="run azuraforge platform projects", slug=slug)

        def work(session: Session, _: None) -> None:
            before = quota_store.limits(session)
            previous = QuotaLimits() if before is None else QuotaLimits(**_limits_of(before))
            if previous != limits:
                quota_store.replace(session, limits.model_dump())
                changed = {"quota": limits, "previous_quota": previous, "by": caller.person_name}
                self._events.append(session, STREAM, QuotaChanged.model_validate(changed))

        self._database.write_joining(
            caller.person_id, place.project_id, lambda session: require_administrator(session, caller), work
        )
        found = self._size(place.project_id)
        if found is None:
            raise NotFound("there is no project {slug!r}", next_step="run azuraforge platform projects", slug=slug)
        return found

    def settings(self) -> SettingsOut:
        """Return the settings of this process without secrets."""
        return SettingsOut(settings=list(_settings_of(self._settings)))

    def _size(self, project_id: str) -> ProjectSize | None:
        with self._database.read(project_id) as session:
            row = store.project(session)
            if row is None:
                return None
            used, quota = self._quotas.used(session), quota_store.limits(session)
            rest = {name: self._quotas.measured(session, name) for name in ("rows", "all_runs")}
        state = "deleted" if row.deleted_at is not None else "archived" if row.archived_at is not None else "active"
        fields = {
            "slug": row.slug,
            "name": row.name,
            "state": state,
            "created_at": row.created_at,
            "members": used.members.used,
            "datasets": used.datasets.used,
            "rows": rest["rows"],
            "stored_bytes": used.stored_bytes.used,
            "runs": rest["all_runs"],
            "active_runs": used.runs.used,
            "quota": {} if quota is None else _limits_of(quota),
        }
        return ProjectSize.model_validate(fields)


def _limits_of(quota: object) -> dict[str, Any]:
    return {name: getattr(quota, name) for name in QuotaLimits.model_fields}


def _settings_of(model: BaseModel, name: str = "", variable: str = "AZURAFORGE") -> Iterator[SettingOut]:
    for field, info in type(model).model_fields.items():
        value = getattr(model, field)
        own_name = f"{name}.{field}" if name else field
        own_variable = f"{variable}{'__' if name else '_'}{field.upper()}"
        if isinstance(value, BaseModel):
            yield from _settings_of(value, own_name, own_variable)
            continue
        hidden = isinstance(value, SecretStr)
        yield SettingOut(
            name=own_name,
            variable=own_variable,
            value=None if hidden or value is None else _shown(field, value),
            default=value == info.get_default(call_default_factory=True),
            hidden=hidden,
            description=_in_language(info.description or ""),
        )


def _shown(field: str, value: object) -> str:
    """Return a setting's value as text, URLs without their passwords."""
    if isinstance(value, str) and (field.endswith("url") or field == "proxy") and "://" in value:
        return make_url(value).render_as_string(hide_password=True) if "@" in value else value
    if isinstance(value, str | Path):
        return str(value)
    return json.dumps(value, default=str, ensure_ascii=False)


def _in_language(description: str) -> str:
    """Return a setting's description in the language of the request."""
    code = current()
    return catalogue.template(description, code) if catalogue.has(description, code) else description
