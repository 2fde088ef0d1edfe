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
    time: str | None = Field(
        default=None, description="column of the file with the target times; null if `file` is null"
    )
    series: str | None = Field(
        default=None, description="column of the file with the names of the series; null if there is none"
    )
    file: str | None = Field(
        default=None, description="SHA-256 of the stored forecasts; null if they are columns of the dataset"
    )
    file_name: str | None = Field(default=None, description="name of the file added last; null if there is none")

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
    unit: str = Field(default="", description="unit of the target; empty if not stated")
    time: str | None = Field(default=None, description="column of times; null if the rows have none")
    features: tuple[str, ...] = Field(default=(), description="sorted names of the other columns that models may use")
    frequency: str | None = Field(
        default=None, description="interval between rows, such as 1h, 1d or 1mo; null if it is irregular"
    )
    season: int = Field(default=1, description="length of the strongest natural cycle in rows; 1 if there is none")
    timezone: str = Field(default="UTC", description="IANA time zone of calendar features")
    rhythm_timezone: str | None = Field(
        default=None,
        description="IANA time zone in which days, months and hours have regular intervals; null if it is `timezone`",
    )
    month_end: bool = Field(default=False, description="whether each row is dated on the last day of its month")
    series: str | None = Field(
        default=None, description="column that identifies the series of a panel; null for a single series"
    )
    series_names: tuple[str, ...] | None = Field(
        default=None, description="sorted names of the series of a panel; null for a single series"
    )
    # ``default_factory``, because Pydantic copies mutable defaults, which takes longer than all other fields.
    groups: dict[str, dict[str, tuple[str, ...]]] = Field(
        default_factory=dict,
        description="for a panel: group column → group → series in the group, for which a total is forecast; "
        "groups of one series are omitted",
    )
    available_after: dict[str, Availability] = Field(
        default_factory=dict,
        description="time at which a column's values become known: '0' with their row, a duration such as 6h or"
        " 1d after it, 'ahead' before it; the default is '0'",
    )
    incumbent: IncumbentColumns | None = Field(
        default=None,
        description="columns of the incumbent forecast that every model is compared with; null if there is none",
    )
    height: int | None = Field(
        default=None,
        description="height of an image in pixels; null if the dataset has no images, as are width, channels "
        "and classes",
    )
    width: int | None = None
    channels: int | None = Field(default=None, description="number of channels: 1 for grey, 3 for red, green and blue")
    classes: tuple[str, ...] | None = Field(default=None, description="sorted names of the classes")

    @property
    def numbers(self) -> tuple[str, ...]:
        """Sorted names of the numeric columns other than the target: ``features`` and ``incumbent_columns``."""
        return tuple(sorted((*self.features, *self.incumbent_columns)))

    @property
    def incumbent_columns(self) -> tuple[str, ...]:
        """Columns of the dataset that contain the incumbent and are hidden from models; empty if there are none."""
        if self.incumbent is None or self.incumbent.file is not None:
            return ()
        return self.incumbent.forecast, self.incumbent.made_at

    @property
    def forecast_names(self) -> tuple[str, ...]:
        """Names of a panel's totals, if groups are declared, and of its series; empty for a single series."""
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
