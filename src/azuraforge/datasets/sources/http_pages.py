"""Paging of a table at an HTTP address, and authorization that is limited to its origin."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import httpx
import orjson
import polars as pl

from azuraforge.datasets.reading.limits import ASK_FOR_LESS, ReadingLimits
from azuraforge.datasets.sources.tables import FileTableOptions, read_table
from azuraforge.errors import InvalidInput
from azuraforge.plugins import SourceFinding

WHERE = "source http"
Paging: TypeAlias = Literal["none", "next_field", "link_header", "page", "offset"]
AuthorizationKind: TypeAlias = Literal["bearer", "basic", "header"]
_FORBIDDEN = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding")
_PORTS = {"http": 80, "https": 443}


def authorizing(url: httpx.URL, kind: AuthorizationKind, header: str | None, value: str) -> Callable[..., None]:
    """Return a request hook that adds the authorization to requests to the origin of ``url`` only.

    The hook also runs for redirects and next links, and removes the header there if the origin differs. Raises
    InvalidInput if the header or the secret cannot be used.
    """
    name = "Authorization" if header is None else header
    if name.lower() in _FORBIDDEN:
        raise InvalidInput(
            "the header {header!r} cannot be used for authorization",
            where=WHERE,
            next_step="choose another header",
            header=name,
        )
    if not value.isascii() or not value.isprintable():
        raise InvalidInput(
            "the secret of the authorization has characters that are not allowed in a header",
            where=WHERE,
            next_step="store the secret again without line breaks: azuraforge secrets set NAME",
        )
    if kind == "basic" and ":" not in value:
        raise InvalidInput(
            "the secret of a basic authorization does not have the form USER:PASSWORD",
            where=WHERE,
            next_step="store the secret again: azuraforge secrets set NAME",
        )
    text = {
        "bearer": f"Bearer {value}",
        "basic": f"Basic {base64.b64encode(value.encode()).decode()}",
        "header": value,
    }[kind]

    def authorize(request: httpx.Request) -> None:
        if _origin(request.url) == _origin(url):
            request.headers[name] = text
        elif name in request.headers:
            del request.headers[name]

    return authorize


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


@dataclass(frozen=True)
class PagingOptions:
    """Options of paging, from the options of the source."""

    way: Paging
    parameter: str
    next_field: str | None
    rows_field: str | None
    most: int


class Pages:
    """Collector of the rows of all pages, which also determines the next page."""

    def __init__(self, options: FileTableOptions, paging: PagingOptions, limits: ReadingLimits, file: str) -> None:
        self._options, self._paging, self._limits, self._file = options, paging, limits, file
        self._frames: list[pl.DataFrame] = []
        self._lines: list[bytes] = []
        self._line_bytes = 0
        self._findings: list[SourceFinding] = []
        self._seen: set[str] = set()
        self._last: bytes | None = None
        self._rows = 0
        self._number = 0

    def first(self, url: httpx.URL) -> httpx.URL:
        """Return the address of the first page."""
        start = {"page": "1", "offset": "0"}.get(self._paging.way)
        if start is not None and self._paging.parameter not in url.params:
            url = url.copy_set_param(self._paging.parameter, start)
        self._seen.add(str(url))
        return url

    def take(self, path: Path, url: httpx.URL, answer: httpx.Response) -> httpx.URL | None:
        """Store the rows of a page, and return the address of the next page; None after the last.

        Raises InvalidInput for circular or unusable links, too many pages, an unreadable page, or too many rows.
        """
        self._number += 1
        digest = hashlib.sha256(path.read_bytes()).digest()
        document = self._document(path)
        rows = self._json_rows(document) if self._paging.rows_field is not None else self._table_rows(path)
        counted = self._paging.way in ("page", "offset")
        if self._paging.rows_field is not None:
            digest = hashlib.sha256(b"\n".join(self._lines[len(self._lines) - rows :])).digest()
        if rows and digest == self._last and self._number > 1:
            self._forget(rows)  # some servers repeat their last page
            return None
        self._last, self._rows = digest, self._rows + rows
        if self._paging.way == "none" or (counted and rows == 0):
            return None
        following = self._after(url, answer, document)
        if following is None or following == url:
            return None
        if self._number >= self._paging.most:
            raise InvalidInput(
                "the table has more than {most:,} pages",
                where=WHERE,
                next_step="raise max_pages, or request larger pages or fewer rows",
                code="too_many_pages",
                most=self._paging.most,
            )
        if str(following) in self._seen:
            raise InvalidInput(
                "the next link of page {page:,} points to an earlier page",
                where=WHERE,
                next_step="check next_field, or ask the operator of the server",
                code="links_in_a_circle",
                page=self._number,
            )
        self._seen.add(str(following))
        return following

    def table(self, path: Path) -> tuple[pl.DataFrame, list[SourceFinding]]:
        """Return the rows of all pages, and findings; ``path`` may be overwritten.

        Raises InvalidInput if the pages together are no table or exceed the limits.
        """
        if self._paging.rows_field is None:
            if len(self._frames) == 1:
                return self._frames[0], self._findings
            frame = pl.concat(self._frames, how="diagonal_relaxed")
            self._limits.check_frame(frame, self._file, ASK_FOR_LESS)
            return frame, self._findings
        path.write_bytes(b"\n".join(self._lines))
        options = self._options.model_copy(update={"format": "json_lines"})
        return read_table(path, self._file, options, self._limits)

    def _table_rows(self, path: Path) -> int:
        try:
            frame, findings = read_table(path, self._file, self._options, self._limits)
        except InvalidInput as error:
            if self._number > 1 and error.error_code == "empty_file":
                return 0
            raise
        self._frames.append(frame)
        self._findings += [each for each in findings if each not in self._findings]
        self._limits.check_table(self._rows + frame.height, frame.width, self._file, ASK_FOR_LESS)
        return frame.height

    def _json_rows(self, document: object) -> int:
        field = self._paging.rows_field or ""
        rows = document if field == "." else field_of(document, field)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InvalidInput(
                "page {page:,} of {file} has no list of rows in its field {field!r}",
                where=WHERE,
                next_step="set rows_field to the field of the rows, such as data.items; '.' is the document itself",
                code="no_rows_field",
                page=self._number,
                file=self._file,
                field=field,
            )
        lines = [orjson.dumps(row) for row in rows]
        self._lines += lines
        self._line_bytes += sum(len(line) for line in lines)
        self._limits.check_text(self._line_bytes, self._file, ASK_FOR_LESS)
        return len(rows)

    def _forget(self, rows: int) -> None:
        if self._paging.rows_field is None:
            del self._frames[-1]
        else:
            del self._lines[len(self._lines) - rows :]

    def _document(self, path: Path) -> object:
        if self._paging.rows_field is None:
            return None
        try:
            found: object = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError:
            raise InvalidInput(
                "page {page:,} of {file} is not a JSON document",
                where=WHERE,
                next_step="omit rows_field for CSV, JSON Lines and Parquet",
                code="not_json",
                page=self._number,
                file=self._file,
            ) from None
        return found

    def _after(self, url: httpx.URL, answer: httpx.Response, document: object) -> httpx.URL | None:
        way = self._paging.way
        if way == "page":
            asked = url.params[self._paging.parameter]
            if not re.fullmatch(r"\d{1,9}", asked):
                raise InvalidInput(
                    "the parameter {parameter!r} of the address is not a number",
                    where=WHERE,
                    next_step="write the number of the first page, such as {parameter}=1",
                    parameter=self._paging.parameter,
                )
            return url.copy_set_param(self._paging.parameter, str(int(asked) + 1))
        if way == "offset":
            return url.copy_set_param(self._paging.parameter, str(self._rows))
        link = answer.links.get("next", {}).get("url") if way == "link_header" else None
        if way == "next_field":
            found = field_of(document, self._paging.next_field or "")
            link = found if isinstance(found, str) else None
        return _joined(url, link, self._number) if link else None


def field_of(document: object, path: str) -> object:
    """Return a field of a JSON document by its dotted path; None if it is absent.

    Example:
        >>> field_of({"links": {"next": "/rows?page=2"}}, "links.next")
        '/rows?page=2'
    """
    for name in path.split("."):
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def _joined(url: httpx.URL, link: str, number: int) -> httpx.URL:
    """Return the absolute address of a link. Errors do not quote the link, since it may contain a token."""
    try:
        found = url.join(link)
        usable = found.scheme in _PORTS and bool(found.host) and not found.userinfo
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise InvalidInput(
            "the next link of page {page:,} is not a usable address",
            where=WHERE,
            next_step="check next_field, or ask the operator of the server",
            code="bad_next_link",
            page=number,
        )
    return found.copy_with(fragment=None)


def digest_of(pages: Sequence[str]) -> str:
    """Return one digest of the digests of all pages; the digest of a single page is returned unchanged."""
    return pages[0] if len(pages) == 1 else hashlib.sha256("".join(pages).encode()).hexdigest()
