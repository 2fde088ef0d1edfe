"""SQL statement that renews the lease of an external run."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Row, Table, bindparam, update

from azuraforge.database import Session, seconds_from_now
from azuraforge.runs.schemas import RunOut
from azuraforge.runs.tables import Run
from azuraforge.strict_json import JsonObject

_RUN = cast(Table, Run.__table__)
_SHOWN = [_RUN.c[name] for name in RunOut.model_fields if name in _RUN.c]


class Renewal:
    """Prebuilt statement that renews the lease of a running external run and returns the run."""

    def __init__(self, lease_seconds: float) -> None:
        mine = (
            _RUN.c.project_id == bindparam("of_project"),
            _RUN.c.id == bindparam("of_run"),
            _RUN.c.created_by == bindparam("of_person"),
            _RUN.c.kind == "external",
            _RUN.c.state == "running",
        )
        renewed = update(_RUN).where(*mine).values(lease_until=seconds_from_now(lease_seconds)).returning(*_SHOWN)
        self._plain = renewed
        self._with_progress = renewed.values(progress=bindparam("new_progress", type_=_RUN.c.progress.type))

    def __call__(
        self, session: Session, run_id: str, person_id: str, progress: JsonObject | None = None
    ) -> Row[*tuple[object, ...]] | None:
        """Renew the lease and return the run; None if the user has no running external run with this id.

        ``progress``, if given, replaces the run's progress.
        """
        key = {"of_project": session.project_id, "of_run": run_id, "of_person": person_id}
        connection = session.connection()
        if progress is None:
            return connection.execute(self._plain, key).one_or_none()
        return connection.execute(self._with_progress, {**key, "new_progress": progress}).one_or_none()
