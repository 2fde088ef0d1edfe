"""The single-file example, dropped into a data home: listed after a restart, and it runs as an agent run."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugins" / "weather_agent.py"


class OpenMeteo(BaseHTTPRequestHandler):
    """Speaks the format of Open-Meteo's forecast and geocoding services."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/v1/search":
            known = {"Ankara": {"name": "Ankara", "country": "Türkiye", "latitude": 39.92, "longitude": 32.85}}
            place = known.get(asked["name"])
            self._answer(200, {"results": [place]} if place else {"generationtime_ms": 0.1})
        elif float(asked["latitude"]) == 39.92 and asked["daily"].startswith("temperature_2m_max"):
            days = int(asked["forecast_days"])
            daily = {
                "time": [f"2026-06-{day:02d}" for day in range(1, days + 1)],
                "temperature_2m_max": [20.0 + day for day in range(days)],
                "temperature_2m_min": [10.0 + day for day in range(days)],
                "precipitation_sum": [0.0] * days,
            }
            self._answer(200, {"latitude": 39.92, "longitude": 32.85, "daily": daily})
        else:
            self._answer(400, {"error": True, "reason": "bad request"})

    def _answer(self, status: int, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def open_meteo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OpenMeteo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_listed_after_a_restart_and_answers_as_a_run(make_platform, open_meteo):
    platform = make_platform().start()
    shutil.copy(EXAMPLE, platform.home / "plugins")
    platform.stop()
    platform.start()

    listed = {plugin["name"]: plugin for plugin in platform.json("plugins", "list")}
    assert listed["weather"]["error"] is None
    assert listed["weather"]["kind"] == "agent"

    servers = ("--set", f"forecast_url={open_meteo}/forecast", "--set", f"geocoding_url={open_meteo}/search")
    run = platform.json("runs", "start", "weather", "--set", "place=Ankara", "--set", "days=2", *servers, "--wait")
    assert run["state"] == "succeeded"
    assert run["summary"]["result"]["days"][1] == {
        "date": "2026-06-02",
        "max_celsius": 21.0,
        "min_celsius": 11.0,
        "rain_millimetres": 0.0,
    }

    nowhere = platform.run("runs", "start", "weather", "--set", "place=Nowhere", *servers, "--wait", check=False)
    assert nowhere.returncode == 1
    assert "no place is called 'nowhere'" in nowhere.stderr.lower()
    wrong = platform.run("runs", "start", "weather", "--set", "days=99", "--wait", check=False)
    assert wrong.returncode == 1
    assert "days" in wrong.stderr.lower()
