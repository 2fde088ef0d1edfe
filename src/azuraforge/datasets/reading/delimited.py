"""Delimited text, such as CSV, read as a frame of strings. Runs only in child processes."""

from __future__ import annotations

import csv
import difflib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from azuraforge.datasets.reading.limits import ReadingLimits, Text
from azuraforge.datasets.reading.no_table import refuse_json, refuse_markup
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

_SEPARATORS = (",", ";", "\t", "|", " ")
_NAMES = {
    ",": Message("comma"),
    ";": Message("semicolon"),
    "\t": Message("tab"),
    "|": Message("vertical bar"),
    " ": Message("space"),
}
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_LINES = 60
_LONGEST_HEADER = 16 << 20
ROW = "__row__"


@dataclass(frozen=True)
class RawTable:
    """A table as in the file.

    Attributes:
        frame: the file's columns, as strings if they come from text, and ``ROW``, the number of each row from 0.
        name: name of the file or source in messages.
        first_line: line number of row 0; None if a row can span several lines.
        separator: separator of the columns; None if the table does not come from text.
        unread: names of columns that cannot be used and are not in ``frame``.
    """

    frame: pl.DataFrame
    name: Text
    first_line: int | None = None
    separator: str | None = None
    unread: tuple[str, ...] = ()

    def place(self, row: int, column: str | None = None) -> Message:
        """Return the place of a row for messages, such as ``prices.csv, line 7, column 'Close'``."""
        values: dict[str, object] = {"file": self.name, "row": self.row_place(row), "column": column}
        return Message("{file}, {row}" if column is None else "{file}, {row}, column {column!r}", values)

    def row_place(self, row: int) -> Message:
        """Return the place of a row within the file: ``line 7``, or ``row 6`` if rows can span several lines."""
        if self.first_line is None:
            return Message("row {row}", {"row": row + 1})
        return Message("line {line}", {"line": row + self.first_line})

    def require(self, column: str, option: str) -> None:
        """Raise InvalidInput if the table has no column ``column``; ``option`` is the option that names it."""
        names = [name for name in self.frame.columns if name != ROW]
        require_column([*names, *self.unread], self.name, column, option)


def table_of(frame: pl.DataFrame, name: Text) -> RawTable:
    """Return a typed frame, from Parquet or a source, as a table; categories become text.

    Raises InvalidInput if a column has a reserved name.
    """
    _refuse_reserved(frame.columns, name)
    categories = [column for column, kind in frame.schema.items() if isinstance(kind, pl.Categorical | pl.Enum)]
    return RawTable(frame.with_columns(pl.col(categories).cast(pl.String)).with_row_index(ROW), name)


def require_column(names: list[str], file: Text, column: str, option: str) -> None:
    """Raise InvalidInput if ``column`` is not among ``names``, and suggest the closest name."""
    if column in names:
        return
    close = difflib.get_close_matches(column, names, n=1, cutoff=0.6)
    lower = {name.lower(): name for name in names}
    guess = lower.get(column.lower()) or (close[0] if close else None)
    shown = ", ".join(repr(name[:80]) for name in names[:20]) + (" …" if len(names) > 20 else "")
    raise InvalidInput(
        "{file} has no column {column!r}; its columns are {shown}",
        where="option {option}",
        next_step="did you mean {guess!r}?" if guess else "choose one of the columns",
        code="no_such_column",
        details={"columns": names[:200]},
        file=file,
        column=column,
        shown=shown,
        guess=guess,
        option=option,
    )


def read_delimited(
    text: str, name: str, separator: str | None, needed: dict[str, str], limits: ReadingLimits | None = None
) -> RawTable:
    """Read text as a table of strings; ``needed`` maps options to the required columns that they name.

    Raises InvalidInput if the text is JSON or a web page or has no rows, if no separator or another one than
    ``separator`` fits, if a required column is missing or two have one name, if a line has more values than the header
    or a quote is not closed, or if the table exceeds ``limits``, which is checked before it is built.
    """
    limits = limits or ReadingLimits()
    refuse_markup(text, name)
    refuse_json(text, name)
    body = text.lstrip("\r\n")
    skipped = text[: len(text) - len(body)].count("\n")
    if not body or body.isspace():
        raise InvalidInput(
            "the file {name} has no rows", where="{name}", next_step="choose another file", code="empty_file", name=name
        )
    found = sniff(body)
    chosen = separator or found
    if chosen is None:
        _refuse_single_column(body, name)
    header = _header(body, chosen or ",", name, limits)
    if separator and found and found != separator and any(column not in header for column in needed.values()):
        raise InvalidInput(
            "the columns of {name} are separated by {found_name}, not by the stated separator ({stated})",
            where="{name}, line {line}",
            next_step="omit the option separator, or set it to {found!r}",
            code="wrong_separator",
            details={"found": found},
            name=name,
            stated=separator_name(separator),
            found_name=separator_name(found),
            line=skipped + 1,
            found=found,
        )
    for option, column in needed.items():
        require_column(header, name, column, option)
    limits.check_table(body.count("\n") + 1, len(header), name)
    frame = _parse(body, chosen or ",", header, name, skipped)
    lines = _line_ends(body)  # equals the number of rows if no quoted value spans lines
    first = skipped + 2 if lines == _height_without_trailing_blanks(frame) else None
    frame = frame.with_row_index(ROW).filter(pl.any_horizontal(pl.exclude(ROW).is_not_null()))
    if not frame.height:
        raise InvalidInput(
            "the file {name} has a header and no rows",
            where="{name}",
            next_step="add rows below the header, or choose another file",
            code="empty_file",
            name=name,
        )
    return RawTable(frame, name, first, chosen)


