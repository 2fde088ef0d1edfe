"""Excel workbooks: a sheet is the dataset that the same table is as CSV, and says what it found on the way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.reading.reader import read_file
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput

START = datetime(2024, 1, 1)
ROWS = 60


def values(row: int) -> tuple[datetime, float, float]:
    """The rows of the fixture ``hourly``."""
    return START + timedelta(hours=row), row * 7 % 11 + 0.5, row * 5 % 13


def book(fill: Callable[[Any, Any], object], sheet: str = "Data", **options: Any) -> bytes:
    """A workbook with one sheet that ``fill(sheet, format of moments)`` writes."""
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True, **options}) as made:
        fill(made.add_worksheet(sheet), made.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    return content.getvalue()


def table(sheet: Any, moment: Any, *, top: int = 0, skip: tuple[int, ...] = (), header: bool = True) -> None:
    if header:
        sheet.write_row(top, 0, ["time", "y", "x"])
    for row in range(ROWS):
        at, y, x = values(row)
        sheet.write_datetime(top + 1 + row, 0, at, moment)
        if row not in skip:
            sheet.write_number(top + 1 + row, 1, y)
        sheet.write_number(top + 1 + row, 2, x)


def codes(prepared: Any) -> list[str]:
    return [each.code for each in prepared.findings]


def of(prepared: Any, code: str) -> Any:
    return next(each for each in prepared.findings if each.code == code)


def changed(content: bytes, part: str, edit: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for each in given.namelist():
            out.writestr(each, edit(given.read(each)) if each == part else given.read(each))
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_sheet_is_the_same_dataset_as_its_csv(read, hourly):
    prepared = read(book(table), name="sales.xlsx")
    assert prepared.fingerprint == read(hourly()).fingerprint
    assert codes(prepared) == codes(read(hourly()))


def test_unformatted_serials_are_dates_and_said(read, hourly):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        for row in range(ROWS):  # ten digits, as other programs write them
            sheet.write_number(1 + row, 0, round(45292 + row / 24, 10))

    prepared = read(book(fill))
    assert prepared.fingerprint == read(hourly()).fingerprint
    assert "excel_serials" in codes(prepared)


def test_days_since_1904(read, hourly):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)

    def unformatted(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        for row in range(ROWS):
            sheet.write_number(1 + row, 0, 45292 - 1462 + row / 24)

    plain = read(hourly()).fingerprint
    assert read(book(fill, date_1904=True)).fingerprint == plain
    assert read(book(unformatted, date_1904=True)).fingerprint == plain


def test_years_are_years(read):
    def fill(sheet: Any, moment: Any) -> None:
        sheet.write_row(0, 0, ["time", "y"])
        for row in range(30):
            sheet.write_row(1 + row, 0, [1950 + row, row * 7 % 11])

    prepared = read(book(fill))
    assert prepared.frame["time"][0] == datetime(1950, 1, 1, tzinfo=UTC)
    assert "excel_serials" not in codes(prepared)


def test_a_title_above_a_two_row_header_is_left_out(read, hourly):
    def fill(sheet: Any, moment: Any) -> None:
        sheet.merge_range(0, 0, 0, 2, "Sales of the year")
        sheet.merge_range(2, 0, 3, 0, "time")
        sheet.merge_range(2, 1, 2, 2, "Numbers")
        sheet.write_row(3, 1, ["y", "x"])
        table(sheet, moment, top=3, header=False)

    prepared = read(book(fill))
    assert prepared.fingerprint == read(hourly()).fingerprint
    above = of(prepared, "rows_above_header")
    assert above.text["en"] == "2 rows above the header (row 4) were skipped."


def test_columns_under_one_merged_name_are_refused(read):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment, header=False)
        sheet.write_row(0, 0, ["time", "y"])
        sheet.merge_range(0, 2, 0, 3, "x")
        sheet.write_column(1, 3, range(ROWS))

    with pytest.raises(InvalidInput, match="the merged header cell 'x' spans") as refused:
        read(book(fill), name="sales.xlsx")
    assert (refused.value.error_code, refused.value.where) == ("merged_header", "sales.xlsx, sheet 'Data', row 1")


def test_merged_cells_of_a_series_column_count_for_each_row(read):
    def fill(sheet: Any, moment: Any) -> None:
        sheet.write_row(0, 0, ["store", "time", "y"])
        for number, store in enumerate(("north", 7)):
            sheet.merge_range(1 + number * 30, 0, 30 + number * 30, 0, store)
            for row in range(30):
                at, y, _ = values(row)
                sheet.write_datetime(1 + number * 30 + row, 1, at, moment)
                sheet.write_number(1 + number * 30 + row, 2, y + number)

    prepared = read(book(fill), series="store")
    assert prepared.schema.series_names == ("7", "north")
    assert prepared.frame.height == 60
    assert of(prepared, "merged_cells").count == 2


def test_error_cells_are_missing_and_named(read):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        sheet.write_formula(5, 2, "=NA()", None, "#N/A")
        sheet.write_formula(7, 2, "=1/0", None, "#DIV/0!")

    prepared = read(book(fill))
    errors = of(prepared, "error_cells")
    assert (errors.count, errors.severity) == (2, "warning")
    assert "first C6, in x" in errors.text["en"]
    assert "#YOK" in errors.text["tr"]
    assert prepared.schema.features == ("x",)
    with pytest.raises(InvalidInput, match="strict"):
        read(book(fill), strict=True)


def test_an_error_in_the_target_is_refused_by_its_row(read):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        sheet.write_formula(5, 1, "=1/0", None, "#DIV/0!")

    with pytest.raises(InvalidInput) as refused:
        read(book(fill), name="sales.xlsx")
    assert "row 6" in str(refused.value.where)
    assert "error_cells" in codes(read(book(fill), missing="forward_fill"))


def test_formulas_have_their_stored_values(read, hourly):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        for row in range(ROWS):
            sheet.write_formula(1 + row, 1, f"=C{row + 2}*2", None, values(row)[1])

    assert read(book(fill)).fingerprint == read(hourly()).fingerprint


def test_formulas_without_stored_values_are_missing_and_named(read):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        sheet.write_formula(5, 2, "=B2*2", None, 4)

    content = changed(book(fill), SHEET, lambda xml: xml.replace(b"<f>B2*2</f><v>4</v>", b"<f>B2*2</f>"))
    found = of(read(content), "formulas_unsaved")
    assert (found.count, "first C6, in x" in found.text["en"]) == (1, True)


def test_empty_rows_and_columns_are_no_data(read, hourly):
    def fill(sheet: Any, moment: Any) -> None:
        sheet.write_row(2, 2, ["time", "y", "x"])
        for row in range(ROWS):
            place = 3 + row + 3 * (row > 10)
            at, y, x = values(row)
            sheet.write_datetime(place, 2, at, moment)
            sheet.write_row(place, 3, [y, x])
        sheet.write_blank(500, 20, None, moment)

    assert read(book(fill)).fingerprint == read(hourly()).fingerprint


def test_a_row_that_cannot_be_read_has_the_number_that_the_spreadsheet_shows(read):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        sheet.write_string(1 + ROWS + 3, 0, "Total")
        sheet.write_number(1 + ROWS + 3, 1, 99)

    with pytest.raises(InvalidInput) as refused:
        read(book(fill), name="sales.xlsx")
    assert f"row {ROWS + 5}" in str(refused.value.where)


def test_dates_days_and_text_may_be_mixed(read):
    def fill(sheet: Any, moment: Any) -> None:
        sheet.write_row(0, 0, ["time", "y", "flag", "clock", "note"])
        for row in range(30):
            day = date(2024, 1, 1) + timedelta(days=row)
            if row % 3:
                sheet.write_datetime(1 + row, 0, day, moment)
            else:
                sheet.write_string(1 + row, 0, day.isoformat())
            sheet.write_row(1 + row, 1, [row * 7 % 11, bool(row % 2)])
            sheet.write_datetime(1 + row, 3, time(12, 30), moment)
            sheet.write_row(1 + row, 4, ["n/a" if row % 2 else row * 5 % 13])

    prepared = read(book(fill), gaps="error")
    assert prepared.frame.height == 30
    assert "flag" not in prepared.schema.features


def test_numbers_next_to_text_are_not_read_with_another_decimal_sign(read):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        for row in range(ROWS):
            sheet.write_number(1 + row, 1, row + 0.125)
        for row in range(5):
            sheet.write_string(1 + row, 1, f"{row},5")

    with pytest.raises(InvalidInput):  # never 125 in place of 0.125
        read(book(fill), name="sales.xlsx")


def two_sheets(hidden: bool = False) -> bytes:
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as made:
        other = made.add_worksheet("Cover")
        other.write_string(0, 0, "hello")
        table(made.add_worksheet("Ölçüm & co"), made.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        if hidden:
            made.worksheets()[1].activate()
            other.hide()
    return content.getvalue()


def test_a_sheet_is_chosen_by_name(read, hourly):
    plain = read(hourly()).fingerprint
    assert read(two_sheets(), sheet="Ölçüm & co").fingerprint == plain
    assert read(two_sheets(), sheet="ölçüm & CO").fingerprint == plain
    assert read(two_sheets(hidden=True)).fingerprint == plain
    with pytest.raises(InvalidInput, match="has 2 sheets: 'Cover', 'Ölçüm & co'") as refused:
        read(two_sheets(), name="sales.xlsx")
    assert refused.value.error_code == "which_sheet"
    with pytest.raises(InvalidInput, match="no sheet 'Total'"):
        read(two_sheets(), sheet="Total")
    with pytest.raises(InvalidInput, match="is not an Excel workbook"):
        read(hourly(), sheet="Data")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (book(lambda _sheet, _moment: None), "is empty"),
        (book(lambda sheet, _moment: sheet.write_row(0, 0, ["time", "y"])), "a header and no rows"),
        (book(lambda sheet, _moment: sheet.write_row(0, 0, ["a", "b"])), "no column 'time'"),
        (changed(book(table), SHEET, lambda xml: xml[: len(xml) // 2]), "cannot be read"),
        (changed(book(table), SHEET, lambda xml: b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + xml), "XML entities"),
        (changed(book(table), "xl/workbook.xml", lambda xml: xml[:-20]), "cannot be read"),
        (changed(book(table), "xl/workbook.xml", lambda xml: b"<!DOCTYPE lolz>" + xml), "XML entities"),
    ],
)
def test_damaged_and_hostile_workbooks_are_refused(read, content, message):
    with pytest.raises(InvalidInput, match=message):
        read(content, name="sales.xlsx")


def test_a_far_cell_is_refused_before_the_range_is_built(read):
    def fill(sheet: Any, moment: Any) -> None:
        table(sheet, moment)
        sheet.write_number(1_048_575, 16_383, 1)

    with pytest.raises(InvalidInput) as refused:
        read(book(fill))
    assert refused.value.error_code == "too_large"


def test_a_bomb_is_refused_unread(tmp_path: Path):
    content = book(table)
    bomb = changed(content, SHEET, lambda xml: xml.replace(b"</sheetData>", b" " * (40 << 20) + b"</sheetData>"))
    file = tmp_path / "bomb.xlsx"
    file.write_bytes(bomb)
    assert len(bomb) < 200_000
    with pytest.raises(InvalidInput, match="times its size"):
        read_file(file, "bomb.xlsx", FileOptions(time="time", target="y"))
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match="text of the sheet"):
        read_file(file, "big.xlsx", FileOptions(time="time", target="y"), ReadingLimits(table_bytes=1000))
