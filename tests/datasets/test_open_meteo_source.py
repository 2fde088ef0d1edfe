"""The Open-Meteo source against a local server that speaks its format."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from azuraforge.datasets.reading.reader import prepare_source
from azuraforge.datasets.schemas import CleaningOptions, FromSource
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.sources.open_meteo import OpenMeteo, OpenMeteoOptions
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.outgoing import Policy
from tests.datasets.conftest import call_here


class Archive(ThreadingHTTPServer):
    """Answers as archive-api.open-meteo.com and geocoding-api.open-meteo.com do; ``script`` goes first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.script: list[tuple[int, Any, dict[str, str]]] = []
        self.known_until = date(2024, 6, 30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Archive

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append((parts.path, query))
        if self.server.script:
            self.send(*self.server.script.pop(0))
        elif parts.path == "/v1/search":
            self.send(200, search(query["name"]))
        elif "," in query["latitude"] or query["hourly"].split(",")[0] == "wrong":
            reason = "Data corrupted at path ''. Cannot initialize SurfacePressureVariable from invalid String value."
            self.send(400, {"error": True, "reason": reason})
        else:
            self.send(200, archive(query, self.server.known_until))

    def send(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


def search(name: str) -> dict[str, Any]:
    places = [
        ("Berlin", 52.52437, 13.41053, "DE", "Europe/Berlin"),
        ("Berlin", 44.46867, -71.18508, "US", "America/New_York"),
    ]
    found = [
        {"id": 1, "name": n, "latitude": la, "longitude": lo, "elevation": 74.0, "country_code": c, "timezone": z}
        for n, la, lo, c, z in places
        if n == name
    ]
    return {"results": found, "generationtime_ms": 0.6} if found else {"generationtime_ms": 0.4}


def archive(query: dict[str, str], known_until: date) -> dict[str, Any]:
    first, last = date.fromisoformat(query["start_date"]), date.fromisoformat(query["end_date"])
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    times = [start + timedelta(hours=index) for index in range(((last - first).days + 1) * 24)]
    names = query["hourly"].split(",")
    values = {
        name: [
            round(10 + 8 * math.sin(at.timestamp() / 13751) + index, 1) if at.date() <= known_until else None
            for at in times
        ]
        for index, name in enumerate(names)
    }
    return {
        "latitude": 52.54833,
        "longitude": 13.407822,
        "generationtime_ms": 1.3,
        "utc_offset_seconds": 0,
        "timezone": "UTC",
        "timezone_abbreviation": "UTC",
        "elevation": 38.0,
        "hourly_units": {"time": "iso8601"} | dict.fromkeys(names, "°C"),
        "hourly": {"time": [at.strftime("%Y-%m-%dT%H:%M") for at in times]} | values,
    }


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setattr(OpenMeteo, "wait_seconds", 0.001)
    monkeypatch.setattr(OpenMeteo, "outgoing", Policy(allow=("127.0.0.1",)))
    made = Archive()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def options(server: Archive, **changes: Any) -> OpenMeteoOptions:
    values = {
        "latitude": 52.5,
        "longitude": 13.4,
        "start": "2024-01-01",
        "end": "2024-01-31",
        "features": ["surface_pressure"],
        "base_url": f"{server.url}/v1/archive",
        "geocoding_url": f"{server.url}/v1/search",
    }
    return OpenMeteoOptions.model_validate({name: value for name, value in (values | changes).items() if value != ""})


def test_a_month_of_hours_becomes_a_dataset(server):
    read = OpenMeteo().read(options(server))
    prepared = prepare_source(read, "open_meteo", CleaningOptions())
    assert prepared.frame.height == 31 * 24
    assert prepared.schema.frequency == "1h"
    assert (prepared.schema.target, prepared.schema.features) == ("temperature_2m", ("surface_pressure",))
    assert (read.unit, read.provenance["licence"]) == ("°C", "CC BY 4.0")
    assert "Open-Meteo" in read.provenance["attribution"]
    [(path, query)] = server.asked
    assert path == "/v1/archive"
    assert (query["hourly"], query["timezone"]) == ("temperature_2m,surface_pressure", "UTC")


def test_long_histories_are_asked_for_by_the_year(server):
    read = OpenMeteo().read(options(server, start="2021-11-05", end="2023-02-03"))
    ranges = [(query["start_date"], query["end_date"]) for _, query in server.asked]
    assert ranges == [("2021-11-05", "2021-12-31"), ("2022-01-01", "2022-12-31"), ("2023-01-01", "2023-02-03")]
    times = read.frame["time"]
    assert times.len() == ((date(2023, 2, 3) - date(2021, 11, 5)).days + 1) * 24
    assert times.is_sorted()
    assert times.n_unique() == times.len()


def test_a_place_is_found_by_name_and_country(server):
    named = {"place": "Berlin", "latitude": "", "longitude": ""}
    read = OpenMeteo().read(options(server, **named))
    assert (read.timezone, read.provenance["place"]) == ("Europe/Berlin", "Berlin-DE")
    read = OpenMeteo().read(options(server, country="us", **named))
    assert (read.timezone, read.provenance["latitude"]) == ("America/New_York", 44.46867)
    with pytest.raises(InvalidInput, match="has no place named 'Atlantis'") as caught:
        OpenMeteo().read(options(server, **named | {"place": "Atlantis"}))
    assert "latitude" in caught.value.next_step


def test_hours_not_yet_known_are_dropped_and_reported(server):
    server.known_until = date(2024, 1, 29)
    cleaning = CleaningOptions(missing="forward_fill")
    prepared = prepare_source(OpenMeteo().read(options(server)), "open_meteo", cleaning)
    assert prepared.frame.height == 29 * 24
    assert "edge_rows_dropped" in [item.code for item in prepared.findings]


def test_it_goes_on_from_the_last_day_that_had_a_value(server):
    server.known_until = date(2024, 1, 29)
    source, wanted = OpenMeteo(), options(server, latitude="", longitude="", place="Berlin", country="DE")
    first = source.read(wanted)
    assert first.cursor["day"] == "2024-01-29"
    server.known_until = date(2024, 1, 30)
    server.asked.clear()
    news = source.read_since(wanted, first.cursor)
    [(path, query)] = server.asked  # the place is not searched again
    assert (path, query["start_date"], query["end_date"]) == ("/v1/archive", "2024-01-29", "2024-01-31")
    assert news.read.frame["time"][0].date() == date(2024, 1, 29)
    assert news.cursor == {**first.cursor, "day": "2024-01-30"}
    assert news.read.timezone == "Europe/Berlin"


def test_without_a_new_value_the_cursor_stays(server):
    server.known_until = date(2024, 1, 29)
    cursor = OpenMeteo().read(options(server)).cursor
    server.known_until = date(2023, 12, 31)
    news = OpenMeteo().read_since(options(server), cursor)
    assert (news.read, news.cursor) == (None, cursor)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(server, status):
    server.script = [(status, {}, {}), (status, b"<html>", {"retry-after": "0"})]
    assert OpenMeteo().read(options(server)).frame.height == 31 * 24
    assert len(server.asked) == 3


def test_a_server_that_stays_busy_is_a_transient_error(server):
    server.script = [(503, {}, {})] * 5
    with pytest.raises(TransientError, match=r"responded with status 503 \(5 attempts\)") as caught:
        OpenMeteo().read(options(server))
    assert caught.value.next_step
    assert len(server.asked) == 5


def test_a_server_that_is_not_there_is_a_transient_error(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(TransientError, match="cannot be reached"):
        OpenMeteo().read(options(server))


def test_what_the_server_refuses_is_reported_at_once(server):
    with pytest.raises(InvalidInput, match=r"127\.0\.0\.1 refuses the request \(400\)") as caught:
        OpenMeteo().read(options(server, target="wrong"))
    assert "Data corrupted" not in str(caught.value.to_dict())
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>hello</html>",
        [1, 2],
        {"hourly": {"time": ["2024-01-01T00:00"]}},
        {"hourly": {"time": ["x"], "temperature_2m": [1.0], "surface_pressure": [1.0]}},
        {"hourly": {"time": ["2024-01-01T00:00"], "temperature_2m": ["hot"], "surface_pressure": [1.0]}},
        {"hourly": {"time": ["2024-01-01T00:00", "2024-01-01T01:00"], "temperature_2m": [1.0], "surface_pressure": []}},
    ],
)
def test_an_answer_in_another_format_is_one_clear_error(server, answer):
    server.script = [(200, answer, {})]
    with pytest.raises(TransientError, match=r"not in Open-Meteo's format"):
        OpenMeteo().read(options(server))


@pytest.mark.parametrize(
    "changes",
    [
        {"place": "Berlin"},
        {"latitude": ""},
        {"latitude": "", "longitude": ""},
        {"latitude": 91},
        {"start": "1939-12-31"},
        {"start": "2024-02-01"},
        {"target": "a&b=c"},
        {"base_url": "ftp://example.org"},
    ],
)
def test_options_that_make_no_sense_are_refused(server, changes):
    with pytest.raises(ValidationError):
        options(server, **changes)


def test_through_the_service(server, database, events, settings, project_id):
    settings.outgoing.allow = "127.0.0.1"
    service = DatasetService(database, events, call_here, settings)
    asked = options(server).model_dump(mode="json")
    added = service.add_from_source(project_id, FromSource(source="open_meteo", options=asked, name="Berlin hours"))
    assert (added.name, added.source, added.rows) == ("berlin-hours", "open_meteo", 744)
    assert added.provenance["attribution"] == "Weather data by Open-Meteo.com"
    again = service.add_from_source(project_id, FromSource(source="open_meteo", options=asked, name="Berlin hours"))
    assert (again.version, again.created) == (1, False)