def sniff(text: str) -> str | None:
    r"""Return the separator that splits the header and most lines into equally many columns; None if none does.

    Example:
        >>> sniff("time;value\\n2020-01-01;1,5\\n2020-01-02;2,5\\n")
        ';'
    """
    sample = text[:_SAMPLE_CHARACTERS]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    best: tuple[float, int] | None = None
    chosen = None
    for separator in _SEPARATORS:
        widths = _widths(sample, separator)
        if not widths or widths[0] < 2:
            continue
        common = Counter(widths).most_common(1)[0][0]
        agree = sum(width == widths[0] for width in widths) / len(widths)
        if common != widths[0] or agree < 0.5:
            continue
        score = (round(agree, 1), widths[0])
        if best is None or (separator != " " and score > best):
            best, chosen = score, separator
    return chosen


def separator_name(separator: str) -> Message:
    """Return a separator's name for messages, such as ``comma``; the character itself if it has no name."""
    return _NAMES.get(separator, Message("{separator!r}", {"separator": separator}))


def _widths(sample: str, separator: str) -> list[int]:
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    widths: list[int] = []
    try:
        for row in rows:
            if row:
                widths.append(len(row))
            if len(widths) >= _SAMPLE_LINES:
                break
    except csv.Error:
        return []
    return widths


def _header(text: str, separator: str, name: str, limits: ReadingLimits) -> list[str]:
    end = text.find("\n")
    first = end if end >= 0 else len(text)
    limits.check_table(1, text.count(separator, 0, first) + 1, name)
    try:
        if first > _LONGEST_HEADER:
            raise csv.Error("the first line is longer than a header can be")
        row = next(csv.reader(_lines(text), delimiter=separator))
    except csv.Error as error:
        raise InvalidInput(
            "the header of {name} cannot be read: {reason}",
            where="{name}, header",
            next_step="check the file for a quote that is not closed, or for missing line breaks",
            code="unreadable_file",
            name=name,
            reason=error,
        ) from None
    limits.check_table(1, len(row), name)
    header = [cell.strip() or f"column_{index + 1}" for index, cell in enumerate(row)]
    _refuse_reserved(header, name)
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise InvalidInput(
            "two columns of {name} are named {column!r}",
            where="{name}, header",
            next_step="rename one of the columns in the file",
            code="duplicate_column",
            name=name,
            column=twice[0],
        )
    return header


def _parse(text: str, separator: str, header: list[str], name: str, skipped: int) -> pl.DataFrame:
    try:
        return pl.read_csv(
            text.encode(), separator=separator, infer_schema=False, new_columns=header, quote_char='"', eol_char="\n"
        ).with_columns(pl.all().str.strip_chars().replace("", None))
    except (pl.exceptions.PolarsError, ValueError) as error:
        _refuse_ragged(text, separator, len(header), name, skipped)
        reason = str(error).splitlines()[0]
        raise InvalidInput(
            "the file {name} cannot be read as a table: {reason}",
            where="{name}",
            next_step="check the file for a quote that is not closed",
            code="unreadable_file",
            name=name,
            reason=reason,
        ) from error


def _refuse_reserved(columns: list[str], name: Text) -> None:
    if ROW in columns:
        raise InvalidInput(
            "a column of {name} has the reserved name {column!r}",
            where="{name}, header",
            next_step="rename the column",
            name=name,
            column=ROW,
        )


def _refuse_ragged(text: str, separator: str, width: int, name: str, skipped: int) -> None:
    rows = csv.reader(_lines(text), delimiter=separator)
    try:
        for row in rows:
            if len(row) > width:
                raise InvalidInput(
                    "a line of {name} has {count:,} [value|values], but the header has {width:,}",
                    where="{name}, line {line}",
                    next_step="correct the line, or choose another separator (used: {separator_name})",
                    code="ragged_line",
                    name=name,
                    count=len(row),
                    width=width,
                    line=skipped + rows.line_num,
                    separator_name=separator_name(separator),
                )
    except csv.Error:
        return


def _refuse_single_column(text: str, name: str) -> None:
    first = text[:400].splitlines()[0][:80]
    raise InvalidInput(
        "no separator was found in {name}: its first line contains only the column {first!r}",
        where="{name}, line 1",
        next_step="add a table with at least a time and a value column, or specify its separator",
        code="no_separator",
        name=name,
        first=first,
    )


def _lines(text: str) -> Iterator[str]:
    """Yield the same lines as ``io.StringIO``, without copying the whole text."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield from io.StringIO(text[start:end], newline="")
        start = end


def _line_ends(text: str) -> int:
    """Return the number of line breaks, not counting the line breaks at the end of the text."""
    end = len(text)
    while end and text[end - 1] in "\r\n":
        end -= 1
    return text.count("\n", 0, end)


def _height_without_trailing_blanks(frame: pl.DataFrame) -> int:
    blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    filled = blank.not_().arg_true()
    return int(filled[-1]) + 1 if len(filled) else 0
