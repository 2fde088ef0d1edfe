"""What-if forecasts: predictions of a version for hypothetical rows, which are not stored."""

from __future__ import annotations

from functools import partial

from azuraforge.database import Database
from azuraforge.models.deployments.places import InThread
from azuraforge.models.predictions.inference import answer_of
from azuraforge.models.registry.finding import find_aliased, find_model, find_version
from azuraforge.models.scenarios.schemas import Change, WhatIfOut, WhatIfRequest
from azuraforge.models.serving.messages import ChangeMessage, ScenarioMessage, WhatIfMessage
from azuraforge.models.serving.versions import Rows, Served, ServedVersions


class WhatIf:
    """Service for what-if forecasts by a version's loaded child process.

    Shadows and canaries take no part in them.
    """

    def __init__(self, database: Database, versions: ServedVersions) -> None:
        self._database = database
        self._versions = versions

    async def ask(self, project_id: str, name: str, request: WhatIfRequest, in_thread: InThread) -> WhatIfOut:
        """Return the base forecast and one forecast per scenario.

        Raises NotFound if the model or version does not exist, Conflict if the alias does not exist, and InvalidInput
        if the rows do not fit the version or a change is impossible: the column is unknown or not known ahead, the
        number of values is wrong, or the known values end before the horizon. Raises TransientError if the child
        process dies, times out or is overloaded, or if the client disconnects.
        """
        served, payload, rows = await in_thread(partial(self._prepare, project_id, name, request))
        answer = await answer_of(self._versions.ask(served, payload))
        stated = {
            "model": name,
            "version": served.version,
            "alias": None if request.version is not None else request.alias,
            "plugin": served.plugin,
            "run_id": served.run_id or None,
            "target": served.target,
            "unit": served.unit,
            "series": request.series,
            "dataset_version": None if rows is None else rows.number,
            "trained_on": served.dataset_version,
        }
        return WhatIfOut.model_validate({**stated, **answer})

    def _prepare(self, project_id: str, name: str, request: WhatIfRequest) -> tuple[Served, WhatIfMessage, Rows | None]:
        with self._database.read(project_id) as session:
            owner = find_model(session, name)
            if request.version is not None:
                number = find_version(session, owner, request.version).version
            else:
                number = find_aliased(session, owner, request.alias).version
        served = self._versions.get(project_id, owner.id, number)
        rows = self._versions.start(served, own_rows=request.rows is not None, asked=request.dataset_version)
        dataset = self._versions.timetable(served) if rows is None else rows.file
        message = WhatIfMessage(
            rows=request.rows,
            dataset=dataset,
            horizon=request.horizon,
            series=request.series,
            known_ahead=request.known_ahead,
            scenarios=[
                ScenarioMessage(name=each.name, changes=[_change(change) for change in each.changes])
                for each in request.scenarios
            ],
        )
        return served, message, rows


def _change(asked: Change) -> ChangeMessage:
    return ChangeMessage(column=asked.column, values=asked.values, multiply=asked.multiply, add=asked.add)
