"""A ledger entry before it is written."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from azuraforge.models.answers import PredictionInputs, PredictionPoint


@dataclass(frozen=True)
class LedgerLine:
    """A prediction to be stored in the ledger: the columns of ``Prediction`` except project and time.

    ``model`` is the model's name, which only the event carries. ``pair_id`` marks an answer that is kept and not
    given: it names the line that was given. ``question`` is the same for the same question.
    """

    model: str
    id: str
    model_id: str
    version: int
    by: str
    inputs: PredictionInputs
    target: str
    unit: str
    origin_at: datetime
    matures_at: datetime
    points: tuple[PredictionPoint, ...]
    alias: str | None = None
    interval: float | None = None
    request_id: str | None = None
    latency_seconds: float | None = None
    naive: float | None = None
    features: dict[str, float | None] | None = None
    deployment: int | None = None
    pair_id: str | None = None
    continues: str | None = None
    question: str | None = None

    def columns(self) -> dict[str, object]:
        """Return the column values of the row."""
        return {name: getattr(self, name) for name in _COLUMNS}


_COLUMNS = tuple(each.name for each in fields(LedgerLine) if each.name != "model")
