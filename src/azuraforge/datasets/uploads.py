"""Streaming upload of files, with authentication first and a size limit.

FastAPI's ``UploadFile`` receives the whole body before any dependency runs, so any client could fill the disk.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from azuraforge.errors import InvalidInput, StorageError
from azuraforge.messages import Message

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD_BYTES = 256 * 1024


@dataclass
class Upload:
    """A received file and the other fields of its form."""

    path: Path
    filename: str = ""
    fields: dict[str, bytes] = field(default_factory=dict)


_COMPRESS = Message("compress the file, or ask an administrator to raise AZURAFORGE_SERVER__MAX_BODY_BYTES")


async def receive(
    request: Request,
    folder: Path,
    max_bytes: int,
    part: str = "file",
    next_step: Message = _COMPRESS,
) -> Upload:
    """Stream a multipart form into ``folder``: the part named ``part`` as a file, every other part as a field.

    The caller removes the folder. Raises InvalidInput if the body is not a multipart form with this part, has too many
    fields, or is larger than ``max_bytes``, for which the error suggests ``next_step``. Raises StorageError if the file
    cannot be written.
    """
    kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    boundary = parameters.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise InvalidInput(
            "the request has no multipart form",
            where="body",
            next_step="send the file as part {part!r} of a multipart form",
            part=part,
        )
    form = _Form(Upload(folder / "upload"), part)
    received = 0
    try:
        parser = MultipartParser(boundary, form.callbacks())
        async for chunk in request.stream():
            received += len(chunk)
            if received > max_bytes:
                raise InvalidInput(
                    "the file is larger than {most} MiB",
                    where="body",
                    next_step="{step}",
                    code="too_large",
                    step=next_step,
                    most=max_bytes // 2**20,
                )
            await to_thread.run_sync(parser.write, chunk)
        parser.finalize()
    except FormParserError as error:
        raise InvalidInput(
            "the form cannot be read: {reason}", where="body", next_step="send the form again", reason=error
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                "the disk is full",
                where="{place}",
                next_step="free some space, then send the file again",
                place=str(folder),
            ) from error
        raise StorageError(
            "the upload cannot be written: {reason}",
            where="{place}",
            next_step="make the folder writable, then send the file again",
            reason=error.strerror,
            place=str(folder),
        ) from error
    finally:
        form.close()
    if not form.complete or not form.upload.filename:
        raise InvalidInput(
            "the form is incomplete, or contains no file",
            where="body",
            next_step="send the file as part {part!r} of a multipart form",
            part=part,
        )
    return form.upload


class _Form:
    """A multipart form, assembled from the parser's callbacks."""

    def __init__(self, upload: Upload, part: str) -> None:
        self.upload = upload
        self._part = part
        self.complete = False
        self._header = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._file: IO[bytes] | None = None

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_part_end": self.close,
            "on_end": self._end,
        }

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._headers = {}

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _open(self) -> None:
        _, parameters = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = parameters.get(b"name", b"").decode("utf-8", "replace")
        if self._name == self._part:
            if self.upload.filename:
                raise InvalidInput("the form has two files", where="body", next_step="send one file per request")
            sent = parameters.get(b"filename", b"").decode("utf-8", "replace").replace("\\", "/")
            shown = "".join(letter for letter in sent.rsplit("/", 1)[-1] if letter.isprintable())
            self.upload.filename = shown[:200] or "upload"
            self._file = self.upload.path.open("wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        value = self.upload.fields.get(self._name, b"") + data[start:end]
        if len(value) > FIELD_BYTES or len(self.upload.fields) > 16:
            raise InvalidInput(
                "the form has too many fields, or the field {field!r} is too large",
                where="body",
                next_step="send only the options of the request",
                field=self._name[:40],
            )
        self.upload.fields[self._name] = value

    def _end(self) -> None:
        self.complete = True
