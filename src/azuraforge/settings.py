"""Settings: ``AZURAFORGE_*`` in the environment, or ``azuraforge.toml`` in the data home."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from azuraforge.errors import InvalidValue
from azuraforge.messages import Message

#: A worker takes runs of the queues that it is told; which run is for which stands in ``RunSettings.queues``.
Queue = Literal["cpu", "gpu", "io"]
QUEUES: tuple[Queue, ...] = get_args(Queue)


class ServerSettings(BaseModel):
    """The HTTP application: its address, and what one client may take."""

    host: str = "127.0.0.1"
    port: int = Field(default=8787, ge=0, le=65535, description="0 takes a free port")
    public_url: str | None = Field(
        default=None,
        description="address that browsers use, such as https://ml.example.org; required beyond loopback",
    )
    max_body_bytes: int = Field(default=512 * 1024 * 1024, ge=1024, description="an uploaded file")
    max_json_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, description="any other body")
    children_at_once: int = Field(
        default=16, ge=1, description="requests that wait for a short answer of a child process, such as a validation"
    )
    children_per_project: int = Field(default=8, ge=1, description="of these, of one project")
    children_in_line: int = Field(default=200, ge=0, description="requests of one project that wait for their turn")
    max_header_bytes: int = Field(
        default=64 * 1024, ge=1024, description="request line and headers together; also a body's trailers"
    )
    header_seconds: float = Field(default=10.0, gt=0, description="from the first byte to the end of the headers")
    body_seconds: float = Field(
        default=20.0, gt=0, description="for a body, plus a second for each min_body_bytes_per_second that arrived"
    )
    min_body_bytes_per_second: int = Field(default=1024, ge=1)
    stalled_seconds: float = Field(default=60.0, gt=0, description="a client that reads nothing so long is cut off")
    max_connections: int = Field(
        default=1000, ge=1, description="at once; at most half of the file descriptors that the process may open"
    )
    max_connections_per_address: int | None = Field(
        default=None,
        ge=1,
        description="at once, from one IPv4 address or IPv6 /64 other than this machine; None: a quarter of"
        " max_connections, or all where only this machine can connect",
    )

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str | None) -> str | None:
        return origin_of(url) if url else None

    @property
    def is_loopback(self) -> bool:
        """True if only this machine can connect."""
        if self.host.lower() == "localhost":
            return True
        address = _ip(self.host)
        return address is not None and address.is_loopback

    @property
    def listens_everywhere(self) -> bool:
        """True if ``host`` means every network interface."""
        address = _ip(self.host)
        return not self.host or (address is not None and address.is_unspecified)


class RunSettings(BaseModel):
    """Execution of runs."""

    concurrency: int = Field(default=max(1, (os.cpu_count() or 2) - 1), ge=1, description="runs at once")
    lease_seconds: float = Field(default=15.0, gt=0)
    beat_seconds: float = Field(default=4.0, gt=0)
    reap_seconds: float = Field(default=2.0, gt=0)
    cancel_grace_seconds: float = Field(default=5.0, ge=0)
    max_consecutive_deaths: int = Field(default=3, ge=1)
    max_transient_retries: int = Field(default=5, ge=0)
    max_running_per_project: int | None = Field(default=None, ge=1, description="None: as many as there are slots")
    memory_limit_bytes: int | None = Field(
        default=None, ge=1, description="memory of an attempt's processes; a run may ask for less"
    )
    time_limit_seconds: float | None = Field(
        default=None, gt=0, description="wall time of one attempt; a run may ask for less"
    )
    sample_seconds: float = Field(default=5.0, gt=0, description="how often an attempt's processes are measured")
    reports: bool = Field(default=True, description="write a run's report when it ends; else when it is asked for")
    queues: dict[str, Queue] = Field(default={}, description="plugin or kind of run → queue; cpu where none is named")

    def queue_of(self, kind: str, plugin: str | None) -> Queue:
        """The queue of a run; its plugin's says more than its kind's.

        Example:
            >>> RunSettings(queues={"agent": "io", "my.net": "gpu"}).queue_of("train", "my.net")
            'gpu'
        """
        return self.queues.get(plugin or "") or self.queues.get(kind, "cpu")


class EngineSettings(BaseModel):
    """The backend that computes the engine's ops in runs and warm predictors."""

    backend: Literal["auto", "cpu", "reference"] = Field(
        default="auto",
        description="auto: compiled kernels where they work, else NumPy; cpu: only kernels; reference: only NumPy",
    )
    instruction_set: Literal["avx512", "avx2", "portable"] | None = Field(
        default=None, description="None: the best of this processor; the same one on all machines gives the same bits"
    )
    kernels: Path | None = Field(
        default=None, description="where compiled kernels lie; None: kernels/ in the data home"
    )


class ServingSettings(BaseModel):
    """Versions that are kept loaded to answer at once."""

    warm_bytes: int = Field(
        default=1 << 30, ge=1, description="memory of their processes together; the least recently asked ends first"
    )


class OutgoingSettings(BaseModel):
    """Requests that the platform sends to addresses which users name: sources that read over HTTP."""

    allow: str | list[str] = Field(
        default="",
        description="networks, addresses and host names that may be reached although they are not public, separated"
        " by commas: 10.0.0.0/8, 127.0.0.1:8080, weather.lan",
    )
    proxy: str | None = Field(
        default=None, pattern=r"^https?://", description="sends all requests; variables such as HTTP_PROXY are ignored"
    )
    max_bytes: int = Field(default=256 << 20, ge=1, description="one answer, decompressed")
    max_seconds: float = Field(default=300.0, gt=0, description="one answer")
    max_redirects: int = Field(default=5, ge=0)


