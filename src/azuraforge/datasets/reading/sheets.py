"""A sheet of a workbook read as a table: its header and the values of its cells. Runs only in child processes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias

import polars as pl

from azuraforge.datasets.reading.delimited import ROW, RawTable, require_column
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.limits import ReadingLimits, Text
from azuraforge.datasets.reading.numeric import MISSING
from azuraforge.datasets.reading.workbooks import Marked, Sheet, open_sheet, sheet_names
from azuraforge.datasets.schemas import FileOptions, Finding
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

Cell: TypeAlias = int | float | str | bool | datetime | date | time | timedelta
#: Maximum number of rows searched for the header, and of columns named in a message.
_TITLE_ROWS, _NAMED_COLUMNS = 50, 5
#: Serial numbers of the days from 1927 to 2201. A time column that contains only such numbers is one of unformatted
#: dates.
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 110_000
_GROUPED = re.compile(r"-?\d{1,3}\.\d{3}")


@dataclass(frozen=True)
class Merged:
    """A range of merged cells; rows and columns count from 0, and ``bottom`` and ``right`` are included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Grid:
    """The cells of a sheet's used range; ``top`` and ``left`` are its first row and column, from 0."""

    cells: list[list[Cell]]
    top: int
    left: int
    merged: list[Merged]

    @property
    def width(self) -> int:
        return max((len(row) for row in self.cells), default=0)

    def at(self, row: int, column: int) -> Cell:
        """Return a cell by its row and column in the sheet; cells outside the range are empty text."""
        line = self.cells[row - self.top] if self.top <= row < self.top + len(self.cells) else []
        return line[column - self.left] if self.left <= column < self.left + len(line) else ""


def read_sheet(path: Path, name: str, options: FileOptions, limits: ReadingLimits, findings: list[Finding]) -> RawTable:
    """Read a sheet of a workbook. Rows of the table have the numbers that the spreadsheet shows.

    The header is the first row that names the time and target columns; rows above it are skipped. Raises
    InvalidInput if the workbook is damaged or too large, if the sheet has no rows or lacks a required column, or if
    several columns of the header share a merged name.
    """
    sheet = open_sheet(path, name, options.sheet, limits)
    where = Message("{file}, sheet {sheet!r}", {"file": name, "sheet": sheet.name})
    grid = _filled_cells(path, name, sheet, where)
    keys = [each for each in (options.series, *options.groups) if each is not None]
    named = {"time": options.time, "target": options.target}
    header = _header_row(grid, named.values())
    columns = _columns(grid, header, where)
    for option, column in {**named, **{f"columns[{index}]": key for index, key in enumerate(keys)}}.items():
        require_column(list(columns), where, column, option)
    body = list(range(header + 1, grid.top + len(grid.cells)))
    body = [row for row in body if any(_is_filled(grid.at(row, place)) for place in columns.values())]
    if not body:
        raise InvalidInput(
            "the sheet {sheet!r} of {name} has a header and no rows",
            where="{place}",
            next_step="add rows below the header, or choose another sheet with the option sheet",
            code="empty_file",
            sheet=sheet.name,
            name=name,
            place=where,
        )
    _report(grid, sheet, header, columns, findings)
    spread = {options.time, *keys}
    frame: dict[str, pl.Series] = {ROW: pl.Series(body, dtype=pl.UInt32)}
    for column, place in columns.items():
        cells = [grid.at(row, place) for row in body]
        if column in spread:
            cells = _filled_from_merged(grid, body, place, cells)
        frame[column] = _series(cells, as_text=column in keys)
    times = frame[options.time]
    if times.dtype == pl.Float64 and (dated := _from_serials(times, from_1904=sheet.from_1904)) is not None:
        frame[options.time] = dated
        findings.append(finding("excel_serials", column=options.time))
    table = pl.DataFrame(frame)
    limits.check_frame(table, where)
    return RawTable(table, where)


