"""Base class of neural forecasters, for which an author writes only a network and its config.

The class supplies windows, the chronological split, scaling learned on the training set and saved with the version,
transforms of the target, calendar features, forecasts of several rows, calibrated intervals, a training loop that
resumes with bit-identical results, saving and loading.

    class Small(TimeSeriesPipeline[TimeSeriesConfig]):
        name = "mine.small"
        Config = TimeSeriesConfig

        def build(self, config, inputs, outputs):
            return MyNetwork(inputs, outputs)

The network receives a window ``(batch, window, channel)`` and the values known ahead ``(batch, horizon, known)``, and
returns ``(batch, horizon, output)``: the point forecast, then one value for each of ``TRAINED_LEVELS``. All outputs are
changes since the origin in units of ``Preprocessing.scale``.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from azuraforge import engine
from azuraforge.engine import Tensor, nn
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part, Predictions, Split, Table
from azuraforge.plugins.contract.pipeline import Pipeline, RunContext
from azuraforge.plugins.forecasting.adaptive import (
    Start,
    adapted_levels,
    adaptive_offsets,
    calibration_tables,
    last_origin,
    past_part,
    starts_from,
    starts_to_arrays,
)
from azuraforge.plugins.forecasting.analogues import Analogues
from azuraforge.plugins.forecasting.calendar import Clock
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS, chronological_split
from azuraforge.plugins.forecasting.covariates import Covariates
from azuraforge.plugins.forecasting.gradient_descent import PREDICT_BATCH, descend
from azuraforge.plugins.forecasting.intervals import TRAINED_LEVELS, at_levels, calibration, in_order
from azuraforge.plugins.forecasting.panels import each, known_series, one_of, predict_each
from azuraforge.plugins.forecasting.training_config import TimeSeriesConfig
from azuraforge.plugins.forecasting.transforms import Transform
from azuraforge.plugins.forecasting.trust import learn_trust, trusted
from azuraforge.plugins.forecasting.windows import (
    Examples,
    Inputs,
    Layout,
    Preprocessing,
    complete_windows,
    too_far,
)

#: Number of outputs of a network for each row ahead: the point forecast, and one value for each learned level.
OUTPUTS = 1 + len(TRAINED_LEVELS)
_FORMAT = "azuraforge.time_series/1"
_ALONE = ""
#: Names of the arrays that a forecaster learns on the validation set; they are saved with the network's weights.
_CALIBRATION = ("trust", "offsets", "smearing")


SeriesConfigT = TypeVar("SeriesConfigT", bound=TimeSeriesConfig)


@dataclass
class Forecaster:
    """Trained network with its preprocessing and calibration.

    Attributes:
        network: trained network.
        preprocessing: preprocessing of the series; for a panel, of its first series.
        config: config of the run.
        trust: ``(horizon,)``, factors from 0 to 1 that shrink the predicted change, learned on the validation set.
        offsets: ``(level, horizon)``, offsets that calibrate the quantiles in units of the network, learned on the
            validation set.
        smearing: ``(horizon,)``, factors of the point forecast in the unit of the target, see ``Transform.smearing``.
        tables: ``(level, GRID, horizon)``, validation errors for adaptive intervals; empty if intervals are fixed.
        series: for a panel, preprocessing of each learned series, by name.
        epochs: number of epochs after which the weights were kept.
        starts: starting point of the levels of adaptive intervals, by series; a single series has the empty name.
        analogues: for a panel, forecaster of series that were not learned, and so have no preprocessing.
    """

    network: nn.Module
    preprocessing: Preprocessing
    config: TimeSeriesConfig
    trust: Floats
    offsets: Floats
    smearing: Floats
    tables: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    series: Mapping[str, Preprocessing] = field(default_factory=dict)
    epochs: int = 0
    starts: Mapping[str, Start] = field(default_factory=dict)
    analogues: Analogues | None = None

    def of(self, name: str) -> Forecaster:
        """Return the forecaster of the series ``name`` of a panel: the network with the preprocessing of this series.

        Raises InvalidInput (``UNKNOWN_SERIES``) if the series was not learned.
        """
        starts = {_ALONE: known_series(self.starts, name)} if self.starts else {}
        return replace(self, preprocessing=known_series(self.series, name), series={}, starts=starts)

    def answer(self, examples: Examples) -> Floats:
        """Return the outputs ``(example, horizon, output)`` in units of the network, shrunk but not calibrated."""
        return trusted(_answer(self.network, examples), self.trust)


class TimeSeriesPipeline(Pipeline[SeriesConfigT, Forecaster], Generic[SeriesConfigT]):
    """Base class of neural forecasters. Subclasses implement ``build`` and name their ``Config``."""

    kind = "forecast"
    several_series = True
    Config: ClassVar[type[TimeSeriesConfig]] = TimeSeriesConfig

    @abstractmethod
    def build(self, config: SeriesConfigT, inputs: Inputs, outputs: int) -> nn.Module:
        """Return the network; the seed of the run determines its random weights, drawn by the engine's generator."""

    def prepare(self, config: SeriesConfigT, network: nn.Module, train: Examples, validation: Examples) -> None:
        """Set weights that need no gradient descent before training starts; does nothing by default."""

    def prepare_refit(self, config: SeriesConfigT, network: nn.Module, evaluated: nn.Module, train: Examples) -> None:
        """Set weights before a refit, as ``prepare`` does before training; does nothing by default.

        Choices that ``prepare`` made on the validation set are taken from ``evaluated``, the evaluated network.
        """

    def split(self, table: Table, config: SeriesConfigT) -> Split:
        """Split the rows in chronological order; the default window is shortened to fit into the training set.

        Raises InvalidInput if the series is too short, a single series is constant in the training set, or a
        known-ahead column or the country of the holidays is not valid.
        """
        least = config.least_window
        found = chronological_split(table, config, window=config.window_of(table.schema), least_window=least)
        if table.schema.series is None:
            values = column_values(table.frame, table.schema.target)[: found.train.stop]
            if not np.nanmax(values, initial=-np.inf) > np.nanmin(values, initial=np.inf):
                raise InvalidInput(
                    "the target {target!r} is constant in the training set, so a network has nothing to learn",
                    where="split",
                    next_step="choose forecasting.auto or forecasting.naive, another target, or smaller validation and"
                    " test shares",
                    code="constant_target",
                    target=table.schema.target,
                )
        return found

    def window_counts(self, config: SeriesConfigT, train: Part, validation: Part) -> tuple[int, int]:
        """Return the numbers of complete windows with known targets, see ``Preprocessing.examples``."""
        window = config.window_within(train.schema, Table(train.frame, train.schema).moments)
        learned, judged = _by_series(train).values(), _by_series(validation).values()
        return complete_windows(learned, window), complete_windows(judged, window)

    def fit(self, run: RunContext[SeriesConfigT], train: Part, validation: Part) -> Forecaster:
        """Train a network, calibrate its intervals on the validation set, and return the forecaster.

        It has the weights with the lowest validation loss or, if ``stop_after`` is set, the last weights. Raises
        InvalidInput if there are too few windows, a column has no known value, a single series does not change within
        the horizon, the target does not suit ``transform``, or training diverges.
        """
        config = run.config
        if train.schema.series is None:
            series: dict[str, Preprocessing] = {}
            window = config.window_within(train.schema, train.frame.height)
            preprocessing = self._learn_preprocessing(config, train, window)
            learning = preprocessing.examples(train, learning=True)
            checking = preprocessing.examples(validation, learning=True)
        else:
            series = self._learn_series(config, train)
            preprocessing = next(iter(series.values()))
            learning, checking = _joined(series, train), _joined(series, validation)
        if not len(learning) or not len(checking):
            raise InvalidInput(
                "there are too few windows: {learning} for training, {checking} for validation",
                where="config.window, config.horizon",
                next_step="choose a smaller window or horizon, or add a longer series",
                learning=len(learning),
                checking=len(checking),
            )
        engine.manual_seed(run.seed)
        network = self.build(config, preprocessing.inputs, OUTPUTS)
        epochs = descend(run, network, learning, checking, lambda: self.prepare(config, network, learning, checking))
        truth = np.concatenate([targets for _, _, targets in checking.chunks(PREDICT_BATCH)]).astype(np.float64)
        raw = _answer(network, checking)
        trust = learn_trust(raw[:, :, 0], truth)
        answers = trusted(raw, trust)
        errors = truth - _quantiles(answers)
        alone = train.schema.series is None  # errors of several series are ordered by series, not by time
        offsets = calibration(errors, truth - answers[:, :, 0], QUANTILE_LEVELS, recency=alone)
        smearing = preprocessing.transform.smearing((truth - answers[:, :, 0]) * checking.scales[:, None])
        tables, starts = np.zeros((0, 0, 0)), dict[str, Start]()
        if config.intervals == "adaptive":
            tables = calibration_tables(errors, offsets)
            starts = {name: Start.after(part) for name, part in _by_series(train).items()}
        found = Forecaster(network, preprocessing, config, trust, offsets, smearing, tables, series, epochs, starts)
        return found if alone else replace(found, analogues=_analogues(config, train, validation))

    def refit(self, run: RunContext[SeriesConfigT], evaluated: Forecaster, rows: Part) -> Forecaster:
        """Return a forecaster trained on all rows for ``evaluated.epochs`` epochs.

        Scales, channels and calibration of the evaluated forecaster are kept, because offsets are in units of the
        scales. Raises InvalidInput if training diverges or ``rows`` contain a series that was not learned.
        """
        config = run.config
        if rows.schema.series is None:
            learning = evaluated.preprocessing.examples(rows, learning=True)
        else:
            learning = _joined(evaluated.series, rows)
        engine.manual_seed(run.seed)
        network = self.build(config, evaluated.preprocessing.inputs, OUTPUTS)

        def prepare() -> None:
            self.prepare_refit(config, network, evaluated.network, learning)

        descend(run, network, learning, None, prepare, fixed_epochs=evaluated.epochs)
        analogues = None if evaluated.analogues is None else evaluated.analogues.relearned(rows)
        return replace(evaluated, network=network.eval(), starts=self._carried(evaluated, rows), analogues=analogues)

    def _carried(self, evaluated: Forecaster, rows: Part) -> dict[str, Start]:
        """Return the starts of a refit: the levels that the evaluated forecaster reached at the end of ``rows``."""
        starts = dict(evaluated.starts)
        for name, one in _by_series(rows).items() if starts else ():
            own = evaluated.of(name) if rows.schema.series is not None else evaluated
            starts[name] = Start.after_levels(one, self._levels(own, last_origin(one)))
        return starts

    def predict(self, predictor: Forecaster, part: Part) -> Predictions:
        """Return the predictions from each origin, using only rows of the same series up to the origin.

        Raises InvalidInput if the part has another horizon than the predictor, lacks a column, or has too little
        history before an origin.
        """
        if part.schema.series is not None:
            return predict_each(part, lambda name, one: self._predict_one(predictor, name, one))
        if part.horizon != predictor.preprocessing.horizon:
            raise too_far(predictor.preprocessing.horizon, part.horizon)
        answers = predictor.answer(predictor.preprocessing.examples(part, learning=False))
        quantiles = in_order(_quantiles(answers) + self._offsets(predictor, part))
        changes = np.concatenate([answers[None, :, :, 0], quantiles])
        values = predictor.preprocessing.restore(part, changes)
        return Predictions(values[0] * predictor.smearing, dict(zip(QUANTILE_LEVELS, values[1:], strict=True)))

    def _predict_one(self, predictor: Forecaster, name: str, part: Part) -> Predictions:
        """Forecast a series of a panel, by analogy if it was not learned."""
        if name in predictor.series or predictor.analogues is None:
            return self.predict(predictor.of(name), part)
        if part.horizon != predictor.preprocessing.horizon:
            raise too_far(predictor.preprocessing.horizon, part.horizon)
        return predictor.analogues.predict(name, part)

    def knows_series(self, predictor: Forecaster, name: str) -> bool:
        """Return whether the predictor has learned the series; other series are forecast by analogy."""
        return name in predictor.series

    def _offsets(self, predictor: Forecaster, part: Part) -> Floats:
        """Return the offsets ``(level, origin or 1, horizon)`` that calibrate the quantiles."""
        levels = self._levels(predictor, part)
        return predictor.offsets[:, None, :] if levels is None else adaptive_offsets(list(predictor.tables), levels)

    def _levels(self, predictor: Forecaster, part: Part) -> Floats | None:
        """Return the levels ``(level, origin, horizon)`` of adaptive intervals; None if fixed or without past rows."""
        past = past_part(part, predictor.preprocessing.window - 1) if len(predictor.tables) else None
        if past is None:
            return None
        start = predictor.starts[_ALONE]
        answers = predictor.answer(predictor.preprocessing.examples(past, learning=False))
        truth = predictor.preprocessing.changes(past, start.unlearned(part, past))
        scores = list(truth - _quantiles(answers))
        return adapted_levels(list(predictor.tables), scores, past.origins, part.origins, QUANTILE_LEVELS, start.levels)

    def save(self, predictor: Forecaster, folder: Path) -> None:
        """Write ``weights.safetensors`` and ``preprocessing.json`` (sorted keys, shortest exact floats)."""
        tensors = {f"network.{name}": value for name, value in predictor.network.state_dict().items()}
        calibration = {name: getattr(predictor, name) for name in _CALIBRATION}
        if len(predictor.tables):
            calibration |= {"tables": predictor.tables, **starts_to_arrays(predictor.starts)}
        if predictor.analogues is not None:
            calibration |= predictor.analogues.arrays()
        save_safetensors(folder / "weights.safetensors", {**tensors, **calibration})
        described: dict[str, object] = {
            "format": _FORMAT,
            "config": predictor.config.model_dump(mode="json"),
            "preprocessing": predictor.preprocessing.to_dict(),
            "epochs": predictor.epochs,
        }
        if predictor.starts:
            described["learned_until"] = {name: start.learned for name, start in predictor.starts.items()}
        if predictor.series:
            described["series"] = {name: own.to_dict() for name, own in predictor.series.items()}
        if predictor.analogues is not None:
            described["analogues"] = predictor.analogues.settings()
        text = json.dumps(described, sort_keys=True, allow_nan=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> Forecaster:
        """Return the predictor that ``save`` wrote.

        Raises InvalidInput if it was saved in another format, and EngineError if the weights cannot be read.
        """
        described = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        if described.get("format") != _FORMAT:
            raise InvalidInput(
                "preprocessing.json has format {found!r}, expected {expected!r}",
                next_step="retrain the model with this release of AzuraForge",
                found=described.get("format"),
                expected=_FORMAT,
            )
        config: Any = self.Config.model_validate(described["config"])
        preprocessing = Preprocessing.from_dict(described["preprocessing"])
        tensors, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        stored = described.get("analogues")
        analogues = None if stored is None else Analogues.stored(stored, tensors)
        calibration = {name: tensors.pop(name) for name in (*_CALIBRATION, "tables") if name in tensors}
        starts = starts_from(described.get("learned_until", {}), tensors.pop("levels", None))
        network = self.build(config, preprocessing.inputs, OUTPUTS)
        network.load_state_dict({name.removeprefix("network."): value for name, value in tensors.items()})
        series = {name: Preprocessing.from_dict(own) for name, own in described.get("series", {}).items()}
        epochs = described["epochs"]
        return Forecaster(
            network.eval(),
            preprocessing,
            config,
            **calibration,
            series=series,
            epochs=epochs,
            starts=starts,
            analogues=analogues,
        )

    def _learn_series(self, config: SeriesConfigT, train: Part) -> dict[str, Preprocessing]:
        """Learn the preprocessing of each series, with one layout and one time axis for all of them."""
        times = train.frame.select(train.schema.time).unique().sort(train.schema.time)
        clock = Clock.learn(times, one_of(train.schema))
        parts = {name: part for name, part, _ in each(train)}
        window = config.window_within(train.schema, times.height)
        layouts = []
        for part in parts.values():
            target = column_values(part.frame, part.schema.target)
            transform = Transform.learn(config.transform, target, part.schema.target)
            layouts.append(Layout.of(part, transform, window, config.features))
        layout = Layout.common(layouts)
        return {name: self._learn_preprocessing(config, part, window, clock, layout) for name, part in parts.items()}

    def _learn_preprocessing(
        self, config: SeriesConfigT, train: Part, window: int, clock: Clock | None = None, layout: Layout | None = None
    ) -> Preprocessing:
        target = column_values(train.frame, train.schema.target)
        return Preprocessing.learn(
            train,
            window=window,
            transform=Transform.learn(config.transform, target, train.schema.target),
            calendar=config.calendar,
            features=config.features,
            clock=clock or Clock.learn(train.frame, train.schema),
            covariates=Covariates.learn(train, config.known_ahead, config.holidays),
            layout=layout,
        )


def _analogues(config: TimeSeriesConfig, train: Part, validation: Part) -> Analogues:
    return Analogues.learn(train, validation, config.season_of(train.schema))


def _by_series(part: Part) -> dict[str, Part]:
    return {_ALONE: part} if part.schema.series is None else {name: one for name, one, _ in each(part)}


def _joined(series: Mapping[str, Preprocessing], part: Part) -> Examples:
    return Examples.joined([known_series(series, name).examples(one, learning=True) for name, one, _ in each(part)])


def _quantiles(answers: Floats) -> Floats:
    """Return quantiles ``(level, example, horizon)`` at ``QUANTILE_LEVELS`` from ``(example, horizon, output)``."""
    return at_levels(np.moveaxis(answers[:, :, 1:], -1, 0), QUANTILE_LEVELS)


def _answer(network: nn.Module, examples: Examples) -> Floats:
    """Return the network's outputs ``(example, horizon, output)`` in float64, computed without gradients."""
    network.eval()
    with engine.no_grad():
        answers = [
            network(Tensor(parts[0]), Tensor(parts[1])).numpy().astype(np.float64)
            for parts in examples.chunks(PREDICT_BATCH)
        ]
    return np.concatenate(answers)
