"""Source of hourly weather history for any place, from Open-Meteo (https://open-meteo.com, CC BY 4.0)."""

from __future__ import annotations

import time
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import httpx
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, JsonValue, model_validator

from azuraforge.errors import InvalidInput, InvalidValue, TransientError
from azuraforge.messages import Message
from azuraforge.plugins import Source, SourceNews, SourceRead
from azuraforge.plugins.contract.shape import in_turkish

ARCHIVE_URL = "https://archive-api.open-meteo.com/v1/archive"
GEOCODING_URL = "https://geocoding-api.open-meteo.com/v1/search"
_WHERE = "source open_meteo"
_TIMEOUT_SECONDS = 60.0
_TRIES = 5
_LONGEST_WAIT_SECONDS = 60.0
_RETRIED = (429, 500, 502, 503, 504)
_LONGEST_UNIT = 16
_FIRST_DAY = date(1940, 1, 1)


class OpenMeteoOptions(BaseModel):
    """The place, days and quantities to read. The place is a name, or a latitude and a longitude."""

    model_config = ConfigDict(extra="forbid")

    place: str | None = Field(
        default=None,
        max_length=100,
        title="Place",
        description="Name of a place, such as Ankara",
        json_schema_extra=in_turkish("Yer", "Bir yerin adı, örneğin Ankara"),
    )
    country: str | None = Field(
        default=None,
        pattern="^[A-Za-z]{2}$",
        title="Country",
        description="ISO code of the country, if several places have this name",
        json_schema_extra=in_turkish("Ülke", "Aynı adda birden çok yer varsa ülkenin ISO kodu"),
    )
    latitude: float | None = Field(
        default=None,
        ge=-90,
        le=90,
        title="Latitude",
        description="Degrees north, instead of a place",
        json_schema_extra=in_turkish("Enlem", "Yer adı yerine kuzey enlemi (derece)"),
    )
    longitude: float | None = Field(
        default=None,
        ge=-180,
        le=180,
        title="Longitude",
        description="Degrees east, instead of a place",
        json_schema_extra=in_turkish("Boylam", "Yer adı yerine doğu boylamı (derece)"),
    )
    start: date = Field(
        title="First day",
        description="First day to read",
        json_schema_extra=in_turkish("İlk gün", "Okunacak ilk gün"),
    )
    end: date | None = Field(
        default=None,
        title="Last day",
        description="Last day to read. Empty: the day before yesterday",
        json_schema_extra=in_turkish("Son gün", "Okunacak son gün. Boş: evvelsi gün"),
    )
    target: str = Field(
        default="temperature_2m",
        pattern="^[a-z0-9_]+$",
        title="Target",
        description="The quantity to forecast",
        json_schema_extra=in_turkish("Hedef", "Tahmin edilecek nicelik"),
    )
    features: list[str] = Field(
        default_factory=lambda: ["relative_humidity_2m", "surface_pressure", "wind_speed_10m"],
        title="Inputs",
        description="Other quantities used as inputs, by their Open-Meteo names",
        json_schema_extra=in_turkish("Girdiler", "Girdi olarak kullanılan diğer nicelikler, Open-Meteo'daki adlarıyla"),
    )
    base_url: HttpUrl = Field(
        default=HttpUrl(ARCHIVE_URL),
        title="Archive URL",
        description="URL of the archive service, for example of your own instance",
        json_schema_extra=in_turkish("Arşiv URL'si", "Arşiv hizmetinin URL'si, örneğin kendi kurulumunuzun"),
    )
    geocoding_url: HttpUrl = Field(
        default=HttpUrl(GEOCODING_URL),
        title="Geocoding URL",
        description="URL of the geocoding service",
        json_schema_extra=in_turkish("Coğrafi kodlama URL'si", "Coğrafi kodlama hizmetinin URL'si"),
    )

    @model_validator(mode="after")
    def _one_place(self) -> OpenMeteoOptions:
        coordinates = self.latitude is not None and self.longitude is not None
        if coordinates == (self.place is not None) or (self.latitude is None) != (self.longitude is None):
            raise InvalidValue("set either place, or latitude and longitude")
        last = self.last_day
        if not _FIRST_DAY <= self.start <= last:
            raise InvalidValue("start must be between {first} and the end ({last})", first=_FIRST_DAY, last=last)
        return self

    @property
    def last_day(self) -> date:
        return self.end or datetime.now(UTC).date() - timedelta(days=2)