class ReadingSettings(BaseModel):
    """Limits of one file or source that becomes a dataset. Sizes are computed before anything of that size is built."""

    memory_bytes: int = Field(default=4 << 30, ge=256 << 20, description="memory of one reading process")
    table_bytes: int = Field(default=512 << 20, ge=1, description="a table as text, decompressed")
    values: int = Field(
        default=32_000_000, ge=1, description="rows times columns of a table, missing rows that are added included"
    )
    columns: int = Field(default=10_000, ge=2, description="columns of a table")
    picture_bytes: int = Field(default=1 << 30, ge=1, description="pixels of all pictures, decoded")
    at_once: int = Field(default=4, ge=1, description="files and sources that are read at once")
    per_project: int = Field(default=2, ge=1, description="of these, for one project")


class Settings(BaseSettings):
    """Everything that can be configured.

    Example:
        >>> Settings(home=Path("/tmp/azura")).server.port
        8787
    """

    model_config = SettingsConfigDict(env_prefix="AZURAFORGE_", env_nested_delimiter="__", extra="ignore")

    home: Path = Field(default_factory=lambda: default_home())
    database_url: str | None = Field(default=None, description="None: SQLite in the data home")
    database_owner_url: str | None = Field(
        default=None, description="the owner of the tables on PostgreSQL; only upgrades, backups and checks use it"
    )
    broker_url: str | None = Field(
        default=None,
        pattern=r"^(redis|rediss)://",
        description="Redis or Valkey, for azuraforge api, worker and scheduler; a database number of its own",
    )
    server: ServerSettings = ServerSettings()
    runs: RunSettings = RunSettings()
    engine: EngineSettings = EngineSettings()
    serving: ServingSettings = ServingSettings()
    reading: ReadingSettings = ReadingSettings()
    outgoing: OutgoingSettings = OutgoingSettings()
    folders: str | list[str] = Field(
        default="",
        description="folders of this machine that every member of every project may read through a source,"
        " separated by commas",
    )
    secret_keys: SecretStr | None = Field(
        default=None,
        description="keys of secrets, 32 bytes in base64 each, separated by commas: the first encrypts, all decrypt;"
        " None: a key in the data home",
    )
    event_days: int = Field(
        default=90, ge=1, description="lines of the log that belong to no run are kept so long; a run's stay with it"
    )
    notification_days: int = Field(
        default=90, ge=1, description="messages of automations that are no longer tried are kept so long"
    )
    log_level: str = "INFO"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, default_home() / "azuraforge.toml")
        return init_settings, env_settings, toml

    @property
    def read_folders(self) -> list[Path]:
        """Folders that sources may read."""
        given = self.folders.split(",") if isinstance(self.folders, str) else self.folders
        return [Path(each.strip()).expanduser() for each in given if each.strip()]

    @model_validator(mode="after")
    def _check_folders(self) -> Settings:
        for folder in self.read_folders:
            if not folder.is_absolute():
                raise InvalidValue("folders: {folder} is not an absolute path", folder=str(folder))
            if self.home.resolve().is_relative_to(folder.resolve()):
                raise InvalidValue(
                    "folders: {folder} contains the data home, which sources must not read", folder=str(folder)
                )
        return self

    @property
    def url(self) -> str:
        """The database's address; SQLite in the data home unless set."""
        return self.database_url or f"sqlite:///{self.home / 'azuraforge.db'}"

    @property
    def artifacts(self) -> Path:
        return self.home / "artifacts"

    @property
    def plugins(self) -> Path:
        return self.home / "plugins"

    @property
    def pretrained(self) -> Path:
        """Folders of pretrained weights, which the administrator places there."""
        return self.home / "pretrained"

    @property
    def kernels(self) -> Path:
        """The engine's compiled kernels."""
        return (self.engine.kernels or self.home / "kernels").expanduser().absolute()

    @property
    def scratch(self) -> Path:
        """Work folders of attempts; each belongs to one run."""
        return self.home / "work"

    @property
    def secret_key_file(self) -> Path:
        """Keys of secrets, where none is set; no backup holds them."""
        return self.home / "secret.keys"

    @property
    def history(self) -> Path:
        """Marks by which a database is recognised that is older than the files next to it."""
        return self.home / "history"


def default_home() -> Path:
    """The data home: ``$AZURAFORGE_HOME``, else ``~/.azuraforge``."""
    named = os.environ.get("AZURAFORGE_HOME")
    return Path(named).expanduser().absolute() if named else Path.home() / ".azuraforge"


def origin_of(url: str) -> str:
    """Return a public URL as browsers write its origin. Raises ValueError where the platform cannot be served there.

    Example:
        >>> origin_of("HTTPS://ML.example.org:443/")
        'https://ml.example.org'
    """
    form = Message("write it as https://HOST or https://HOST:PORT")
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidValue("{error}; {form}", error=str(error), form=form) from error
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise InvalidValue("{form}", form=form)
    if parts.path not in ("", "/") or "?" in url or "#" in url:
        raise InvalidValue("AzuraForge runs at the root of its host, so the URL must have no path; {form}", form=form)
    address = _ip(host)
    if port == 0 or (address is not None and address.is_unspecified):
        raise InvalidValue("browsers cannot open {url}; {form}", url=url, form=form)
    if address is None and not _HOST_NAME.fullmatch(host):
        raise InvalidValue("{host!r} is not a host name in ASCII; {form}", host=host, form=form)
    shown = f"[{address.compressed}]" if address is not None and address.version == 6 else host
    is_default = port in (None, 443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{shown}" + ("" if is_default else f":{port}")


_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*")


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def load_settings(**overrides: object) -> Settings:
    """Read the settings; ``overrides`` win over the environment and the file."""
    given: Any = overrides  # their types are checked by the settings themselves
    return Settings(**given)
