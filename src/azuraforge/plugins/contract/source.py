"""The contract of a source: where the rows of a dataset come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal

from pydantic import BaseModel, JsonValue, SecretStr
from typing_extensions import TypeVar  # with defaults; it comes with pydantic

from azuraforge.errors import InvalidInput
from azuraforge.outgoing import Policy

if TYPE_CHECKING:
    import httpx
    import polars as pl


#: The source's own ``Options``; it may be left out: ``class Files(Source)``.
OptionsT = TypeVar("OptionsT", bound=BaseModel, default=Any)


@dataclass(frozen=True)
class SourceFinding:
    """A remark of a source about what it read: stored with the version, or noted in the run where nothing new came.

    Attributes:
        code: stable, for programs.
        text: one sentence by language code.
        where: the place, such as a file.
    """

    code: str
    text: Mapping[str, str]
    severity: Literal["info", "warning"] = "warning"
    count: int = 1
    where: str = ""


@dataclass(frozen=True)
class SourceRead:
    """A raw frame, and what its columns mean.

    Text columns are read as those of a CSV file are: times, decimal commas and missing values are found.

    Attributes:
        features: columns; None: every other numeric column.
        provenance: address, licence, citation …, stored with the dataset version.
        cursor: the position behind these rows of a source that can be asked again (``read_since``), stored with the
            version: JSON.
        series: the column that tells several series apart; None: one series.
        decimal: of numbers as text; None: found.
        time_format: of times as text, such as ``%d/%m/%Y``; None: found.
        findings: remarks, stored with the version.
    """

    frame: pl.DataFrame
    time: str | None
    target: str
    features: tuple[str, ...] | None = ()
    unit: str = ""
    timezone: str = "UTC"
    provenance: Mapping[str, object] = field(default_factory=dict)
    cursor: Mapping[str, object] | None = None
    series: str | None = None
    decimal: Literal[".", ","] | None = None
    time_format: str | None = None
    findings: Sequence[SourceFinding] = ()


@dataclass(frozen=True)
class SourceNews:
    """New rows of a source after a cursor.

    Attributes:
        read: rows since the cursor; rows that the dataset has already may be among them. None: nothing new.
        cursor: where to go on the next time. It is stored with the rows in one transaction.
        findings: remarks, also where nothing is new.
    """

    read: SourceRead | None
    cursor: Mapping[str, object]
    findings: Sequence[SourceFinding] = ()


@dataclass(frozen=True)
class ImageRead:
    """Images read by a source.

    Attributes:
        frame: ``image`` (raw uint8, row-major height × width × channels), ``label`` (text), and where they are known
            ``part`` (``"train"``, ``"test"`` or null) and ``name``.
        height: of every picture, in pixels.
        width: of every picture, in pixels.
        channels: 1 (grey) or 3 (red, green, blue).
        provenance: address, licence, citation …, stored with the dataset version.
    """

    frame: pl.DataFrame
    height: int
    width: int
    channels: int
    provenance: Mapping[str, object] = field(default_factory=dict)


class Source(ABC, Generic[OptionsT]):
    """Reads rows from somewhere. ``Options`` becomes the form, the flags and the validation.

    Attributes:
        outgoing: the addresses that requests may reach; the platform sets it before ``read``. The default reaches
            public addresses only.
        secrets: values of the secrets that the options name in fields of the type ``SecretName``; see ``secret``.
        folders: folders of this machine that an administrator allowed sources to read; the platform sets them.
    """

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}
    outgoing: Policy = Policy()
    folders: Sequence[Path] = ()
    secrets: Mapping[str, SecretStr] = {}

    def http_client(
        self, *, timeout_seconds: float = 60.0, headers: Mapping[str, str] | None = None, encrypted: bool = False
    ) -> httpx.Client:
        """Open a guarded HTTP client for addresses that a user names; use it in a ``with`` block.

        Each address is checked before the connection, for redirects too; a private one raises ``InvalidInput``. Keep
        answers out of error messages: they may come from a machine that the user cannot reach.

        Args:
            timeout_seconds: longest silence of the server.
            headers: sent with each request.
            encrypted: refuse http, for redirects too, except to addresses that the administrator named.
        """
        from azuraforge.outgoing.client import open_client  # children of other plugins start without httpx

        return open_client(self.outgoing, timeout_seconds=timeout_seconds, headers=headers, encrypted=encrypted)

    def secret(self, name: str) -> str:
        """Return the value of a secret that the options name; keep it out of errors, cursors and provenance."""
        if name not in self.secrets:
            raise InvalidInput(
                "the source {source} has no secret {secret!r}: it does not exist, or its option is not "
                "declared as SecretName",
                where="source {source}",
                next_step="set it with azuraforge secrets set {secret}",
                code="no_such_secret",
                source=self.name,
                secret=name,
            )
        return self.secrets[name].get_secret_value()

    @abstractmethod
    def read(self, options: OptionsT) -> SourceRead | ImageRead:
        """Read everything ``options`` ask for; raise ``UserError`` or ``TransientError`` with one clear sentence."""

    def read_since(self, options: OptionsT, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Read what came after ``cursor``, which an earlier ``read`` or ``read_since`` returned; None: it has none.

        A source that can be asked again overrides this. It may be called twice with the same cursor, since a refresh
        that was killed is repeated. Rows that the dataset has already are left out by the platform. Raises
        ``UserError`` or ``TransientError`` with one clear sentence.
        """
        raise InvalidInput(
            "the source {source} does not support refreshing",
            where="source {source}",
            next_step="add the dataset again under the same name",
            code="nothing_to_ask",
            source=self.name,
        )
