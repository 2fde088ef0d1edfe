"""The config of pipelines that train a network on windows of a series."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.config import ForecastConfig, window_within
from azuraforge.plugins.forecasting.transforms import TransformName

_SHORTEST, _LONGEST = 30, 192
#: Shortest default window, for series that are too short for the usual one.
_LEAST = 2


class TimeSeriesConfig(ForecastConfig):
    """Settings for training a network on windows, in addition to the task's own."""

    window: Annotated[
        int | None,
        Field(
            default=None,
            ge=2,
            le=2000,
            description="Rows of history; empty: three seasons, at least 30 and at most 192, fewer in a short series",
            json_schema_extra={"title_tr": "Pencere"},
        ),
    ]
    transform: Annotated[
        TransformName,
        Field(default="none", description="Transformation of the target before learning; inverted in every forecast"),
    ]
    calendar: Annotated[bool, Field(default=True, description="Give the network hour, weekday and day of the year")]
    features: Annotated[bool, Field(default=True, description="Give the network the dataset's other columns")]
    epochs: Annotated[
        int, Field(default=60, ge=1, le=10_000, description="Maximum number of passes over the training set")
    ]
    max_steps: Annotated[
        int,
        Field(default=3000, ge=1, le=10_000_000, description="Maximum number of batches, which limits long series"),
    ]
    patience: Annotated[
        int, Field(default=10, ge=1, le=1000, description="Epochs without a lower validation loss until training stops")
    ]
    stop_after: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=10_000,
            description="Stop after this number of epochs and keep the last weights, regardless of the validation loss;"
            " used to retrain the best config of a study",
        ),
    ]
    batch_size: Annotated[int, Field(default=128, ge=1, le=8192, description="Windows per step")]
    learning_rate: Annotated[
        float, Field(default=2e-3, gt=0, le=1, description="Maximum learning rate; it rises to this value, then falls")
    ]
    weight_decay: Annotated[float, Field(default=1e-3, ge=0, le=1, description="Decay of the weights towards zero")]
    clip_norm: Annotated[
        float, Field(default=1.0, gt=0, le=1000, description="Maximum norm of the gradient; larger ones are clipped")
    ]
    loss: Annotated[
        Literal["mse", "huber"],
        Field(default="mse", description="Loss of the point forecast; huber is less sensitive to outliers"),
    ]

    def window_of(self, schema: Schema) -> int:
        """Return the configured window, else three seasons within limits."""
        if self.window is not None:
            return self.window
        return min(max(_SHORTEST, 3 * self.season_of(schema)), _LONGEST)

    @property
    def least_window(self) -> int | None:
        """Return the shortest window for short series; None if the window is configured."""
        return _LEAST if self.window is None else None

    def window_within(self, schema: Schema, rows: int) -> int:
        """Return the window for a training set of so many rows."""
        return window_within(rows, self.horizon, self.window_of(schema), self.least_window)
