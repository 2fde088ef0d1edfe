"""Source of a table at an HTTPS address: CSV, JSON, JSON lines or Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar
from urllib.parse import unquote

import httpx
import polars as pl
from pydantic import AfterValidator, BaseModel, Field, JsonValue, model_validator

from azuraforge.datasets.names import stem
from azuraforge.datasets.reading.delimited import table_of
from azuraforge.datasets.reading.times import read_times
from azuraforge.datasets.sources.http_pages import (
    AuthorizationKind,
    Pages,
    Paging,
    PagingOptions,
    authorizing,
    digest_of,
)
from azuraforge.datasets.sources.tables import FileTableOptions, TableSource, meaning_of
from azuraforge.errors import InvalidInput, InvalidValue, TransientError
from azuraforge.messages import Message
from azuraforge.plugins import SecretName, SourceNews, SourceRead
from azuraforge.plugins.contract.shape import Shape, in_turkish

_SILENCE_SECONDS = 30.0
_ACCEPT = "text/csv, application/x-ndjson, application/vnd.apache.parquet, */*;q=0.5"
#: Status codes after which a retry may succeed.
_PASSING = (408, 425, 429)
_HEAD_BYTES = 1024


def _plain_address(url: str) -> str:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        raise InvalidValue("the address is invalid") from None
    if parts.scheme not in ("https", "http") or not parts.host:
        raise InvalidValue("the address must start with https:// and contain a host name")
    if parts.userinfo:
        raise InvalidValue("the address must not contain a password: everyone who can read the dataset can see it")
    return url


class HttpOptions(FileTableOptions):
    """The address of the table, its authorization, its format and its paging."""

    url: Annotated[str, AfterValidator(_plain_address)] = Field(
        max_length=2000,
        title="URL",
        description="HTTPS address of a CSV, JSON Lines or Parquet file",
        json_schema_extra=in_turkish("URL", "Bir CSV, JSON Lines ya da Parquet dosyasının HTTPS adresi"),
    )

    authorization: SecretName | None = Field(
        default=None,
        title="Authorization",
        description="Name of the secret that is sent to this host only",
        json_schema_extra=in_turkish("Yetkilendirme", "Yalnızca bu sunucuya gönderilen sırrın adı"),
    )
    authorization_kind: AuthorizationKind = Field(
        default="bearer",
        title="Kind of authorization",
        description="bearer: the secret is a token. basic: the secret is USER:PASSWORD. header: the secret"
        " is the value of a header",
        json_schema_extra=in_turkish(
            "Yetkilendirme türü",
            "bearer: sır bir jetondur. basic: sır KULLANICI:PAROLA biçimindedir. header: sır bir başlığın değeridir",
        ),
    )
    authorization_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")] | None = Field(
        default=None,
        title="Authorization header",
        description="Name of the header if the kind is header, such as X-Api-Key",
        json_schema_extra=in_turkish("Yetkilendirme başlığı", "Tür header ise başlığın adı, örneğin X-Api-Key"),
    )
    rows_field: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        title="Field of the rows",
        description="Field of a JSON document that contains the rows, such as data.items; '.' is the document itself",
        json_schema_extra=in_turkish(
            "Satırların alanı", "Bir JSON belgesinde satırları içeren alan, örneğin data.items; '.' belgenin kendisidir"
        ),
    )
    paging: Paging = Field(
        default="none",
        title="Paging",
        description="next_field: the JSON document contains the next address. link_header: a Link header with"
        " rel=next. page, offset: a query parameter contains the page number or row offset",
        json_schema_extra=in_turkish(
            "Sayfalama",
            "next_field: JSON belgesi sonraki adresi içerir. link_header: rel=next içeren bir Link başlığı."
            " page, offset: bir sorgu parametresi sayfa numarasını ya da satır konumunu taşır",
        ),
    )
    next_field: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        title="Field of the next address",
        description="Field of the JSON document if paging is next_field, such as links.next",
        json_schema_extra=in_turkish(
            "Sonraki adresin alanı", "Sayfalama next_field ise JSON belgesindeki alan, örneğin links.next"
        ),
    )
    page_parameter: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        title="Page parameter",
        description="Query parameter with the page number or row offset. Empty: page or offset, as in paging",
        json_schema_extra=in_turkish(
            "Sayfa parametresi",
            "Sayfa numarasını ya da satır konumunu taşıyan sorgu parametresinin adı. Boş: sayfalamaya göre page ya da"
            " offset",
        ),
    )
    max_pages: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        title="Maximum pages",
        description="Maximum number of pages to read; more pages are an error",
        json_schema_extra=in_turkish("En çok sayfa sayısı", "Belge bundan çok sayfa içerirse hata verilir"),
    )

    @model_validator(mode="after")
    def _fits(self) -> HttpOptions:
        if (self.authorization_kind == "header") != (self.authorization_header is not None):
            raise InvalidValue("authorization_header requires authorization_kind=header, and vice versa")
        if self.authorization is None and self.authorization_kind != "bearer":
            raise InvalidValue("authorization_kind requires authorization, the name of a secret")
        if (self.paging == "next_field") != (self.next_field is not None):
            raise InvalidValue("next_field requires paging=next_field, and vice versa")
        if self.next_field is not None and self.rows_field is None:
            raise InvalidValue("next_field requires rows_field, the field of the rows")
        if self.page_parameter is not None and self.paging not in ("page", "offset"):
            raise InvalidValue("page_parameter requires paging=page or paging=offset")
        return self

    @property
    def pages(self) -> PagingOptions:
        """Paging options, with the default parameter filled in."""
        parameter = self.page_parameter or self.paging
        return PagingOptions(self.paging, parameter, self.next_field, self.rows_field, self.max_pages)


class HttpCursor(Shape):
    """Cursor with the state of the table when it was last read."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str
    rows: int
    start: datetime
    end: datetime


