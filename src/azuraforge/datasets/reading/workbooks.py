"""Excel workbooks (.xlsx): a sheet's size is checked in the archive before the sheet is loaded.

Macros and formulas are never executed: the value of a formula is the value stored when the workbook was saved. Runs
only in child processes.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from azuraforge.datasets.reading.archives import Archive, Entry, check_directory, open_archive
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

_WORKBOOK, _BINARY = "xl/workbook.xml", "xl/workbook.bin"
_LINKS = "xl/_rels/workbook.xml.rels"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
#: Maximum size in bytes of the XML parts that list sheets and links; they are small in real workbooks.
_MOST_DESCRIBED = 16 << 20
_NAMED_SHEETS = 20
#: Matches a cell with content and captures its attributes; a cell that only has a format ends in ``/>``.
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*[^/>])>")
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_ERROR = re.compile(rb'\bt="e"')
_FORMULA_ALONE = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@dataclass(frozen=True)
class Marked:
    """Cells of one kind: their number, the place of the first cell (such as ``D4``), and their columns, from 0."""

    count: int = 0
    first: str = ""
    columns: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Sheet:
    """A sheet whose size has been checked.

    Attributes:
        name: name of the sheet.
        errors: cells that contain an error such as #N/A.
        unsaved: formulas without a stored value.
        from_1904: whether serial numbers count days from 1904-01-01.
    """

    name: str
    errors: Marked
    unsaved: Marked
    from_1904: bool


def is_workbook(path: Path) -> bool:
    """Return whether a file is an archive that contains an Excel workbook; False if it cannot be read.

    Raises InvalidInput if the directory of the archive is too large.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return False
            check_directory(file, path.name)
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False  # reading it as a table reports the error
    return _WORKBOOK in names or _BINARY in names


def refuse_sheet(path: Path, name: str, asked: str | None) -> None:
    """Raise InvalidInput if the sheet ``asked`` is not None and the file is not a workbook."""
    if asked is not None and not is_workbook(path):
        raise InvalidInput(
            "the file {name} is not an Excel workbook and has no sheet {sheet!r}",
            where="option {option}",
            next_step="omit the option {option}",
            code="no_such_sheet",
            name=name,
            sheet=asked,
            option="sheet",
        )


def open_sheet(path: Path, name: str, asked: str | None, limits: ReadingLimits) -> Sheet:
    """Choose the sheet ``asked`` (None: the only visible sheet), and check its size.

    Raises InvalidInput if the workbook is damaged, binary or too large, if the sheet does not exist, or if ``asked`` is
    None and not exactly one sheet is visible.
    """
    with open_archive(path, name) as archive:
        entries = {entry.path: entry for entry in archive.entries}
        if _WORKBOOK not in entries:
            raise InvalidInput(
                "the file {name} is a binary Excel workbook (.xlsb), which is not supported",
                where="{name}",
                next_step="save the workbook as .xlsx",
                code="binary_file",
                name=name,
            )
        book = _parse(archive, entries[_WORKBOOK])
        links = _targets(archive, entries)
        sheets = [each for each in _sheets(book) if links.get(each[1], "").startswith("xl/worksheets/")]
        chosen, link = _choose(sheets, name, asked)
        entry = entries.get(links[link])
        if entry is None:
            raise _damaged(name, Message("the sheet {sheet!r} is missing", {"sheet": chosen}))
        what = Message("the sheet {sheet!r} of {name}", {"sheet": chosen, "name": name})
        limits.check_text(entry.bytes, what)
        content = archive.read(entry)
    _refuse_definitions(content, name)
    errors = _measure(content, what, limits)
    settings = next((each for each in book.iter() if _local(each) == "workbookPr"), None)
    from_1904 = settings is not None and settings.get("date1904", "0") in ("1", "true")
    return Sheet(chosen, errors, _marked(found[1] for found in _FORMULA_ALONE.finditer(content)), from_1904)


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets; empty if it cannot be read, an error that ``open_sheet`` reports."""
    try:
        with open_archive(path, path.name) as archive:
            found = next((entry for entry in archive.entries if entry.path == _WORKBOOK), None)
            return [] if found is None else [name for name, _, _ in _sheets(_parse(archive, found))]
    except InvalidInput:
        return []


def _measure(content: bytes, what: Message, limits: ReadingLimits) -> Marked:
    """Return the error cells of a sheet.

    Raises InvalidInput if its used range is too large, since the library loads all of it.
    """
    letters: set[bytes] = set()
    low = high = 0
    wrong: list[bytes] = []
    for cell in _CELL.finditer(content):
        attributes = cell[1]
        if place := _PLACE.search(attributes):
            letters.add(place[1])
            row = int(place[2])
            low, high = min(low or row, row), max(high, row)
        if _ERROR.search(attributes):
            wrong.append(attributes)
    if letters:
        columns = [_column(each) for each in letters]
        limits.check_table(high - low + 1, max(columns) - min(columns) + 1, what)
    return _marked(iter(wrong))


def _marked(cells: Iterator[bytes]) -> Marked:
    places = [(found[1], found[2]) if (found := _PLACE.search(each)) else (b"A", b"1") for each in cells]
    if not places:
        return Marked()
    first = (places[0][0] + places[0][1]).decode()
    return Marked(len(places), first, frozenset(_column(letters) for letters in {each[0] for each in places}))


def _column(letters: bytes) -> int:
    """Return the index of a column: 0 for ``A``, 26 for ``AA``."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _sheets(book: ElementTree.Element) -> list[tuple[str, str, bool]]:
    """Return name, link and visibility of each sheet, in the workbook's order."""
    return [
        (
            each.get("name", ""),
            each.get(_RELATION) or each.get(_STRICT_RELATION) or "",
            each.get("state", "visible") == "visible",
        )
        for each in book.iter()
        if _local(each) == "sheet"
    ]


