"""A pipeline with twelve fields to search, which scores as a known function of them, at once."""

import json

import numpy as np

from azuraforge.plugins import Pipeline, Predictions
from azuraforge.plugins.forecasting.config import ForecastConfig, chronological_split

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


class Terrain(Pipeline):
    name = "bench.terrain"
    kind = "forecast"
    Config = TerrainConfig
    uses_engine = False

    def split(self, table, config):
        return chronological_split(table, config)

    def fit(self, run, train, validation):
        value = 0.1 + sum((getattr(run.config, field) - 0.3) ** 2 / place for place, field in enumerate(FIELDS, 1))
        run.log(1, validation_loss=value)
        return value

    def predict(self, predictor, part):
        """The series is next to zero, so that the error is the value itself."""
        return Predictions(np.full((len(part.origins), part.horizon), predictor), {})

    def save(self, predictor, folder):
        (folder / "terrain.json").write_text(json.dumps(predictor))

    def load(self, folder):
        return json.loads((folder / "terrain.json").read_text())
