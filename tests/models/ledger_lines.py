"""All lines of a model's ledger, those of shadows included, the newest first."""

from __future__ import annotations

from azuraforge.database import Database
from azuraforge.models.predictions.live import LiveReads
from azuraforge.models.schemas import PredictionOut


def ledger_lines(database: Database, project_id: str, model: str, limit: int = 100) -> list[PredictionOut]:
    reads = LiveReads(database)
    page = reads.page(project_id, model=model, version=None, judged=None, unserved=True, limit=limit)
    return page.items