def _choose(sheets: list[tuple[str, str, bool]], name: str, asked: str | None) -> tuple[str, str]:
    names = ", ".join(repr(each[0][:80]) for each in sheets[:_NAMED_SHEETS])
    if asked is not None:
        found = [each for each in sheets if each[0] == asked] or [
            each for each in sheets if each[0].casefold() == asked.casefold()
        ]
        if not found:
            raise InvalidInput(
                "the workbook {name} has no sheet {sheet!r}; its sheets are {names}",
                where="option {option}",
                next_step="choose one of its sheets with the option {option}",
                code="no_such_sheet",
                details={"sheets": [each[0] for each in sheets[:200]]},
                name=name,
                sheet=asked,
                names=names,
                option="sheet",
            )
        return found[0][:2]
    visible = [each for each in sheets if each[2]]
    if len(visible) == 1:
        return visible[0][:2]
    if not visible:
        raise InvalidInput(
            "the workbook {name} has no visible sheet",
            where="option {option}",
            next_step="choose a sheet with the option {option}: {names}",
            name=name,
            names=names,
            option="sheet",
        )
    raise InvalidInput(
        "the workbook {name} has {count} sheets: {names}",
        where="option {option}",
        next_step="choose the sheet to read with the option {option}, such as {example!r}",
        code="which_sheet",
        details={"sheets": [each[0] for each in visible[:200]]},
        name=name,
        count=len(visible),
        names=names,
        example=visible[0][0],
        option="sheet",
    )


def _targets(archive: Archive, entries: dict[str, Entry]) -> dict[str, str]:
    """Return the path of the part that each of the workbook's links refers to."""
    if _LINKS not in entries:
        raise _damaged(archive.name, Message("its list of parts is missing"))
    return {
        each.get("Id", ""): _part(each.get("Target", ""))
        for each in _parse(archive, entries[_LINKS])
        if each.get("TargetMode") != "External"
    }


def _part(target: str) -> str:
    """Return a part's path in the archive; a target without a leading / is relative to the workbook's folder."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def _parse(archive: Archive, entry: Entry) -> ElementTree.Element:
    if entry.bytes > _MOST_DESCRIBED:
        raise _damaged(archive.name, Message("{path} is too large for a list of sheets", {"path": entry.path}))
    content = archive.read(entry)
    _refuse_definitions(content, archive.name)
    try:
        return ElementTree.fromstring(content)  # noqa: S314  it defines no entities, and its size is bounded
    except ElementTree.ParseError as error:
        raise _damaged(
            archive.name, Message("{path} is not XML: {reason}", {"path": entry.path, "reason": error})
        ) from None


def _refuse_definitions(content: bytes, name: str) -> None:
    """Raise InvalidInput if XML defines entities, which could expand without limit; real workbooks define none."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _damaged(name, Message("it defines XML entities"))


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _damaged(name: str, why: Message) -> InvalidInput:
    return InvalidInput(
        "the workbook {name} cannot be read: {why}",
        where="{name}",
        next_step="open the file in a spreadsheet program and save it again as .xlsx",
        code="unreadable_file",
        name=name,
        why=why,
    )
