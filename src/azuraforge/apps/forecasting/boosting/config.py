"""Settings of the boosted trees."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from azuraforge.apps.forecasting.boosting.trees import MOST_LEAVES
from azuraforge.plugins.forecasting.config import ForecastConfig


class BoostedConfig(ForecastConfig):
    """Settings of the boosted trees."""

    trees: Annotated[
        int,
        Field(
            default=800,
            ge=1,
            le=5000,
            description="Maximum number of trees per forest; the validation set ends its growth",
        ),
    ]
    learning_rate: Annotated[float, Field(default=0.05, gt=0, le=1, description="Factor of each tree's contribution")]
    leaves: Annotated[int, Field(default=31, ge=2, le=MOST_LEAVES, description="Maximum number of leaves in a tree")]
    leaf_rows: Annotated[
        int,
        Field(
            default=40,
            ge=1,
            le=100_000,
            description="Minimum number of examples in a leaf; lower if there are few rows",
        ),
    ]
    shrinkage: Annotated[float, Field(default=1.0, ge=0, le=1e6, description="Penalty on large leaves (L2)")]
    columns_share: Annotated[
        float, Field(default=0.6, gt=0, le=1, description="Share of the inputs that each tree may use")
    ]
    rows_share: Annotated[
        float, Field(default=0.7, gt=0, le=1, description="Share of the examples that each tree learns from")
    ]
    patience: Annotated[
        int,
        Field(
            default=40, ge=1, le=1000, description="Rounds without improvement on the validation set before stopping"
        ),
    ]
    linear: Annotated[
        bool,
        Field(
            default=True,
            description="Average forests that correct the value at the origin, a ridge forecast and the last seasons."
            " Off: only the first of these forests",
        ),
    ]
    stop_after: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=5000,
            description="Grow this many trees per forest regardless of the validation set; the winner of a study is"
            " retrained this way",
        ),
    ]
