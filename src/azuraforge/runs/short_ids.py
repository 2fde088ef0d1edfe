"""Resolution of shortened run ids."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from azuraforge.database.short_ids import ShortId
from azuraforge.projects.short_ids import path_id
from azuraforge.runs.tables import Run

RUNS = ShortId("run", Run.id)
#: Path parameter with a run's id, which may be shortened.
RunId = Annotated[str, Depends(path_id("run_id", RUNS))]
