"""Ledger entries before they are written."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from azuraforge.models.answers import PredictionInputs, PredictionPoint


@dataclass(frozen=True)
class LedgerLine:
    """Prediction to be stored in the ledger: the columns of ``Prediction`` except project and creation time.

    Attributes:
        model: name of the model, used only in the event.
        naive: naive forecast, the last value known at the origin; None if there is none.
        pair_id: id of the returned prediction if this entry is the prediction of a pair that is not returned; None
            otherwise.
        continues: id of the dataset whose next rows are the outcomes; None if there is none.
        question: hash of the input; equal inputs have equal hashes.
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
        """Return the column values of the row by column name."""
        return {name: getattr(self, name) for name in _COLUMNS}


_COLUMNS = tuple(each.name for each in fields(LedgerLine) if each.name != "model")
