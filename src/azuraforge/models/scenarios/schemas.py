"""API shapes of what-if forecasts: changes to columns known ahead, and the resulting forecasts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from azuraforge.bounds import Name, Number
from azuraforge.errors import InvalidValue
from azuraforge.models.answers import PredictionPoint
from azuraforge.models.schemas import Alias, plain
from azuraforge.plugins.contract.shape import Texts
from azuraforge.strict_json import JsonObject

Value = Annotated[float, Field(allow_inf_nan=False)]
Values = Annotated[list[Value], Field(min_length=1, max_length=1000)]
#: Maximum number of scenarios in a request, and of changes in a scenario.
MOST_SCENARIOS, MOST_CHANGES = 20, 20


class Change(BaseModel):
    """Change to one column known ahead, at every row to predict; exactly one kind of change is set."""

    model_config = ConfigDict(extra="forbid")

    column: Name
    values: Values | None = Field(default=None, description="new values, one for each row to predict")
    multiply: Value | None = None
    add: Value | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(each is not None for each in (self.values, self.multiply, self.add)) != 1:
            raise InvalidValue("send exactly one of values, multiply and add")
        return self


class Scenario(BaseModel):
    """Named set of changes; changes to the same column are applied in order."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(plain)] = Field(min_length=1, max_length=60)
    changes: list[Change] = Field(min_length=1, max_length=MOST_CHANGES)


class WhatIfRequest(BaseModel):
    """Request for forecasts with changed columns; ``rows`` and ``series`` are as in a prediction request."""

    model_config = ConfigDict(extra="forbid")

    version: Number | None = Field(
        default=None, description="number of the version; null for the version that the alias points to"
    )
    alias: Alias = "champion"
    rows: list[JsonObject] | None = Field(default=None, min_length=1, max_length=100_000)
    dataset_version: Number | None = Field(
        default=None, description="version of the model's dataset, from whose end to forecast; null for the newest"
    )
    horizon: int | None = Field(
        default=None, ge=1, le=100_000, description="number of rows to forecast; null for the version's maximum"
    )
    series: Annotated[str | None, AfterValidator(plain)] = Field(default=None, min_length=1, max_length=200)
    known_ahead: dict[Name, Values] = Field(
        default_factory=dict,
        max_length=50,
        description="values of known-ahead columns at the rows to predict, also for the base; the rows supply the"
        " values of columns that are not named",
    )
    scenarios: list[Scenario] = Field(min_length=1, max_length=MOST_SCENARIOS)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [each.name for each in self.scenarios]
        if len(set(names)) < len(names):
            raise InvalidValue("two scenarios have the same name")
        return self


class Caution(BaseModel):
    """Warning about a column of a forecast."""

    code: Literal["assumed", "outside_learned_range", "no_reaction", "unchanged"]
    column: str
    text: Texts


class ColumnAhead(BaseModel):
    """A column known ahead, with its values at the rows to predict."""

    column: str
    values: list[float] = Field(description="values of the column, one for each row to predict")
    assumed: bool = Field(description="whether future values are unknown and the last known one is repeated")
    learned_low: float | None = Field(description="smallest value of the column in training; null if unknown")
    learned_high: float | None


class ScenarioForecast(BaseModel):
    """Forecast under one scenario."""

    name: str
    predictions: list[PredictionPoint]
    total: float = Field(description="sum of the forecast over all predicted rows")
    differences: list[float] = Field(description="difference from the base forecast, for each predicted row")
    total_difference: float
    columns: dict[str, list[float]] = Field(description="changed columns with the values that the version received")
    cautions: list[Caution]


class WhatIfOut(BaseModel):
    """Base forecast and one forecast per scenario; none of them is stored in the ledger."""

    model: str
    version: int
    alias: str | None = Field(description="alias that selected the version; null if the request named the version")
    plugin: str
    run_id: str | None
    target: str
    unit: str
    interval: float | None
    origin: datetime
    series: str | None
    dataset_version: int | None = Field(
        default=None,
        description="version of the model's dataset, from whose end the forecast starts; null if the caller sent rows",
    )
    trained_on: int | None = Field(
        default=None, description="dataset version that the model version was trained on; null if unknown"
    )
    base: list[PredictionPoint]
    base_total: float
    known_ahead: list[ColumnAhead]
    cautions: list[Caution] = Field(description="cautions about the base forecast, which apply to every scenario")
    scenarios: list[ScenarioForecast]
