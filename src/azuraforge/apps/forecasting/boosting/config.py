"""Settings of the boosted trees."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from azuraforge.apps.forecasting.boosting.trees import MOST_LEAVES
from azuraforge.plugins.forecasting.config import ForecastConfig


class BoostedConfig(ForecastConfig):
    """Settings of the boosted trees."""

    trees: Annotated[
        int, Field(default=800, ge=1, le=5000, description="Trees of one forest, at most; validation ends it")
    ]
    learning_rate: Annotated[float, Field(default=0.05, gt=0, le=1, description="Share of each tree that is added")]
    leaves: Annotated[int, Field(default=31, ge=2, le=MOST_LEAVES, description="Leaves of one tree, at most")]
    leaf_rows: Annotated[
        int,
        Field(default=40, ge=1, le=100_000, description="Examples in a leaf, at least; fewer where rows are few"),
    ]
    shrinkage: Annotated[float, Field(default=1.0, ge=0, le=1e6, description="Penalty on large leaves (L2)")]
    columns_share: Annotated[
        float, Field(default=0.6, gt=0, le=1, description="Share of the inputs that each tree may use")
    ]
    rows_share: Annotated[
        float, Field(default=0.7, gt=0, le=1, description="Share of the examples that each tree learns from")
    ]
    patience: Annotated[
        int, Field(default=40, ge=1, le=1000, description="Rounds without gain on the validation part before stopping")
    ]
    linear: Annotated[
        bool,
        Field(
            default=True,
            description="Average forests that correct the value at the origin, a ridge forecast and the last seasons;"
            " off: the first alone",
        ),
    ]
    stop_after: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=5000,
            description="Grow this many trees per forest without looking at the validation part; the winner of a study"
            " is retrained like this",
        ),
    ]
