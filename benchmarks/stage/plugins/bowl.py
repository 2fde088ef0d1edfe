"""A pipeline that learns nothing and scores as a known function of its config, at once: what is left is ours."""

import json
import math

import numpy as np

from azuraforge.plugins import Pipeline, Predictions
from azuraforge.plugins.forecasting.config import ForecastConfig, chronological_split


class BowlConfig(ForecastConfig):
    learning_rate: float = 0.01
    momentum: float = 0.5
    width: int = 32
    depth: int = 2


def loss(learning_rate: float, momentum: float, width: float, depth: float) -> float:
    """A curved valley (Rosenbrock, 1960) in the rate's logarithm and the momentum, two more fields; 0.1 at best."""
    x, y = math.log10(learning_rate) + 2, 2 * momentum
    valley = (1 - x) ** 2 + 10 * (y - x * x) ** 2
    return 0.1 + valley + ((width - 48) / 32) ** 2 + 0.1 * abs(depth - 3)


class Bowl(Pipeline):
    name = "bench.bowl"
    kind = "forecast"
    Config = BowlConfig
    uses_engine = False

    def split(self, table, config):
        return chronological_split(table, config)

    def fit(self, run, train, validation):
        config = run.config
        value = loss(config.learning_rate, config.momentum, config.width, config.depth)
        run.log(1, validation_loss=value)
        return value

    def predict(self, predictor, part):
        """The series is next to zero, so that the error is the value itself."""
        return Predictions(np.full((len(part.origins), part.horizon), predictor), {})

    def save(self, predictor, folder):
        (folder / "bowl.json").write_text(json.dumps(predictor))

    def load(self, folder):
        return json.loads((folder / "bowl.json").read_text())


class Reader(Bowl):
    """The same, and looks at its rows as every real forecaster does: what that takes is the platform's part, too."""

    name = "bench.reader"

    def fit(self, run, train, validation):
        if not (train.frame.height and validation.frame.height):
            raise ValueError("no rows")
        return super().fit(run, train, validation)

    def predict(self, predictor, part):
        if not part.frame.height:
            raise ValueError("no rows")
        return super().predict(predictor, part)


FIELDS = tuple(f"field_{number:02}" for number in range(1, 13))


class TerrainConfig(ForecastConfig):
    field_01: float = 0.5
    field_02: float = 0.5
    field_03: float = 0.5
    field_04: float = 0.5
    field_05: float = 0.5
    field_06: float = 0.5
    field_07: float = 0.5
    field_08: float = 0.5
    field_09: float = 0.5
    field_10: float = 0.5
    field_11: float = 0.5
    field_12: float = 0.5


class Terrain(Bowl):
    """The same with twelve fields to search."""

    name = "bench.terrain"
    Config = TerrainConfig

    def fit(self, run, train, validation):
        value = 0.1 + sum((getattr(run.config, field) - 0.3) ** 2 / place for place, field in enumerate(FIELDS, 1))
        run.log(1, validation_loss=value)
        return value
