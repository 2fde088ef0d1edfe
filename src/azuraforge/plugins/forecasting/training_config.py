"""Config of pipelines that train a network on windows of a series."""

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
    """Settings for training a network on windows, in addition to those that all forecasters share."""

    window: Annotated[
        int | None,
        Field(
            default=None,
            ge=2,
            le=2000,
            description="Rows of history that are read. Empty: three seasons, at least 30 and at most 192, fewer in a"
            " short series",
            json_schema_extra={"title_tr": "Pencere"},
        ),
    ]
    transform: Annotated[
        TransformName,
        Field(default="none", description="Transformation of the target before training; inverted in every forecast"),
    ]
    calendar: Annotated[bool, Field(default=True, description="Use hour, weekday and day of the year as inputs")]
    features: Annotated[bool, Field(default=True, description="Use the dataset's other columns as inputs")]
    epochs: Annotated[
        int, Field(default=60, ge=1, le=10_000, description="Maximum number of passes over the training set")
    ]
    max_steps: Annotated[
        int,
        Field(default=3000, ge=1, le=10_000_000, description="Maximum number of batches; ends training on long series"),
    ]
    patience: Annotated[
        int,
        Field(
            default=10,
            ge=1,
            le=1000,
            description="Checks on the validation set without improvement before training stops",
        ),
    ]
    stop_after: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=10_000,
            description="Stop after this many epochs regardless of the validation set, and keep the last weights; the"
            " winner of a study is retrained this way",
        ),
    ]
    batch_size: Annotated[int, Field(default=128, ge=1, le=8192, description="Windows per step")]
    learning_rate: Annotated[
        float, Field(default=2e-3, gt=0, le=1, description="Peak step size; it warms up and then decays")
    ]
    weight_decay: Annotated[
        float, Field(default=1e-3, ge=0, le=1, description="Strength of the pull of the weights towards zero")
    ]
    clip_norm: Annotated[
        float,
        Field(default=1.0, gt=0, le=1000, description="Maximum norm of the gradient; longer gradients are clipped"),
    ]
    loss: Annotated[
        Literal["mse", "huber"],
        Field(default="mse", description="Error of the point forecast; huber is less sensitive to outliers"),
    ]

    def window_of(self, schema: Schema) -> int:
        """Return the configured window, or by default three seasons, at least 30 and at most 192 rows."""
        if self.window is not None:
            return self.window
        return min(max(_SHORTEST, 3 * self.season_of(schema)), _LONGEST)

    @property
    def least_window(self) -> int | None:
        """Shortest window that short series may use; None if the window is configured."""
        return _LEAST if self.window is None else None

    def window_within(self, schema: Schema, rows: int) -> int:
        """Return the window for a training set of ``rows`` rows."""
        return window_within(rows, self.horizon, self.window_of(schema), self.least_window)
