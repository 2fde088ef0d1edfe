"""Download of the ledger's forecasts as CSV or an Excel workbook.

Times are in the time zone of the series. Text is written so that a spreadsheet never reads it as a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from azuraforge.database import Database, Session
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models import store as models
from azuraforge.models.predictions import store
from azuraforge.models.predictions.forecast_headings import CSV_HEADINGS, SHEET_HEADINGS, heading
from azuraforge.models.tables import Prediction

FileFormat = Literal["csv", "xlsx"]
FileLanguage = Literal["en", "tr"]
#: Maximum number of forecasts in one file.
MOST_FORECASTS = 500
MEDIA_TYPES: Mapping[FileFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: Characters that make spreadsheets read a text as a formula if it begins with them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Function that returns the heading for a key in the file's language.
_Word = Callable[[str], str]


@dataclass(frozen=True)
class Forecast:
    """Ledger entry with the name of its model and the time zone of its series."""

    line: Prediction
    model: str
    zone: str

    @property
    def series(self) -> str | None:
        """Name of the series; None if the model has only one."""
        return self.line.inputs.series

    def local(self, at: datetime) -> datetime:
        """Return a time converted to the zone of the series."""
        return at.astimezone(ZoneInfo(self.zone))


class ForecastFiles:
    """Writer of forecast files; each method takes the project's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, project_id: str, ids: Sequence[str], form: FileFormat, language: FileLanguage = "en") -> bytes:
        """Return a file with forecasts of one model, in the order of ``ids``.

        Args:
            form: format of the file.
            language: language of a workbook's headings; the headings of CSV are the same in every language.

        Raises NotFound if an id is not in the ledger, and InvalidInput if the forecasts belong to several models or an
        entry classifies an image.
        """
        with self._database.read(project_id) as session:
            found = [_forecast(session, id_) for id_ in ids]
        if len({each.model for each in found}) > 1:
            raise InvalidInput(
                "the forecasts belong to several models",
                where="prediction_id",
                next_step="request one file for each model",
            )
        return _csv(found) if form == "csv" else _workbook(found, language)


def _forecast(session: Session, id_: str) -> Forecast:
    found = store.line(session, id_)
    if found is None:
        raise NotFound("prediction {id!r} does not exist", next_step="run azuraforge predictions list", id=id_)
    line, model = found
    if line.points[0].label is not None:
        raise InvalidInput(
            "prediction {id!r} is a classification of an image, not a forecast",
            where="prediction_id",
            next_step="run azuraforge predictions show {id}",
            id=id_,
        )
    version = models.version(session, line.model_id, line.version)
    schema = version.schema if version is not None else None
    zone = (schema.rhythm_timezone or schema.timezone) if schema is not None else None
    return Forecast(line, model, zone or "UTC")


def _csv(forecasts: Sequence[Forecast]) -> bytes:
    """Return CSV as UTF-8 with the byte order mark that Excel requires; times are ISO 8601 with the zone's offset."""
    several = any(each.series is not None for each in forecasts)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_HEADINGS if several else CSV_HEADINGS[1:])
    for each in forecasts:
        line = each.line
        about = [line.interval, _plain(line.unit), each.zone, _plain(line.target), _plain(each.model), line.version]
        origin = each.local(line.origin_at).isoformat()
        for horizon, point in enumerate(line.points, 1):
            row = [each.local(point.at).isoformat(), point.value, point.low, point.high, origin, horizon, *about]
            writer.writerow([_plain(each.series or ""), *row] if several else row)
    return text.getvalue().encode("utf-8-sig")


def _plain(text: str) -> str:
    """Return the text, with an apostrophe in front if a spreadsheet would read it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _workbook(forecasts: Sequence[Forecast], language: FileLanguage) -> bytes:
    """Return a workbook with a sheet of values and a sheet of facts about them.

    Times are stored as dates and numbers as numbers. Text stays text even if it begins like a formula.
    """
    from xlsxwriter import Workbook

    def word(key: str) -> str:
        return heading(key, language, zone=forecasts[0].zone)

    content = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(content, {"in_memory": True, **plain}) as book:
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        share = book.add_format({"num_format": "0.####%"})
        several = any(each.series is not None for each in forecasts)
        sheet = book.add_worksheet(word("forecast"))
        headings = [word(key) for key in SHEET_HEADINGS]
        for column, title in enumerate([word("series"), *headings] if several else headings):
            sheet.write_string(0, column, title, bold)
        row, first = 1, 1 if several else 0
        for each in forecasts:
            origin = each.local(each.line.origin_at).isoformat()
            for horizon, point in enumerate(each.line.points, 1):
                if several:
                    sheet.write_string(row, 0, each.series or "")
                local = each.local(point.at)
                sheet.write_datetime(row, first, local.replace(tzinfo=None), moment)
                sheet.write_string(row, first + 1, local.isoformat()[-6:])
                for column, value in enumerate((point.value, point.low, point.high), first + 2):
                    if value is not None:
                        sheet.write_number(row, column, value)
                sheet.write_string(row, first + 5, origin)
                sheet.write_number(row, first + 6, horizon)
                if each.line.interval is not None:
                    sheet.write_number(row, first + 7, each.line.interval, share)
                for column, text in enumerate((each.line.unit, each.line.target, each.model), first + 8):
                    sheet.write_string(row, column, text)
                sheet.write_number(row, first + 11, each.line.version)
                row += 1
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, first, 26)
        sheet.set_column(first + 1, first + 4, 16)
        sheet.set_column(first + 5, first + 5, 26)
        sheet.set_column(first + 6, first + 11, 16)
        about = book.add_worksheet(word("about"))
        about.set_column(0, 1, 32)
        for number, (key, fact) in enumerate(_facts(forecasts, word)):
            about.write_string(number, 0, key, bold)
            about.write_string(number, 1, fact)
    return content.getvalue()


def _facts(forecasts: Sequence[Forecast], word: _Word) -> list[tuple[str, str]]:
    """Return the headings and texts of the facts sheet; distinct values of several forecasts are joined with commas."""
    first = forecasts[0].line

    def of(key: str, read: Callable[[Forecast], str]) -> tuple[str, str]:
        return word(key), ", ".join(dict.fromkeys(read(each) for each in forecasts))

    return [
        (word("model"), forecasts[0].model),
        of("version", lambda each: str(each.line.version)),
        (word("target"), first.target),
        (word("unit"), first.unit),
        of("interval", lambda each: "–" if each.line.interval is None else f"{each.line.interval * 100:g} %"),
        of("zone", lambda each: each.zone),
        of("origin", lambda each: each.local(each.line.origin_at).isoformat()),
        of("made_at", lambda each: each.local(each.line.created_at).isoformat(timespec="seconds")),
        *[(word("id"), each.line.id) for each in forecasts],
    ]
