"""The contract of a source: a plugin that reads the rows or images of a dataset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal

from pydantic import BaseModel, JsonValue, SecretStr
from typing_extensions import TypeVar  # supports defaults; a dependency of pydantic

from azuraforge.errors import InvalidInput
from azuraforge.outgoing import Policy

if TYPE_CHECKING:
    import httpx
    import polars as pl


#: Type of the source's ``Options``. It may be omitted: ``class Files(Source)``.
OptionsT = TypeVar("OptionsT", bound=BaseModel, default=Any)


@dataclass(frozen=True)
class SourceFinding:
    """A remark of a source about its data; stored with the dataset version, or in the run if there are no new rows.

    Attributes:
        code: stable code for programs.
        text: one sentence by language code.
        severity: ``info`` or ``warning``.
        count: number of occurrences.
        where: place of the occurrences, such as a file; may be empty.
    """

    code: str
    text: Mapping[str, str]
    severity: Literal["info", "warning"] = "warning"
    count: int = 1
    where: str = ""


@dataclass(frozen=True)
class SourceRead:
    """The rows that a source returns, with the meaning of their columns.

    Text columns are parsed like those of a CSV file: times, decimal commas and missing values are recognised.

    Attributes:
        frame: rows as read.
        time: name of the column of times; None if there is none.
        target: name of the column to predict.
        features: names of the columns to learn from; None for all other numeric columns.
        unit: unit of the target; may be empty.
        timezone: time zone of the series.
        provenance: address, licence, citation and similar facts, stored with the dataset version.
        cursor: JSON position after these rows, from which ``read_since`` continues; stored with the dataset version.
            None if the source cannot be read incrementally.
        series: name of the column that identifies the series of a panel; None for a single series.
        decimal: decimal separator of numbers in text columns; None to detect it.
        time_format: format of times in text columns, such as ``%d/%m/%Y``; None to detect it.
        findings: remarks that are stored with the dataset version.
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
    """The rows that a source returns for a refresh.

    Attributes:
        read: rows after the cursor; they may include rows that the dataset already contains. None if there are none.
        cursor: JSON position from which the next refresh continues, stored with the rows in one transaction.
        findings: remarks; allowed even if there are no new rows.
    """

    read: SourceRead | None
    cursor: Mapping[str, object]
    findings: Sequence[SourceFinding] = ()


@dataclass(frozen=True)
class ImageRead:
    """Images read by a source.

    Attributes:
        frame: columns ``image`` (raw uint8 bytes, row-major height × width × channels) and ``label`` (text); optional
            are ``part`` (``"train"``, ``"test"`` or null) and ``name``.
        height: height of every image in pixels.
        width: width of every image in pixels.
        channels: 1 (grey) or 3 (red, green, blue).
        provenance: address, licence, citation and similar facts, stored with the dataset version.
    """

    frame: pl.DataFrame
    height: int
    width: int
    channels: int
    provenance: Mapping[str, object] = field(default_factory=dict)


class Source(ABC, Generic[OptionsT]):
    """Base class of sources, which read the rows or images of a dataset.

    The form, the command-line options and the validation of a source are generated from ``Options``.

    Attributes:
        outgoing: policy that states which addresses requests may reach; the platform sets it before it calls ``read``.
            The default allows public addresses only.
        folders: folders of this machine that an administrator allowed sources to read; set by the platform.
        secrets: secret name → value, for the secrets that options of the type ``SecretName`` name; see ``secret``.
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
        """Return an HTTP client that reaches only addresses which ``outgoing`` allows; use it in a ``with`` block.

        Each address is checked before the connection, also after redirects. Requests raise ``InvalidInput`` if
        ``outgoing`` does not allow the address, if they use http although ``encrypted`` is set, or if the response is
        too large, and ``httpx.HTTPError`` if they fail for another reason. Do not quote responses in error messages:
        they may come from a machine that the user is not allowed to reach.

        Args:
            timeout_seconds: longest time to wait for data from the server.
            headers: headers of every request.
            encrypted: whether to refuse http, also after redirects, except for addresses that the administrator
                allowed.
        """
        from azuraforge.outgoing.client import open_client  # plugins that send no requests start faster without httpx

        return open_client(self.outgoing, timeout_seconds=timeout_seconds, headers=headers, encrypted=encrypted)

    def secret(self, name: str) -> str:
        """Return the value of the secret ``name``, which must not appear in errors, cursors or provenance.

        Raises InvalidInput if the secret does not exist or no option of the type ``SecretName`` names it.
        """
        if name not in self.secrets:
            raise InvalidInput(
                "the source {source} cannot read the secret {secret!r}: the secret does not exist, or its option "
                "is not declared as SecretName",
                where="source {source}",
                next_step="set the secret with azuraforge secrets set {secret}",
                code="no_such_secret",
                source=self.name,
                secret=name,
            )
        return self.secrets[name].get_secret_value()

    @abstractmethod
    def read(self, options: OptionsT) -> SourceRead | ImageRead:
        """Return all data that ``options`` request.

        Raises ``UserError`` if the options or the data are wrong, and ``TransientError`` if a later attempt may
        succeed; each with one clear sentence.
        """

    def read_since(self, options: OptionsT, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Return the rows after ``cursor``; the default raises InvalidInput, for sources that cannot be refreshed.

        It may be called twice with the same cursor, because an interrupted refresh is repeated. The platform drops rows
        that the dataset already contains.

        Args:
            options: validated options of the source.
            cursor: position that the previous ``read`` or ``read_since`` returned; None if it returned no cursor.

        Raises ``UserError`` if the options or the data are wrong, and ``TransientError`` if a later attempt may
        succeed; each with one clear sentence.
        """
        raise InvalidInput(
            "the source {source} does not support refreshing",
            where="source {source}",
            next_step="add the dataset again under the same name",
            code="nothing_to_ask",
            source=self.name,
        )