def read_plain_sheet(
    path: Path,
    name: str,
    limits: ReadingLimits,
    *,
    asked: str | None = None,
    preferred: Collection[str] = (),
    times: Collection[str] = (),
    below_titles: bool = False,
) -> RawTable:
    """Read a sheet with any columns; its header is the first row that is not empty.

    Args:
        path: path of the workbook.
        name: the workbook's name in messages.
        limits: size limits of the table.
        asked: name of the sheet to read; if None, it is chosen by ``preferred``.
        preferred: names of sheets; the first sheet with one of them is read, else the only visible sheet.
        times: lower-case names of columns whose numbers are dates if all of them can be serial numbers of days.
        below_titles: whether the header is the first of the widest rows instead, so that titles above it are skipped.

    Raises the errors of ``read_sheet``.
    """
    if asked is None:
        asked = next((each for each in sheet_names(path) if each in preferred), None)
    sheet = open_sheet(path, name, asked, limits)
    where = Message("{file}, sheet {sheet!r}", {"file": name, "sheet": sheet.name})
    grid = _filled_cells(path, name, sheet, where)
    header = _widest_row(grid) if below_titles else _header_row(grid, ())
    columns = _columns(grid, header, where)
    body = list(range(header + 1, grid.top + len(grid.cells)))
    body = [row for row in body if any(_is_filled(grid.at(row, place)) for place in columns.values())]
    if not body:
        raise InvalidInput(
            "the sheet {sheet!r} of {name} has a header and no rows",
            where="{place}",
            next_step="add rows below the header, or choose another sheet with the option sheet",
            code="empty_file",
            sheet=sheet.name,
            name=name,
            place=where,
        )
    frame: dict[str, pl.Series] = {ROW: pl.Series(body, dtype=pl.UInt32)}
    for column, place in columns.items():
        values = _series([grid.at(row, place) for row in body], as_text=False)
        if values.dtype == pl.Float64 and column.lower() in times:
            dated = _from_serials(values, from_1904=sheet.from_1904)
            values = values if dated is None else dated
        frame[column] = values
    table = pl.DataFrame(frame)
    limits.check_frame(table, where)
    return RawTable(table, where)


def _filled_cells(path: Path, name: str, sheet: Sheet, where: Message) -> Grid:
    """Return the cells of a sheet. Raises InvalidInput if all cells are empty."""
    grid = _cells(path, name, sheet)
    if not any(_is_filled(cell) for row in grid.cells for cell in row):
        raise InvalidInput(
            "the sheet {sheet!r} of {name} is empty",
            where="{place}",
            next_step="choose another sheet with the option sheet",
            code="empty_file",
            sheet=sheet.name,
            name=name,
            place=where,
        )
    return grid


def _cells(path: Path, name: str, sheet: Sheet) -> Grid:
    """Read the sheet with the library; convert any of its errors to InvalidInput."""
    from python_calamine import CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as book:
            found = book.get_sheet_by_name(sheet.name)
            merged = [
                Merged(top, left, bottom, right) for (top, left), (bottom, right) in found.merged_cell_ranges or ()
            ]
            top, left = found.start or (0, 0)
            return Grid(found.to_python(skip_empty_area=True), top, left, merged)
    except BaseException as error:  # a panic of the library derives from BaseException
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise InvalidInput(
            "the sheet {sheet!r} of {name} cannot be read: {reason}",
            where="{name}",
            next_step="open the file in a spreadsheet program and save it again as .xlsx",
            code="unreadable_file",
            sheet=sheet.name,
            name=name,
            reason=str(error)[:300],
        ) from None


def _header_row(grid: Grid, wanted: Collection[str]) -> int:
    """Return the first row that contains all names in ``wanted``, else the first row that is not empty."""
    first = None
    for row in range(grid.top, grid.top + len(grid.cells)):
        names = {_heading(grid, row, column) for column in range(grid.left, grid.left + grid.width)}
        if names == {""}:
            continue
        if first is None:
            first = row
        if set(wanted) <= names:
            return row
        if row - first >= _TITLE_ROWS:
            break
    return first if first is not None else grid.top


def _widest_row(grid: Grid) -> int:
    rows = range(grid.top, grid.top + min(len(grid.cells), _TITLE_ROWS))
    widths = [sum(_is_filled(grid.at(row, grid.left + place)) for place in range(grid.width)) for row in rows]
    return grid.top + widths.index(max(widths)) if widths else grid.top


def _columns(grid: Grid, header: int, where: Text) -> dict[str, int]:
    """Return the position of each column by name; a column without a name and values is skipped."""
    found: list[tuple[str, int]] = []
    for column in range(grid.left, grid.left + grid.width):
        name = _heading(grid, header, column)
        if not name:
            if not any(_is_filled(grid.at(row, column)) for row in range(header + 1, grid.top + len(grid.cells))):
                continue
            _refuse_shared_name(grid, header, column, where)
            name = f"column_{column + 1}"
        found.append((name, column))
    names = [name for name, _ in found]
    if ROW in names:
        raise InvalidInput(
            "a column of {place} has the reserved name {column!r}",
            where="{place}",
            next_step="rename the column",
            place=where,
            column=ROW,
        )
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise InvalidInput(
            "two columns of {place} are named {column!r}",
            where="{place}, row {row}",
            next_step="rename one of the columns in the file",
            code="duplicate_column",
            place=where,
            column=twice[0],
            row=header + 1,
        )
    return dict(found)


def _heading(grid: Grid, row: int, column: int) -> str:
    """Return a column's name; if its cell is merged with cells above, the name is in the topmost cell."""
    cell = grid.at(row, column)
    if not _is_filled(cell):
        for each in grid.merged:
            if each.left == column == each.right and each.top < row <= each.bottom:
                cell = grid.at(each.top, column)
    return _text(cell) if _is_filled(cell) else ""


