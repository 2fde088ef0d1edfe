"""``forecasting.chronos_bolt``: a pretrained model that forecasts series on which it was not trained.

Nothing is trained here; the validation set only calibrates the intervals. Scores are valid only if the held-out rows
were not part of the pretraining data. The platform cannot check this, so it reports the stated origin of the weights
(``Pretraining``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, field_validator

from azuraforge.apps.forecasting.pretrained.chronos_bolt import BATCH, ChronosBolt, location_and_scale
from azuraforge.apps.forecasting.pretrained.weights_folder import BoltConfig, read_folder, read_weights
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.errors import InvalidInput, InvalidValue
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, MODEL
from azuraforge.plugins.contract.parts import Part, Predictions, Split, Table
from azuraforge.plugins.contract.pipeline import Pipeline, RunContext
from azuraforge.plugins.contract.pretraining import Pretraining
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS, ForecastConfig, chronological_split
from azuraforge.plugins.forecasting.intervals import calibration, in_order
from azuraforge.plugins.forecasting.panels import each, predict_each

#: Maximum number of validation origins for calibration, spaced evenly; more would take minutes and change little.
MOST_CALIBRATED = 256
_FORMAT = "azuraforge.chronos_bolt/1"


class ChronosBoltConfig(ForecastConfig):
    """Settings of Chronos-Bolt: the weights, and the length of their context."""

    weights: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            title="Weights",
            description="Folder with pretrained weights, placed in pretrained/ by the administrator",
            json_schema_extra=in_turkish(
                "Ağırlıklar", "Yöneticinin pretrained/ altına koyduğu, önceden eğitilmiş ağırlıkların klasörü"
            )
            | ESSENTIAL,
        ),
    ]
    context: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=1 << 16,
            title="Context",
            description="Number of history rows to read. Empty: as many as the weights were trained with",
            json_schema_extra=in_turkish("Bağlam", "Okunan geçmiş satır sayısı. Boş: ağırlıkların eğitildiği kadar")
            | MODEL,
        ),
    ]

    @field_validator("intervals")
    @classmethod
    def _fixed(cls, intervals: str) -> str:
        if intervals != "fixed":
            raise InvalidValue("this forecaster supports only the value fixed")
        return intervals


@dataclass(frozen=True)
class Pretrained:
    """Calibrated pretrained model.

    Attributes:
        model: model with its weights.
        context: number of past rows that the model reads.
        offsets: offsets of the model's quantiles, ``(level, horizon)``, in units of each context's standard deviation.
        pretraining: stated origin of the weights.
    """

    model: ChronosBolt
    context: int
    offsets: Floats
    pretraining: Pretraining


class ChronosBoltForecaster(Pipeline[ChronosBoltConfig, Pretrained]):
    """Forecaster that uses the quantiles of a Chronos-Bolt model, calibrated on the validation set."""

    name: ClassVar[str] = "forecasting.chronos_bolt"
    kind = "forecast"
    uses_engine = False
    several_series = True
    Config: ClassVar[type[ChronosBoltConfig]] = ChronosBoltConfig
    title: ClassVar[dict[str, str]] = {"en": "Chronos-Bolt (pretrained)", "tr": "Chronos-Bolt (önceden eğitilmiş)"}
    summary: ClassVar[dict[str, str]] = {
        "en": "A foundation model that forecasts without being trained here; its weights are read from a local folder.",
        "tr": "Burada eğitilmeden tahmin eden bir temel model; ağırlıkları yerel bir klasörden okunur.",
    }

    def split(self, table: Table, config: ChronosBoltConfig) -> Split:
        """Split the rows in chronological order; a context may be as short as one row.

        Raises the errors of ``chronological_split``.
        """
        return chronological_split(table, config, window=1, least_window=1, partial=True)

    def check_pretrained(self, config: ChronosBoltConfig, folder_of: Callable[[str], Path]) -> None:
        """Check the folder of weights by reading it as ``fit`` does. Raises InvalidInput if it is not valid."""
        found = read_folder(folder_of(config.weights))
        ChronosBolt(found.config, found.weights)

    def fit(self, run: RunContext[ChronosBoltConfig], train: Part, validation: Part) -> Pretrained:
        """Read the weights and calibrate the quantiles; ``train`` is not used.

        Raises InvalidInput if the folder of weights is not valid, and ValueError if ``validation`` has no targets.
        """
        found = read_folder(run.pretrained(run.config.weights))
        model = ChronosBolt(found.config, found.weights)
        context = min(run.config.context or model.context, model.context)
        horizon = run.config.horizon
        blank = np.zeros((len(QUANTILE_LEVELS), horizon))
        uncalibrated = Pretrained(model, context, blank, found.pretraining)
        parts = [validation] if validation.schema.series is None else [one for _, one, _ in each(validation)]
        scores = []
        most = max(1, MOST_CALIBRATED // len(parts))
        for done, part in enumerate(parts):
            scores.append(_scores(uncalibrated, part, most))
            run.progress(done + 1, len(parts))
        joined = np.concatenate(scores, axis=1)
        middle = list(QUANTILE_LEVELS).index(0.5)
        offsets = calibration(joined, joined[middle], QUANTILE_LEVELS)
        offsets[middle] = 0.0  # the median is the forecast, not an end of an interval
        return Pretrained(model, context, offsets, found.pretraining)

    def pretraining(self, predictor: Pretrained) -> Pretraining:
        """Return the stated origin of the weights, from their folder."""
        return predictor.pretraining

    def predict(self, predictor: Pretrained, part: Part) -> Predictions:
        """Return the median as the forecast, and calibrated quantiles, from the rows up to each origin.

        Raises InvalidInput if the part has a longer horizon than the predictor, whose calibration ends there.
        """
        if part.schema.series is not None:
            return predict_each(part, lambda _, one: self.predict(predictor, one))
        learned = predictor.offsets.shape[1]
        if part.horizon > learned:
            raise InvalidInput(
                "this forecaster predicts {learned} [row|rows] ahead, not {asked}",
                where="horizon",
                next_step="train the model again with this horizon",
                learned=learned,
                asked=part.horizon,
            )
        quantiles, scales = _quantiles(predictor, part, part.origins, part.horizon)
        offsets = predictor.offsets[:, : part.horizon]
        calibrated = in_order(quantiles + offsets[:, None, :] * scales[None])
        middle = list(QUANTILE_LEVELS).index(0.5)
        return Predictions(calibrated[middle], dict(zip(QUANTILE_LEVELS, calibrated, strict=True)))

    def save(self, predictor: Pretrained, folder: Path) -> None:
        """Write the weights and the calibration, so that a version is self-contained."""
        save_safetensors(folder / "weights.safetensors", predictor.model.weights)
        save_safetensors(folder / "calibration.safetensors", {"offsets": predictor.offsets})
        described = {
            "format": _FORMAT,
            "model": predictor.model.config.model_dump(mode="json"),
            "context": predictor.context,
            "pretraining": predictor.pretraining.model_dump(mode="json"),
        }
        text = json.dumps(described, sort_keys=True, allow_nan=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> Pretrained:
        """Return the predictor that ``save`` wrote.

        Raises InvalidInput if it was saved in another format, and InvalidInput or EngineError if a file cannot be read.
        """
        described = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        if described.get("format") != _FORMAT:
            raise InvalidInput(
                "preprocessing.json has format {found!r}, expected {expected!r}",
                next_step="retrain the model with this release of AzuraForge",
                found=described.get("format"),
                expected=_FORMAT,
            )
        model = ChronosBolt(BoltConfig.model_validate(described["model"]), read_weights(folder / "weights.safetensors"))
        calibration, _ = load_safetensors(folder / "calibration.safetensors", refuse_nan=True)
        stated = Pretraining.model_validate(described["pretraining"])
        return Pretrained(model, int(described["context"]), calibration["offsets"], stated)


def _scores(predictor: Pretrained, part: Part, most: int) -> Floats:
    """Return actual values minus quantiles in units of each context's standard deviation, ``(level, origin, horizon)``.

    Errors of unknown values are NaN. At most ``most`` origins, spaced evenly, are used.
    """
    if part.targets is None:
        raise ValueError("the validation part has no targets")
    places = np.unique(np.linspace(0, len(part.origins) - 1, min(most, len(part.origins))).round().astype(np.int64))
    quantiles, scales = _quantiles(predictor, part, part.origins[places], part.horizon)
    return np.asarray((part.targets[places] - quantiles) / scales)


def _quantiles(predictor: Pretrained, part: Part, origins: Indices, horizon: int) -> tuple[Floats, Floats]:
    """Return quantiles at ``QUANTILE_LEVELS``, ``(level, origin, horizon)``, and context scales, ``(origin, 1)``."""
    values = column_values(part.frame, part.schema.target)
    rows = predictor.context
    padded = np.concatenate([np.full(rows - 1, np.nan), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, rows)
    found, scales = [], []
    for start in range(0, len(origins), BATCH):
        contexts = windows[origins[start : start + BATCH]]
        found.append(at_levels(predictor.model.forecast(contexts, horizon), predictor.model.levels, QUANTILE_LEVELS))
        scales.append(location_and_scale(contexts, np.isfinite(contexts))[1])
    return np.concatenate(found, axis=1), np.concatenate(scales)


def at_levels(quantiles: Floats, levels: Sequence[float], wanted: Sequence[float]) -> Floats:
    """Return quantiles at the levels ``wanted``, computed from ``quantiles`` at ``levels``, which contain 0.5.

    Shapes: ``(series, level, horizon)`` → ``(wanted, series, horizon)``. Between two levels, quantiles are
    interpolated linearly. Beyond the outermost level, the model predicts no quantile, and the distance from the median
    grows like that of a normal distribution.

    Example:
        >>> quantiles = np.array([[[-1.0], [0.0], [1.0]]])
        >>> at_levels(quantiles, (0.1, 0.5, 0.9), (0.05, 0.5, 0.7)).ravel().round(3).tolist()
        [-1.284, 0.0, 0.5]
    """
    ordered = np.sort(np.moveaxis(quantiles, 1, 0), axis=0)
    middle = ordered[list(levels).index(0.5)]
    normal = NormalDist()
    found = []
    for level in wanted:
        if levels[0] <= level <= levels[-1]:
            above = int(np.searchsorted(levels, level))
            if levels[above] == level:
                found.append(ordered[above])
                continue
            share = (level - levels[above - 1]) / (levels[above] - levels[above - 1])
            found.append((1 - share) * ordered[above - 1] + share * ordered[above])
        else:
            edge = 0 if level < levels[0] else -1
            stretch = normal.inv_cdf(level) / normal.inv_cdf(levels[edge]) if levels[edge] != 0.5 else 1.0
            found.append(middle + (ordered[edge] - middle) * stretch)
    return np.stack(found)
