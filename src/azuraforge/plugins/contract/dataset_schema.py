"""The schema of a dataset version, shared by the child process that reads a file and the page that shows it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, JsonValue

from azuraforge.plugins.contract.availability import Availability
from azuraforge.plugins.contract.shape import Shape

#: Kind of data; ``DatasetSchema`` has fields for each kind.
DataKindName: TypeAlias = Literal["series", "images"]

#: Fields that ``DatasetSchema.to_json`` writes even if they have their default value.
_ALWAYS: dict[DataKindName, frozenset[str]] = {
    "series": frozenset({"time", "target", "features", "frequency", "season", "timezone", "unit"}),
    "images": frozenset({"target", "unit"}),
}


class IncumbentColumns(Shape):
    """The columns of the incumbent: a forecast of the target that is already in use, such as a planner's spreadsheet.

    If ``file`` is None, the columns belong to the dataset: each row contains the forecast of its own target value and
    the time at which that forecast was made, in microseconds since 1970. No model receives these columns. Otherwise
    the forecasts came in separate files and are stored next to the dataset's rows; a target value may then have
    several forecasts, made at different times.
    """

    forecast: str
    made_at: str
    time: str | None = Field(default=None, description="the file's column of the target's time")
    series: str | None = Field(default=None, description="the file's column of the series' names")
    file: str | None = Field(default=None, description="the SHA-256 of the stored forecasts; null: columns of the rows")
    file_name: str | None = Field(default=None, description="the file that was added last")

    @property
    def label(self) -> str:
        """Display name of the forecast: its column, with the file name if it came in a file.

        Example:
            >>> IncumbentColumns(forecast="plan", made_at="at", file="0", file_name="plan.xlsx").label
            'plan (plan.xlsx)'
        """
        return self.forecast if self.file is None else f"{self.forecast} ({self.file_name})"


class DatasetSchema(Shape):
    """The meaning of a dataset version's columns.

    Some fields apply to one kind of data only, such as ``time`` to series and ``height`` to images.
    """

    kind: DataKindName = "series"
    target: str
    unit: str = Field(default="", description="of the target")
    time: str | None = Field(default=None, description="the column of times; null: the rows have none")
    features: tuple[str, ...] = Field(default=(), description="the other columns to learn from, by name")
    frequency: str | None = Field(default=None, description="such as 1h, 1d, 1mo; null: rows have no fixed distance")
    season: int = Field(default=1, description="rows in the strongest natural cycle; 1: there is none")
    timezone: str = Field(default="UTC", description="the zone in which calendar features are read")
    rhythm_timezone: str | None = Field(
        default=None, description="the zone in which days, months and hours follow one another; null: timezone"
    )
    month_end: bool = Field(default=False, description="the rows stand on the last days of their months")
    series: str | None = Field(default=None, description="the column that tells several series apart")
    series_names: tuple[str, ...] | None = Field(default=None, description="names of several series, sorted")
    # ``default_factory``, because Pydantic copies mutable defaults, which takes longer than all other fields.
    groups: dict[str, dict[str, tuple[str, ...]]] = Field(
        default_factory=dict,
        description="of several series: group column → group → the series in it, which a total adds up; groups of one"
        " series are left out",
    )
    available_after: dict[str, Availability] = Field(
        default_factory=dict,
        description="when the values of a column become known: '0' with their row, a duration such as 6h or 1d after"
        " its time, 'ahead' before it; columns that are not named count as known with their row",
    )
    incumbent: IncumbentColumns | None = Field(
        default=None, description="the columns of a present forecast, with which every model is compared; null: none"
    )
    height: int | None = Field(default=None, description="pixels; images only, as width, channels and classes")
    width: int | None = None
    channels: int | None = Field(default=None, description="1: grey, 3: red, green, blue")
    classes: tuple[str, ...] | None = Field(default=None, description="sorted")

    @property
    def numbers(self) -> tuple[str, ...]:
        """Sorted names of the numeric columns other than the target: features and columns of the incumbent."""
        return tuple(sorted((*self.features, *self.incumbent_columns)))

    @property
    def incumbent_columns(self) -> tuple[str, ...]:
        """Columns of the dataset that contain the incumbent and are hidden from models; empty if there are none."""
        if self.incumbent is None or self.incumbent.file is not None:
            return ()
        return self.incumbent.forecast, self.incumbent.made_at

    @property
    def forecast_names(self) -> tuple[str, ...]:
        """Names of a panel's series, preceded by the totals of its declared groups; empty for a single series."""
        named = [f"{column}={group}" for column, found in self.groups.items() for group in found]
        return (*(["total", *named] if self.groups else []), *(self.series_names or ()))

    @property
    def size(self) -> tuple[int, int, int] | None:
        """Height and width in pixels, and number of channels, of the images; None for data other than images."""
        if self.height is None or self.width is None or self.channels is None:
            return None
        return self.height, self.width, self.channels

    def to_json(self) -> dict[str, JsonValue]:
        """Return the fields as stored in fingerprints and files.

        Included are the basic fields of the data kind and all fields that differ from their default. A field that is
        added to this class later therefore does not change the fingerprints of data that do not use it.

        Example:
            >>> DatasetSchema(target="load", time="at").to_json().keys() & {"features", "month_end"}
            {'features'}
        """
        fields: dict[str, JsonValue] = self.model_dump(mode="json")
        always = _ALWAYS[self.kind]
        for name, field in type(self).model_fields.items():
            if name not in always and getattr(self, name) == field.get_default(call_default_factory=True):
                del fields[name]
        if self.incumbent is not None:
            fields["incumbent"] = self.incumbent.model_dump(mode="json", exclude_none=True)
        return fields