def _refuse_shared_name(grid: Grid, header: int, column: int, where: Text) -> None:
    for each in grid.merged:
        if each.top <= header <= each.bottom and each.left < column <= each.right:
            raise InvalidInput(
                "the merged header cell {name!r} spans several columns",
                where="{place}, row {row}",
                next_step="split the merged cell and give each column a name",
                code="merged_header",
                name=_text(grid.at(each.top, each.left)),
                place=where,
                row=header + 1,
            )


def _report(grid: Grid, sheet: Sheet, header: int, columns: dict[str, int], findings: list[Finding]) -> None:
    if above := _filled_rows(grid, header):
        findings.append(finding("rows_above_header", count=above, row=header + 1))
    names = {place: name for name, place in columns.items()}
    for code, marked in (("error_cells", sheet.errors), ("formulas_unsaved", sheet.unsaved)):
        if marked.count:
            findings.append(finding(code, count=marked.count, first=marked.first, columns=_named(marked, names)))
    inside = [each for each in grid.merged if each.bottom > header and each.top != each.bottom]
    if inside:
        findings.append(finding("merged_cells", count=len(inside), row=inside[0].top + 1))


def _filled_rows(grid: Grid, before: int) -> int:
    return sum(any(_is_filled(cell) for cell in row) for row in grid.cells[: before - grid.top])


def _named(marked: Marked, names: dict[int, str]) -> str:
    found = [names[place] for place in sorted(marked.columns) if place in names]
    return ", ".join(found[:_NAMED_COLUMNS]) + (" …" if len(found) > _NAMED_COLUMNS else "") or "–"


def _filled_from_merged(grid: Grid, body: Sequence[int], place: int, cells: list[Cell]) -> list[Cell]:
    """Return the cells of a key column; a cell merged over several rows provides the value of each row."""
    above = {
        row: grid.at(each.top, place)
        for each in grid.merged
        if each.left <= place <= each.right
        for row in range(each.top + 1, min(each.bottom, body[-1]) + 1)
    }
    return [cell if _is_filled(cell) else above.get(row, cell) for row, cell in zip(body, cells, strict=True)]


def _series(cells: list[Cell], *, as_text: bool) -> pl.Series:
    """Return cells as a column of numbers or datetimes, or of text if the types differ; empty cells are null."""
    values = [cell if _is_filled(cell) else None for cell in cells]
    if any(isinstance(cell, datetime) for cell in values):  # the library returns midnights as dates
        values = [_moment(cell) if isinstance(cell, date) else cell for cell in values]
    known = [cell for cell in values if cell is not None]
    if not as_text:
        numbers = [_number(cell) for cell in known]
        if all(number is not None or _is_marker(cell) for number, cell in zip(numbers, known, strict=True)):
            return pl.Series([None if cell is None else _number(cell) for cell in values], dtype=pl.Float64)
        if all(isinstance(cell, date) for cell in known):
            moments = [_moment(cell) if isinstance(cell, date) else None for cell in values]
            return pl.Series(moments, dtype=pl.Datetime("us"))
    return pl.Series([None if cell is None else _text(cell) for cell in values], dtype=pl.String)


def _from_serials(numbers: pl.Series, *, from_1904: bool) -> pl.Series | None:
    """Return days since the workbook's epoch as datetimes; None if the numbers cannot be serial numbers of days."""
    known = numbers.drop_nulls()
    if known.is_empty() or not known.is_between(_FIRST_SERIAL, _LAST_SERIAL).all():
        return None
    epoch = datetime.fromisoformat("1904-01-01" if from_1904 else "1899-12-30")
    moments = [None if day is None else _whole_second(epoch + timedelta(days=day)) for day in numbers]
    return pl.Series(moments, dtype=pl.Datetime("us"))


def _is_filled(cell: Cell) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _is_marker(cell: Cell) -> bool:
    return isinstance(cell, str) and cell.strip().lower() in MISSING


def _number(cell: Cell) -> float | None:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def _moment(cell: date) -> datetime:
    return _whole_second(cell) if isinstance(cell, datetime) else datetime.combine(cell, time())


def _whole_second(at: datetime) -> datetime:
    """Round a datetime to a second that is at most 2 ms away, since fractions of a day are inexact."""
    nearest = (at + timedelta(milliseconds=500)).replace(microsecond=0)
    return nearest if abs(nearest - at) <= timedelta(milliseconds=2) else at


def _text(cell: Cell) -> str:
    """Return a cell as text, as in a CSV file.

    A number such as 1.234 is written as 1.2340, which cannot be read with another decimal sign.
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        return repr(cell) + ("0" if _GROUPED.fullmatch(repr(cell)) else "")
    if isinstance(cell, datetime):
        return _whole_second(cell).isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
