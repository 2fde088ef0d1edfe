"""Real series that ship inside a dependency, so that a first forecast works offline."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import polars as pl
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Source, SourceRead


@dataclass(frozen=True)
class _Series:
    file: str
    time: str
    time_format: str
    column: str
    target: str
    unit: str
    title: str
    citation: str


_SERIES = {
    "co2": _Series(
        "co2/co2.csv",
        "date",
        "%Y%m%d",
        "co2",
        "co2",
        "ppm",
        "Weekly atmospheric CO2, Mauna Loa, 1958-2001",
        "Keeling, C.D. and T.P. Whorf. 2004. Atmospheric CO2 concentrations derived from flask air samples at sites in"
        " the SIO network. Carbon Dioxide Information Analysis Center, Oak Ridge National Laboratory.",
    ),
    "sunspots": _Series(
        "sunspots/sunspots.csv",
        "YEAR",
        "%Y",
        "SUNACTIVITY",
        "sunspots",
        "",
        "Yearly mean sunspot number, 1700-2008",
        "National Geophysical Data Center, NOAA; yearly sunspot data.",
    ),
    "nile": _Series(
        "nile/nile.csv",
        "year",
        "%Y",
        "volume",
        "volume",
        "10^8 m3",
        "Yearly flow of the Nile at Aswan, 1871-1970",
        "Cobb, G. W. 1978. The Problem of the Nile: Conditional Solution to a Changepoint Problem. Biometrika 65,"
        " 243-251.",
    ),
}


class BundledOptions(BaseModel):
    """Which series."""

    model_config = ConfigDict(extra="forbid")

    series: Literal["co2", "sunspots", "nile"] = Field(
        default="co2",
        validation_alias=AliasChoices("series", "name"),  # people write either
        description="the bundled series",
    )


class Bundled(Source):
    """Series in the public domain, as the statsmodels package carries them."""

    name = "bundled"
    Options: ClassVar[type[BaseModel]] = BundledOptions
    title: ClassVar[dict[str, str]] = {"en": "Bundled series", "tr": "Hazır seriler"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Real series that need no network: CO2 at Mauna Loa, sunspots, the Nile.",
        "tr": "Ağ gerektirmeyen gerçek seriler: Mauna Loa CO2, güneş lekeleri, Nil.",
    }

    def read(self, options: BundledOptions) -> SourceRead:
        """Read the series as it was published; weeks without a measurement are empty."""
        series = _SERIES[options.series]
        path = _folder() / series.file
        frame = pl.read_csv(path, infer_schema=False, null_values=["", "NA", "nan"])
        years = series.time_format == "%Y"
        time = frame[series.time].str.extract(r"^(\d+)", 1)
        frame = pl.DataFrame(
            {
                "time": (time + "0101" if years else time).str.to_date("%Y%m%d"),
                series.target: frame[series.column].cast(pl.Float64),
            }
        )
        provenance = {
            "name": options.series,
            "title": series.title,
            "citation": series.citation,
            "licence": "public domain",
            "package": "statsmodels",
            "file": series.file,
        }
        return SourceRead(frame, time="time", target=series.target, unit=series.unit, provenance=provenance)


def _folder() -> Path:
    """Where statsmodels lies. It is not imported: that takes seconds, and only the files are needed."""
    spec = importlib.util.find_spec("statsmodels")
    if spec is None or not spec.submodule_search_locations:
        raise InvalidInput(
            "the bundled series ship inside the package statsmodels, which is not installed",
            where="source bundled",
            next_step="pip install statsmodels",
        )
    return Path(spec.submodule_search_locations[0]) / "datasets"
