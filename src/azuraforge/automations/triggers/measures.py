"""Measures of this package: used disk space, age of a dataset's rows, drift, and live scores."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from azuraforge.clock import utc_now
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.models.predictions.service import PredictionService


class DiskUsed:
    """Used share of the disk with the data home, from 0 to 1."""

    name = "disk.used_share"
    about: Mapping[str, str] = {
        "en": "Used share of the disk with the data home, 0 to 1",
        "tr": "Veri klasörünün bulunduğu diskin doluluk oranı, 0 ile 1 arasında",
    }

    def __init__(self, home: Path) -> None:
        self._home = home

    def read(self, project_id: str, of: str | None) -> float | None:
        """Return the used share, which is the same for every project. ``of`` is ignored."""
        usage = shutil.disk_usage(self._home)
        return usage.used / usage.total


class DatasetAge:
    """Age of a dataset's newest row, in seconds."""

    name = "dataset.age_seconds"
    about: Mapping[str, str] = {
        "en": "Age of a dataset's newest row, in seconds",
        "tr": "Bir veri kümesinin en yeni satırından bu yana geçen süre, saniye olarak",
    }

    def __init__(self, datasets: DatasetService) -> None:
        self._datasets = datasets

    def read(self, project_id: str, of: str | None) -> float | None:
        """Return the age in seconds; None if the dataset has no times.

        Raises InvalidInput if ``of`` is None, and NotFound if the dataset does not exist.
        """
        found = self._datasets.get(project_id, _needed(of, "dataset"))
        return None if found.end_at is None else (utc_now() - found.end_at).total_seconds()


class Drift:
    """Drift of a model's champion: 1 while drift is reported, otherwise 0."""

    name = "model.drift"
    about: Mapping[str, str] = {
        "en": "1 while drift is reported for a model's champion, otherwise 0",
        "tr": "Bir modelin şampiyonu için kayma bildirildiği sürece 1, aksi hâlde 0",
    }

    def __init__(self, predictions: PredictionService) -> None:
        self._predictions = predictions

    def read(self, project_id: str, of: str | None) -> float | None:
        """Return 1 or 0 from the last drift check; None if there was none.

        Raises InvalidInput if ``of`` is None, NotFound if the model does not exist, and Conflict if it has no champion.
        """
        found = self._predictions.drift.show(project_id, _needed(of, "model"), None)
        return None if found.checked_at is None else float(found.alarm)


class WorseThanBaseline:
    """Comparison of a champion's live predictions with baselines: 1 if significantly worse, otherwise 0."""

    name = "model.worse_than_baseline"
    about: Mapping[str, str] = {
        "en": "1 while a champion's live predictions are significantly worse than a baseline's, otherwise 0",
        "tr": "Bir modelin şampiyonunun canlı tahminleri bir temel yöntemden anlamlı ölçüde kötüyse 1, değilse 0",
    }

    def __init__(self, predictions: PredictionService) -> None:
        self._predictions = predictions

    def read(self, project_id: str, of: str | None) -> float | None:
        """Return 1 or 0; None while no prediction has been compared with a baseline.

        Raises InvalidInput if ``of`` is None.
        """
        found = self._predictions.standings.read(project_id, _needed(of, "model"))
        return float(found.worse_than is not None) if found.baselines else None


def _needed(of: str | None, what: str) -> str:
    if of is None:
        raise InvalidInput(
            "this measure requires a {noun}",
            where="when.of",
            next_step="specify the {noun}",
            noun=Message(f"noun.{what}"),
        )
    return of