@dataclass(frozen=True)
class _Place:
    latitude: float
    longitude: float
    timezone: str | None
    label: str

    @classmethod
    def of(cls, cursor: Mapping[str, JsonValue] | None) -> _Place | None:
        """Return the place stored in the cursor; None if there is none. A new search might find another place."""
        try:
            known = cursor or {}
            zone = known["timezone"]
            latitude, longitude = float(str(known["latitude"])), float(str(known["longitude"]))
            return cls(latitude, longitude, None if zone is None else str(zone), str(known["place"]))
        except (KeyError, TypeError, ValueError):
            return None


class OpenMeteo(Source):
    """Source that reads hourly history over HTTP, one year per request, and retries if the server is busy."""

    name = "open_meteo"
    Options: ClassVar[type[BaseModel]] = OpenMeteoOptions
    title: ClassVar[dict[str, str]] = {"en": "Open-Meteo weather", "tr": "Open-Meteo hava durumu"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Hourly weather history of any place, from 1940.",
        "tr": "Herhangi bir yerin 1940'tan bu yana saatlik hava durumu kayıtları.",
    }

    #: Seconds before the second attempt; the wait doubles with each further attempt.
    wait_seconds: ClassVar[float] = 1.0

    def read(self, options: OpenMeteoOptions) -> SourceRead:
        """Fetch all days.

        Raises InvalidInput if the server refuses the request or does not know the place, and TransientError if it is
        unavailable or responds in another format.
        """
        with self.http_client(timeout_seconds=_TIMEOUT_SECONDS) as client:
            return self._fetch(client, options, self._find(client, options), options.start)

    def read_since(self, options: OpenMeteoOptions, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Fetch from the last day with a value, because the archive adds its newest hours later.

        Raises the errors of ``read``.
        """
        start = options.start
        with suppress(KeyError, TypeError, ValueError):
            start = date.fromisoformat(str((cursor or {})["day"]))
        if start > options.last_day:
            return SourceNews(None, dict(cursor or {}))
        with self.http_client(timeout_seconds=_TIMEOUT_SECONDS) as client:
            place = _Place.of(cursor) or self._find(client, options)
            read = self._fetch(client, options, place, start)
        known = read.frame.filter(pl.col(options.target).is_not_null())
        if not known.height and cursor is not None:
            return SourceNews(None, cursor)
        return SourceNews(read, read.cursor or {})

    def _fetch(self, client: httpx.Client, options: OpenMeteoOptions, place: _Place, start: date) -> SourceRead:
        features = [name for name in dict.fromkeys(options.features) if name != options.target]
        columns = [options.target, *features]
        parts: list[pl.DataFrame] = []
        unit, zone = "", place.timezone
        for first, last in _years(start, options.last_day):
            answer = self._get(
                client,
                str(options.base_url),
                {
                    "latitude": place.latitude,
                    "longitude": place.longitude,
                    "start_date": first.isoformat(),
                    "end_date": last.isoformat(),
                    "hourly": ",".join(columns),
                    "timezone": "UTC",
                },
            )
            parts.append(_hours(answer, columns, str(options.base_url)))
            unit = _unit(answer, options.target)
        frame = pl.concat(parts)
        known = frame.filter(pl.col(options.target).is_not_null())["time"]
        last_known = known[-1].date() if len(known) else start
        return SourceRead(
            frame,
            time="time",
            target=options.target,
            features=tuple(features),
            unit=unit,
            timezone=zone or "UTC",
            provenance={
                "name": f"{place.label}-{options.target}",
                "place": place.label,
                "latitude": place.latitude,
                "longitude": place.longitude,
                "address": str(options.base_url),
                "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "licence": "CC BY 4.0",
                "attribution": "Weather data by Open-Meteo.com",
                "citation": "Zippenfenig, P. Open-Meteo.com Weather API. https://doi.org/10.5281/zenodo.7970649",
            },
            cursor={
                "day": last_known.isoformat(),
                "latitude": place.latitude,
                "longitude": place.longitude,
                "timezone": zone,
                "place": place.label,
            },
        )

    def _find(self, client: httpx.Client, options: OpenMeteoOptions) -> _Place:
        if options.latitude is not None and options.longitude is not None:
            label = f"{options.latitude:g},{options.longitude:g}"
            return _Place(options.latitude, options.longitude, None, label)
        query = {"name": options.place, "count": 20, "language": "en", "format": "json"}
        found = self._get(client, str(options.geocoding_url), query).get("results") or []
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise _unknown_format(str(options.geocoding_url))
        if options.country:
            found = [item for item in found if str(item.get("country_code", "")).upper() == options.country.upper()]
        if not found:
            raise InvalidInput(
                "Open-Meteo has no place named {place!r} in {country}"
                if options.country
                else "Open-Meteo has no place named {place!r}",
                where="source open_meteo, option place",
                next_step="check the spelling, or set latitude and longitude",
                code="no_such_place",
                place=options.place,
                country=options.country,
            )
        best = found[0]
        try:
            label = "-".join(str(part) for part in (best["name"], best.get("country_code")) if part)[:100]
            zone = best.get("timezone")
            known = zone if zone in zoneinfo.available_timezones() else None
            return _Place(float(best["latitude"]), float(best["longitude"]), known, label)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise _unknown_format(str(options.geocoding_url)) from None

    def _get(self, client: httpx.Client, url: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return a JSON response; retry with increasing waits if the server is busy or unavailable."""
        host = httpx.URL(url).host
        reason, wait = Message(""), 0.0
        for attempt in range(_TRIES):
            time.sleep(wait)
            wait = self.wait_seconds * 2**attempt
            try:
                response = client.get(url, params=query)
            except httpx.HTTPError as error:
                reason = Message("{host} cannot be reached ({reason})", {"host": host, "reason": type(error).__name__})
                continue
            if response.status_code in _RETRIED:
                reason = Message(
                    "{host} responded with status {status}", {"host": host, "status": response.status_code}
                )
                asked = response.headers.get("retry-after", "")
                wait = min(float(asked) if asked.isdigit() else wait, _LONGEST_WAIT_SECONDS)
                continue
            return _parsed(response, url, host)
        raise TransientError(
            "{reason} ({tries} [attempt|attempts])",
            where=_WHERE,
            next_step="check the network, or try again later; a long history may need a smaller range of days",
            reason=reason,
            tries=_TRIES,
        )


def _parsed(response: httpx.Response, url: str, host: str) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _unknown_format(url)
    if response.is_error or answer.get("error"):
        # The server's reason is not quoted: with another base_url, it could be text from any machine.
        raise InvalidInput(
            "{host} refuses the request ({status})",
            where=_WHERE,
            next_step="check the names in target and features, the coordinates and the days",
            code="refused_by_source",
            host=host,
            status=response.status_code,
        )
    return answer


def _unit(answer: dict[str, Any], target: str) -> str:
    units = answer.get("hourly_units")
    unit = units.get(target) if isinstance(units, dict) else None
    return unit if isinstance(unit, str) and len(unit) <= _LONGEST_UNIT else ""


def _hours(answer: dict[str, Any], columns: list[str], url: str) -> pl.DataFrame:
    """Convert ``{"hourly": {"time": ["2024-01-01T00:00", …], name: [number or null, …]}}`` to a frame in UTC."""
    hourly = answer.get("hourly")
    if not isinstance(hourly, dict) or any(name not in hourly for name in ("time", *columns)):
        raise _unknown_format(url)
    try:
        frame = pl.DataFrame(
            {"time": pl.Series(hourly["time"], dtype=pl.String)}
            | {name: pl.Series(hourly[name], dtype=pl.Float64) for name in columns}
        )
        return frame.with_columns(pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M", time_zone="UTC", time_unit="us"))
    except (TypeError, ValueError, pl.exceptions.PolarsError):
        raise _unknown_format(url) from None


def _years(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each calendar year in the range."""
    while first <= last:
        end = min(last, date(first.year, 12, 31))
        yield first, end
        first = end + timedelta(days=1)


def _unknown_format(url: str) -> TransientError:
    return TransientError(
        "the response of {host} is not in Open-Meteo's format",
        where=_WHERE,
        next_step="try again later, or check the address",
        host=httpx.URL(url).host,
    )
