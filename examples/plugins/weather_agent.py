"""A single-file plugin: copy it into the data home's ``plugins/`` folder and start the platform again.

    cp examples/plugins/weather_agent.py ~/.azuraforge/plugins/
    azuraforge plugins list
    azuraforge runs start weather --set place=Ankara --set days=3 --wait

Weather data by Open-Meteo (https://open-meteo.com), CC BY 4.0.
"""

from typing import Any, ClassVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from azuraforge.errors import InvalidInput, TransientError
from azuraforge.plugins import Agent


class WeatherRequest(BaseModel):
    """Which place, how many days ahead."""

    model_config = ConfigDict(extra="forbid")

    place: str = Field(min_length=1, max_length=100, description="a place's name, such as Ankara")
    days: int = Field(default=3, ge=1, le=16, description="days ahead")
    forecast_url: HttpUrl = Field(default=HttpUrl("https://api.open-meteo.com/v1/forecast"))
    geocoding_url: HttpUrl = Field(default=HttpUrl("https://geocoding-api.open-meteo.com/v1/search"))


class WeatherAgent(Agent):
    """Answers what the weather will be."""

    name: ClassVar = "weather"
    capabilities: ClassVar = ("weather.forecast",)
    Request = WeatherRequest
    title: ClassVar = {"en": "Weather", "tr": "Hava durumu"}
    summary: ClassVar = {
        "en": "The coming days' weather of any place, from Open-Meteo.",
        "tr": "Herhangi bir yerin önümüzdeki günlerdeki havası, Open-Meteo'dan.",
    }

    def execute(self, request: WeatherRequest) -> dict[str, Any]:
        """Find the place, ask for its days, and answer day by day."""
        with httpx.Client(timeout=20.0) as http:
            self.context.progress(0, 2, "looking for the place")
            place = self._find(http, request)
            self.context.progress(1, 2, "asking for the forecast")
            asked = {
                "latitude": place["latitude"],
                "longitude": place["longitude"],
                "daily": "temperature_2m_max,temperature_2m_min,precipitation_sum",
                "forecast_days": request.days,
                "timezone": "auto",
            }
            daily = _get(http, request.forecast_url, asked)["daily"]
        columns = (
            daily["time"],
            daily["temperature_2m_max"],
            daily["temperature_2m_min"],
            daily["precipitation_sum"],
        )
        days = [
            {"date": date, "max_celsius": high, "min_celsius": low, "rain_millimetres": rain}
            for date, high, low, rain in zip(*columns, strict=True)
        ]
        self.context.progress(2, 2)
        self.context.note(f"{place['name']}: {len(days)} days, data by Open-Meteo (CC BY 4.0).")
        return {"place": place["name"], "country": place.get("country"), "days": days}

    def _find(self, http: httpx.Client, request: WeatherRequest) -> dict[str, Any]:
        found = _get(http, request.geocoding_url, {"name": request.place, "count": 1}).get("results") or []
        if not found:
            raise InvalidInput(
                f"no place is called {request.place!r}",
                where="place",
                next_step="check the spelling, or name a larger town",
            )
        return dict(found[0])


def _get(http: httpx.Client, url: HttpUrl, parameters: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = http.get(str(url), params=parameters)
    except httpx.TransportError as error:
        raise TransientError(f"Open-Meteo cannot be reached: {error}", where=url.host or "") from error
    if answer.status_code == 429 or answer.status_code >= 500:
        raise TransientError(f"Open-Meteo answered {answer.status_code}", where=url.host or "")
    body = answer.json()
    if answer.status_code != 200:
        raise InvalidInput(f"Open-Meteo refused: {body.get('reason', answer.status_code)}", where=url.host or "")
    return dict(body)
