"""Terminal output of ``azuraforge models as-of``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from azuraforge.cli.terminal import Terminal
    from azuraforge.client import AsOf, ForecastThen


def show_as_of(terminal: Terminal, found: AsOf) -> None:
    """Print the champion, the data and the forecast at a past time, with the outcomes of the forecast."""
    text = terminal.text
    terminal.say(text("as_of", model=found.model, at=text.moment(found.at)))
    if found.holder is None:
        created = text.moment(found.model_created_at)
        terminal.say(text(f"as_of.{found.state}", alias=found.alias, created=created))
    else:
        held = found.holder
        until = text.moment(held.until) if held.until else text("today")
        plugin, start = found.plugin or "–", text.moment(held.at)
        terminal.say(
            text("as_of.holder", alias=found.alias, version=held.version, plugin=plugin, start=start, until=until)
        )
    if (data := found.data) is not None:
        rows, end = text.number(data.rows, 0), text.moment(data.end_at, ZoneInfo(found.timezone))
        terminal.say(text("as_of.data", name=data.name or data.dataset_id, version=data.version, rows=rows, end=end))
    if found.forecast is not None:
        _show_forecast(terminal, found.forecast, ZoneInfo(found.timezone))
    elif found.holder is not None:
        terminal.say(text("as_of.no_forecast"))
        if found.ledger_since is not None:
            terminal.say(text("as_of.ledger_since", at=text.moment(found.ledger_since)))


def _show_forecast(terminal: Terminal, forecast: ForecastThen, zone: ZoneInfo) -> None:
    text, data = terminal.text, forecast.data
    made_from = (
        text("as_of.sent_rows")
        if data is None
        else text("as_of.version", name=data.name or data.dataset_id, version=data.version)
    )
    series = f" {forecast.series}" if forecast.series else ""
    terminal.say(
        text(
            "as_of.forecast",
            target=forecast.target + series,
            unit=f" ({forecast.unit})" if forecast.unit else "",
            made=text.moment(forecast.made_at),
            version=forecast.version,
            data=made_from,
            known=forecast.known,
            of=len(forecast.points),
        )
    )
    level = text.percent(forecast.interval, 0) if forecast.interval is not None else ""
    terminal.table(
        [text("at"), text("value"), text("interval", level=level), text("as_of.happened"), text("as_of.inside")],
        [
            [
                text.moment(point.at, zone),
                point.predicted_label or text.number(point.value),
                "–" if point.low is None else f"{text.number(point.low)} … {text.number(point.high)}",
                point.label or text.number(point.actual),
                "–" if point.hit is None else text("yes" if point.hit else "no"),
            ]
            for point in forecast.points
        ],
        right=(1, 2, 3),
    )
