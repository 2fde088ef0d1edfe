"""HTTP connection to a platform: sends and returns JSON, and raises error responses as ``ApiError``."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TypeAlias
from urllib.parse import quote

import httpx

from azuraforge.client.errors import ApiError, PlatformUnreachable
from azuraforge.client.http.address import Address, AddressBook

#: A query parameter; None is omitted.
Query: TypeAlias = str | int | float | bool | Sequence[str] | None
#: A file in a form: its name, content and media type.
File: TypeAlias = tuple[str, IO[bytes] | bytes, str]

API = "/api/v1"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0


class Connection:
    """HTTP connection to the platform that the address book finds. Thread-safe.

    Args:
        project: slug of the project that requests name; None: they name none.
    """

    def __init__(self, book: AddressBook, language: str = "en", project: str | None = None) -> None:
        self.book = book
        self.language = language
        self.project = project
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None
        self._address: Address | None = None

    @property
    def url(self) -> str:
        """The platform's URL. Raises PlatformUnreachable if none is known."""
        return self._open()[1].url

    def get(self, path: str, timeout_seconds: float = ANSWER_SECONDS, **query: Query) -> object:
        """Send a GET request and return the response's JSON. Retry once if the connection fails, but not on a timeout.

        Raises the errors of ``request``.
        """
        try:
            return self.request("GET", path, query=query, timeout_seconds=timeout_seconds)
        except PlatformUnreachable as error:
            if isinstance(error.__cause__, httpx.TimeoutException):
                raise
            return self.request("GET", path, query=query, timeout_seconds=timeout_seconds)

    def post(self, path: str, body: object = None, timeout_seconds: float = ANSWER_SECONDS) -> object:
        return self.request("POST", path, json=body, timeout_seconds=timeout_seconds)

    def delete(self, path: str) -> object:
        return self.request("DELETE", path)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Query] | None = None,
        timeout_seconds: float = ANSWER_SECONDS,
        json: object = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, File] | None = None,
        content: IO[bytes] | bytes | None = None,
    ) -> object:
        """Send one request to a path below ``/api/v1``; return the response's JSON, or None if the response is empty.

        Args:
            json: JSON body of the request.
            data: fields of a form, instead of ``json``.
            files: files of a form, instead of ``json``.
            content: a file's content, instead of ``json``.

        Raises ApiError if the platform refuses the request or its response is not JSON, and PlatformUnreachable if its
        address is unknown or it does not respond.
        """
        http, address = self._open()
        try:
            answer = http.request(
                method,
                address.url + API + path,
                params=_without_none(query),
                timeout=httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
                headers=self._headers(address),
                json=json,
                data=data,
                files=files,
                content=content,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.forget()
            raise unreachable(address, error) from error
        if answer.is_error:
            self._look_again(answer)
            raise problem(answer)
        return _json(answer) if answer.content else None

    @contextlib.contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str], silence_seconds: float, **query: Query
    ) -> Iterator[httpx.Response]:
        """Open a streaming response.

        Raises the errors of ``request``, and PlatformUnreachable after ``silence_seconds`` without data.
        """
        http, address = self._open()
        try:
            with http.stream(
                "GET",
                address.url + API + path,
                params=_without_none(query),
                timeout=httpx.Timeout(silence_seconds, connect=CONNECT_SECONDS),
                headers={**headers, **self._headers(address)},
            ) as answer:
                if answer.is_error:
                    answer.read()
                    self._look_again(answer)
                    raise problem(answer)
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.forget()
            raise unreachable(address, error) from error

    def forget(self) -> None:
        """Discard the address, so that the next request looks it up again after a restart of the platform."""
        with self._lock:
            self._address = None

    def _look_again(self, answer: httpx.Response) -> None:
        """Discard the address after a 401 response, because a restarted platform writes a new token."""
        if answer.status_code == 401:
            self.forget()

    def close(self) -> None:
        with self._lock:
            http, self._http, self._address = self._http, None, None
        if http is not None:
            http.close()

    def __del__(self) -> None:
        # Clients in notebooks are rarely closed explicitly.
        with contextlib.suppress(Exception):
            self.close()

    def _headers(self, address: Address) -> dict[str, str]:
        """Return the headers of every request: the language of errors, the token and the project if there are any."""
        headers = {"Accept-Language": self.language}
        if address.token:
            headers["Authorization"] = f"Bearer {address.token}"
        if self.project:
            headers["AzuraForge-Project"] = segment(self.project)  # slugs stay as they are; a header holds only ASCII
        return headers

    def _open(self) -> tuple[httpx.Client, Address]:
        with self._lock:
            if self._address is None:
                self._address = self.book.find()
            if self._http is None:
                # A proxy cannot reach this machine's loopback. Loading certificates is slow and needed for https only.
                self._http = httpx.Client(
                    trust_env=not self._address.is_loopback, verify=self._address.url.startswith("https:")
                )
            return self._http, self._address


def segment(name: str) -> str:
    """Return a name encoded as one segment of a URL path.

    Example:
        >>> segment("weather/ankara")
        'weather%2Fankara'
    """
    return quote(name, safe="")


def problem(answer: httpx.Response) -> ApiError:
    """Return the error for an error response, even if it is not a problem document, for example from a proxy."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or "detail" not in problem:
        return ApiError(
            answer.status_code,
            "unexpected_answer",
            "{url} returned {status} {reason}",
            next_step="check that an AzuraForge platform listens at this address",
            url=str(answer.request.url.copy_with(query=None)),
            status=answer.status_code,
            reason=answer.reason_phrase,
        )
    return ApiError.of(answer.status_code, problem)


def unreachable(address: Address, error: Exception) -> PlatformUnreachable:
    """Return a network error as PlatformUnreachable, with a message for its kind."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return PlatformUnreachable(
            "no platform answers at {url}",
            next_step="start the platform with `azuraforge up`, or check the address",
            url=address.url,
        )
    if isinstance(error, httpx.TimeoutException):
        return PlatformUnreachable(
            "the platform at {url} did not answer in time",
            next_step="try again, or read the platform's log",
            url=address.url,
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return PlatformUnreachable(
            "{url!r} is not a valid address", next_step="write it in the form http://127.0.0.1:8787", url=address.url
        )
    return PlatformUnreachable(
        "the connection to {url} was interrupted: {reason}",
        next_step="try again",
        url=address.url,
        reason=str(error).rstrip(".") or type(error).__name__,
    )


def _json(answer: httpx.Response) -> object:
    try:
        found: object = answer.json()
        return found
    except ValueError:
        raise ApiError(
            answer.status_code,
            "unexpected_answer",
            "the response from {url} is not JSON",
            next_step="check that an AzuraForge platform listens at this address",
            url=str(answer.request.url.copy_with(query=None)),
        ) from None


def _without_none(query: Mapping[str, Query] | None) -> dict[str, str | int | float | bool | Sequence[str]]:
    return {name: value for name, value in (query or {}).items() if value is not None}
