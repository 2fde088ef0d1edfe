"""Forecasts as files: what a spreadsheet opens is what the ledger holds."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from python_calamine import CalamineWorkbook

from azuraforge.database import Database
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models.answers import PredictionInputs, PredictionPoint
from azuraforge.models.predictions.forecast_file import ForecastFiles
from tests.filling_models import HOUR, SCHEMA, Rows

AT = datetime(2026, 3, 28, 22, tzinfo=UTC)
pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def rows(database: Database, project_id: str) -> Rows:
    filled = Rows(database, project_id)
    filled.model("shop", AT)
    # Clocks in Berlin go forward at 01:00 UTC on 29 March.
    filled.version("shop", 1, AT, None, schema=SCHEMA.model_copy(update={"timezone": "Europe/Berlin"}))
    return filled


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_csv_has_times_with_the_offset_of_the_zone_intervals_and_the_unit(rows: Rows) -> None:
    line = rows.forecast("shop", 1, AT, [1.5, 0.1 + 0.2, 3.0, 4.0])
    written = csv_rows(ForecastFiles(rows.database).write(rows.project_id, [line], "csv"))
    assert [each["time"] for each in written] == [
        "2026-03-29T00:00:00+01:00",
        "2026-03-29T01:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T04:00:00+02:00",
    ]
    assert [float(each["value"]) for each in written] == [1.5, 0.1 + 0.2, 3.0, 4.0]
    assert [float(each["high"]) - float(each["low"]) for each in written] == [2.0] * 4
    first = written[0]
    assert (first["unit"], first["interval"], first["time_zone"]) == ("kW", "0.9", "Europe/Berlin")
    assert [(each["origin"], each["horizon"]) for each in written[:2]] == [
        ("2026-03-28T23:00:00+01:00", "1"),
        ("2026-03-28T23:00:00+01:00", "2"),
    ]
    assert "series" not in first


def test_a_workbook_has_dates_and_numbers_in_either_language(rows: Rows) -> None:
    line = rows.forecast("shop", 1, AT, [1.5, 2.5])
    files = ForecastFiles(rows.database)
    book = CalamineWorkbook.from_filelike(io.BytesIO(files.write(rows.project_id, [line], "xlsx", "tr")))
    assert book.sheet_names == ["Tahmin", "Bilgi"]
    heading, first, second = book.get_sheet_by_name("Tahmin").to_python()
    ends, about = ["Alt sınır", "Üst sınır"], ["Güven aralığı", "Birim", "Hedef", "Model", "Sürüm"]
    assert heading == [
        "Zaman (Europe/Berlin)", "UTC farkı", "Değer", *ends, "Bilinen son satır", "Kaç satır sonrası", *about
    ]  # fmt: skip
    origin, facts_of_row = "2026-03-28T23:00:00+01:00", [0.9, "kW", "load", "shop", 1]
    assert first == [date(2026, 3, 29), "+01:00", 1.5, 0.5, 2.5, origin, 1, *facts_of_row]
    assert second[0] == datetime(2026, 3, 29, 1, 0)
    assert second[2:] == [2.5, 1.5, 3.5, origin, 2, *facts_of_row]
    facts = {row[0]: row[1] for row in book.get_sheet_by_name("Bilgi").to_python()}
    assert (facts["Model"], facts["Sürüm"], facts["Güven aralığı"]) == ("shop", "1", "90 %")
    assert facts["Tahminin kimliği"] == line


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_text_becomes_no_formula(rows: Rows, text: str) -> None:
    line = rows.forecast("shop", 1, AT, [1.0], unit=text, inputs=PredictionInputs(rows=1, series=text))
    files = ForecastFiles(rows.database)
    written = csv_rows(files.write(rows.project_id, [line], "csv"))[0]
    assert (written["series"], written["unit"]) == (f"'{text}", f"'{text}")
    content = files.write(rows.project_id, [line], "xlsx")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = b"".join(book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/"))
    assert b"<f>" not in sheets
    assert b"hyperlink" not in sheets
    row = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[1]
    assert (row[0].strip(), row[9].strip()) == (text.strip(), text.strip())


def test_several_series_stand_in_one_file_in_the_order_asked(rows: Rows) -> None:
    lines = [rows.forecast("shop", 1, AT, [1.0], inputs=PredictionInputs(rows=1, series=name)) for name in ("b", "a")]
    written = csv_rows(ForecastFiles(rows.database).write(rows.project_id, lines, "csv"))
    assert [each["series"] for each in written] == ["b", "a"]


def test_refusals(rows: Rows, other_project_id: str) -> None:
    files = ForecastFiles(rows.database)
    line = rows.forecast("shop", 1, AT, [1.0])
    rows.model("other", AT)
    rows.version("other", 1, AT, None)
    with pytest.raises(InvalidInput, match="several models"):
        files.write(rows.project_id, [line, rows.forecast("other", 1, AT, [1.0])], "csv")
    with pytest.raises(NotFound):
        files.write(other_project_id, [line], "csv")
    image = PredictionPoint(at=AT + HOUR, value=0.9, low=None, high=None, label="cat")
    seen = rows.forecast("shop", 1, AT, [1.0], points=(image,))
    with pytest.raises(InvalidInput, match="image"):
        files.write(rows.project_id, [seen], "xlsx")