class Http(TableSource[HttpOptions]):
    """Source that fetches a table through the guarded HTTP client, and skips it if the server reports it unchanged."""

    name = "http"
    Options: ClassVar[type[BaseModel]] = HttpOptions
    title: ClassVar[Mapping[str, str]] = {"en": "Table from the web", "tr": "Web'den tablo"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "A CSV, JSON Lines or Parquet file, or a paged JSON document, at an HTTPS address.",
        "tr": "Bir HTTPS adresindeki CSV, JSON Lines ya da Parquet dosyası veya sayfalı JSON belgesi.",
    }
    silence_seconds: ClassVar[float] = _SILENCE_SECONDS

    def read(self, options: HttpOptions) -> SourceRead:
        """Fetch the table.

        Raises InvalidInput if the server refuses the request or does not return a table, and TransientError if the
        server is unavailable.
        """
        read = self._fetch(options, None)
        assert read is not None  # None means unchanged, which requires a cursor
        return read

    def read_since(self, options: HttpOptions, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Fetch the table; return no rows if it is unchanged since it was last read.

        Raises the errors of ``read``, and TransientError also if the server responds with a web page, or if the table
        has become empty, or shorter without covering a later period.
        """
        before = None if not cursor else HttpCursor.model_validate(cursor)
        read = self._fetch(options, before)
        if read is None:
            return SourceNews(None, cursor or {})
        return SourceNews(read, read.cursor or {})

    def _fetch(self, options: HttpOptions, before: HttpCursor | None) -> SourceRead | None:
        url = httpx.URL(options.url)
        # A condition would only cover the first page; others may change without it.
        conditions = _conditions(before) if options.paging == "none" else {}
        headers = {"Accept": _ACCEPT if options.rows_field is None else "application/json", **conditions}
        pages = Pages(options, options.pages, self.limits, _name_of(url))
        digests: list[str] = []
        with self.temporary_file() as path, self._client(options, url, headers) as client:
            asked: httpx.URL | None = pages.first(url)
            while asked is not None:
                with _clear_errors(asked.host), client.stream("GET", asked) as answer:
                    if conditions and answer.status_code == httpx.codes.NOT_MODIFIED:
                        return None
                    _check_status(answer, asked.host)
                    digests.append(_save(answer, path))
                if options.paging == "none" and before is not None and digests[0] == before.sha256:
                    return None
                _refuse_page(path, answer, asked.host, again=before is not None)
                with _shrunken_to_nothing(url.host, before):
                    asked = pages.take(path, asked, answer)
            sha256 = digest_of(digests)
            if before is not None and sha256 == before.sha256:
                return None
            return self._table(pages, path, options, answer, sha256, before)

    def _client(self, options: HttpOptions, url: httpx.URL, headers: Mapping[str, str]) -> httpx.Client:
        client = self.http_client(timeout_seconds=self.silence_seconds, headers=headers, encrypted=True)
        if options.authorization is not None:
            kind, header = options.authorization_kind, options.authorization_header
            client.event_hooks["request"] = [authorizing(url, kind, header, self.secret(options.authorization))]
        return client

    def _table(
        self,
        pages: Pages,
        path: Path,
        options: HttpOptions,
        answer: httpx.Response,
        sha256: str,
        before: HttpCursor | None,
    ) -> SourceRead:
        url = httpx.URL(options.url)
        file = _name_of(url)
        with _shrunken_to_nothing(url.host, before):
            frame, findings = pages.table(path)
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


def _name_of(url: httpx.URL) -> str:
    return unquote(PurePosixPath(url.path).name) or url.host


@contextmanager
def _clear_errors(host: str) -> Iterator[None]:
    """Convert errors of the HTTP client to TransientError or InvalidInput."""
    try:
        yield
    except httpx.TimeoutException:
        raise _away(Message("{host} did not answer in time", {"host": host})) from None
    except httpx.TooManyRedirects:
        raise _refused(Message("{host} redirects too many times", {"host": host}), "too_many_redirects") from None
    except httpx.HTTPError as error:
        raise _away(
            Message(
                "{host} cannot be reached, or closed the connection ({reason})",
                {"host": host, "reason": type(error).__name__},
            )
        ) from None


@contextmanager
def _shrunken_to_nothing(host: str, before: HttpCursor | None) -> Iterator[None]:
    """Convert the error of an empty table to TransientError if the table had rows before."""
    try:
        yield
    except InvalidInput as error:
        if before is not None and error.error_code == "empty_file":
            raise _shrunken(host, 0, before.rows) from None
        raise


def _conditions(before: HttpCursor | None) -> dict[str, str]:
    if before is None:
        return {}
    if before.etag:
        return {"If-None-Match": before.etag}
    return {"If-Modified-Since": before.last_modified} if before.last_modified else {}


def _check_status(answer: httpx.Response, host: str) -> None:
    status = answer.status_code
    if status >= 500 or status in _PASSING:
        raise _away(Message("{host} responded with status {status}", {"host": host, "status": status}))
    if status in (401, 403):
        raise InvalidInput(
            "{host} refuses the request ({status})",
            where="source http",
            next_step="check the option authorization and its secret",
            code="refused_by_source",
            host=host,
            status=status,
        )
    if status != httpx.codes.OK:
        raise _refused(
            Message("{host} refuses the request ({status})", {"host": host, "status": status}), "refused_by_source"
        )


def _save(answer: httpx.Response, path: Path) -> str:
    """Write the response body to ``path``, and return its SHA-256. The client limits its size and duration."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for piece in answer.iter_bytes():
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _refuse_page(path: Path, answer: httpx.Response, host: str, *, again: bool) -> None:
    """Raise an error if the response is a web page, such as a login or maintenance page.

    The error is TransientError if the table was read before (``again``), else InvalidInput.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_page = answer.headers.get("content-type", "").lower().startswith(("text/html", "application/xhtml"))
    if not is_page and not head.startswith((b"<!doctype", b"<html", b"<?xml", b"<!--")):
        return
    sentence = Message("{host} responded with a web page instead of a table", {"host": host})
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
        "the table at {host} has {rows:,} rows but had {before:,} before: it may be incomplete",
        where="source http",
        next_step="if the table was shortened on purpose, add the dataset again from this source",
        host=host,
        rows=rows,
        before=before,
    )


def _away(problem: Message) -> TransientError:
    return TransientError(
        "{problem}", where="source http", next_step="try again later, or check the address", problem=problem
    )


def _refused(problem: Message, code: str) -> InvalidInput:
    return InvalidInput(
        "{problem}", where="source http", next_step="check the address in a browser", code=code, problem=problem
    )
