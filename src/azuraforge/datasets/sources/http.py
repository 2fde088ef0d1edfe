"""A table at an https address that is asked again: CSV, JSON lines or Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar
from urllib.parse import unquote

import httpx
import polars as pl
from pydantic import AfterValidator, BaseModel, Field, JsonValue

from azuraforge.datasets.names import stem
from azuraforge.datasets.reading.delimited import table_of
from azuraforge.datasets.reading.times import read_times
from azuraforge.datasets.sources.tables import FileTableOptions, TableSource, meaning_of, read_table
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.plugins import SourceNews, SourceRead
from azuraforge.plugins.contract.shape import Shape

_WHERE = "source http"
_SILENCE_SECONDS = 30.0
_ACCEPT = "text/csv, application/x-ndjson, application/vnd.apache.parquet, */*;q=0.5"
#: Answers after which a later request may help.
_PASSING = (408, 425, 429)
_HEAD_BYTES = 1024


def _plain_address(url: str) -> str:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        raise ValueError("this is no address") from None
    if parts.scheme not in ("https", "http") or not parts.host:
        raise ValueError("an address begins with https:// and names a host")
    if parts.userinfo:
        raise ValueError("an address that holds a password would be shown to every reader of the dataset")
    return url


class HttpOptions(FileTableOptions):
    """The address, and how the table there is written."""

    url: Annotated[str, AfterValidator(_plain_address)] = Field(
        max_length=2000, description="https address of a CSV, JSON lines or Parquet file"
    )


class HttpCursor(Shape):
    """What is known of the table that was read last."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str
    rows: int
    start: datetime
    end: datetime


class Http(TableSource[HttpOptions]):
    """Fetches a table through the guarded transport. Nothing is read again that the server says is unchanged."""

    name = "http"
    Options: ClassVar[type[BaseModel]] = HttpOptions
    title: ClassVar[Mapping[str, str]] = {"en": "Table from the web", "tr": "Web'den tablo"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "A CSV, JSON lines or Parquet file at an https address that grows or is replaced.",
        "tr": "Bir https adresinde duran, büyüyen ya da yenilenen CSV, JSON satırları veya Parquet dosyası.",
    }
    silence_seconds: ClassVar[float] = _SILENCE_SECONDS

    def read(self, options: HttpOptions) -> SourceRead:
        """Fetch the table. Raises InvalidInput for what is no table, TransientError where the server is not there."""
        read = self._fetch(options, None)
        assert read is not None  # only a request with a cursor can be answered with "unchanged"
        return read

    def read_since(self, options: HttpOptions, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Fetch the table unless it is the one that was read last."""
        before = None if not cursor else HttpCursor.model_validate(cursor)
        read = self._fetch(options, before)
        if read is None:
            return SourceNews(None, cursor or {})
        return SourceNews(read, read.cursor or {})

    def _fetch(self, options: HttpOptions, before: HttpCursor | None) -> SourceRead | None:
        url = httpx.URL(options.url)
        headers = {"Accept": _ACCEPT, **_conditions(before)}
        with self.temporary_file() as path:
            try:
                with (
                    self.http_client(timeout_seconds=self.silence_seconds, headers=headers, encrypted=True) as client,
                    client.stream("GET", url) as answer,
                ):
                    if before is not None and answer.status_code == httpx.codes.NOT_MODIFIED:
                        return None
                    _check_status(answer, url.host)
                    sha256 = _save(answer, path)
            except httpx.TimeoutException:
                raise _away(f"{url.host} did not answer in time") from None
            except httpx.TooManyRedirects:
                raise _refused(f"{url.host} redirects again and again", "too_many_redirects") from None
            except httpx.HTTPError as error:
                raise _away(f"{url.host} cannot be reached, or broke off ({type(error).__name__})") from None
            if before is not None and sha256 == before.sha256:
                return None
            _refuse_page(path, answer, url.host, again=before is not None)
            return self._table(path, options, answer, sha256, before)

    def _table(
        self, path: Path, options: HttpOptions, answer: httpx.Response, sha256: str, before: HttpCursor | None
    ) -> SourceRead:
        url = httpx.URL(options.url)
        file = unquote(PurePosixPath(url.path).name) or url.host
        try:
            frame, findings = read_table(path, file, options, self.limits)
        except InvalidInput as error:
            if before is not None and error.error_code == "empty_file":
                raise _shrunken(url.host, 0, before.rows) from None
            raise
        start, end = _span(frame, options, file)
        if before is not None and frame.height < before.rows and (start <= before.start or end < before.end):
            raise _shrunken(url.host, frame.height, before.rows)
        cursor = HttpCursor(
            etag=answer.headers.get("etag"),
            last_modified=answer.headers.get("last-modified"),
            sha256=sha256,
            rows=frame.height,
            start=start,
            end=end,
        )
        provenance = {"name": stem(file), "address": options.url}
        return meaning_of(frame, options, provenance, cursor.model_dump(mode="json"), findings)


def _conditions(before: HttpCursor | None) -> dict[str, str]:
    if before is None:
        return {}
    if before.etag:
        return {"If-None-Match": before.etag}
    return {"If-Modified-Since": before.last_modified} if before.last_modified else {}


def _check_status(answer: httpx.Response, host: str) -> None:
    status = answer.status_code
    if status >= 500 or status in _PASSING:
        raise _away(f"{host} answers {status}")
    if status != httpx.codes.OK:
        raise _refused(f"{host} refuses the request ({status})", "refused_by_source")


def _save(answer: httpx.Response, path: Path) -> str:
    """Write the body; the client bounds its bytes and seconds."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for piece in answer.iter_bytes():
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _refuse_page(path: Path, answer: httpx.Response, host: str, *, again: bool) -> None:
    """Raise where the answer is a page for people: of a login, or of a server that is being repaired."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_page = answer.headers.get("content-type", "").lower().startswith(("text/html", "application/xhtml"))
    if not is_page and not head.startswith((b"<!doctype", b"<html", b"<?xml", b"<!--")):
        return
    sentence = f"{host} answers with a web page, not with a table"
    if again:
        raise _away(sentence)
    raise _refused(sentence, "web_page")


def _span(frame: pl.DataFrame, options: HttpOptions, file: str) -> tuple[datetime, datetime]:
    times = read_times(table_of(frame, file), options.time, options.timezone, options.time_format, options.series).utc
    start, end = times.min(), times.max()
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    return start, end


def _shrunken(host: str, rows: int, before: int) -> TransientError:
    return TransientError(
        f"the table at {host} holds {rows:,} rows and held {before:,}: it seems to be cut off",
        where=_WHERE,
        next_step="if it was shortened on purpose, add the dataset again from this source",
    )


def _away(sentence: str) -> TransientError:
    return TransientError(sentence, where=_WHERE, next_step="try again later, or check the address")


def _refused(sentence: str, code: str) -> InvalidInput:
    return InvalidInput(sentence, where=_WHERE, next_step="check the address in a browser", code=code)
