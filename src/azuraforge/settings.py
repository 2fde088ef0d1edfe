"""Settings, read from ``AZURAFORGE_*`` in the environment or from ``azuraforge.toml`` in the data home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from azuraforge.addresses import Network, ip_of, networks_of, origin_of
from azuraforge.errors import InvalidValue

#: A worker executes runs of the queues that it was started for; ``RunSettings.queues`` assigns runs to queues.
Queue = Literal["cpu", "gpu", "io"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
#: Queue of the runs that do not end. They occupy no slot: a worker executes each of them in a thread of its own.
STANDING = "standing"


class ServerSettings(BaseModel):
    """Address of the HTTP server, and limits for its clients."""

    host: str = Field(default="127.0.0.1", description="IP address or host name on which the server listens")
    port: int = Field(default=8787, ge=0, le=65535, description="TCP port; 0 chooses a free one")
    public_url: str | None = Field(
        default=None,
        description="URL that browsers use, such as https://ml.example.org; required unless the host is a loopback"
        " address",
    )
    trusted_proxies: str | list[str] = Field(
        default="",
        description="addresses and networks of proxies whose headers X-Forwarded-For and X-Forwarded-Proto are"
        " used, separated by commas: 10.0.0.7, 172.16.0.0/12",
    )
    max_body_bytes: int = Field(default=512 * 1024 * 1024, ge=1024, description="maximum size of an upload (bytes)")
    max_json_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, description="maximum size of any other body (bytes)")
    children_at_once: int = Field(
        default=16,
        ge=1,
        description="maximum number of concurrent requests that use a child process for a short response, such as a"
        " validation",
    )
    children_per_project: int = Field(
        default=8, ge=1, description="maximum number of concurrent requests of one project that use a child process"
    )
    children_in_line: int = Field(
        default=200, ge=0, description="maximum number of requests of one project that wait for a child process"
    )
    max_header_bytes: int = Field(
        default=64 * 1024,
        ge=1024,
        description="maximum size of the request line and headers together, and of a body's trailers, in bytes",
    )
    header_seconds: float = Field(
        default=10.0, gt=0, description="maximum time from the first byte to the end of the headers, in seconds"
    )
    body_seconds: float = Field(
        default=20.0,
        gt=0,
        description="maximum time to receive a request body, in seconds, plus one second per min_body_bytes_per_second"
        " bytes received",
    )
    min_body_bytes_per_second: int = Field(default=1024, ge=1, description="minimum transfer rate of a body (bytes/s)")
    stalled_seconds: float = Field(
        default=60.0, gt=0, description="seconds after which a client that does not read is disconnected"
    )
    max_connections: int = Field(
        default=1000,
        ge=1,
        description="maximum number of open connections; limited to half of the file descriptors that the process"
        " may open",
    )
    max_connections_per_address: int | None = Field(
        default=None,
        ge=1,
        description="maximum number of open connections from one IPv4 address or IPv6 /64 network, except from this"
        " machine; if not set, a quarter of max_connections, or all of them if the host is a loopback address",
    )

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str | None) -> str | None:
        return origin_of(url) if url else None

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, proxies: str | list[str]) -> str | list[str]:
        networks_of(proxies)
        return proxies

    @property
    def proxies(self) -> tuple[Network, ...]:
        """Networks of the trusted proxies."""
        return networks_of(self.trusted_proxies)

    @property
    def is_loopback(self) -> bool:
        """Return whether only this machine can connect."""
        if self.host.lower() == "localhost":
            return True
        address = ip_of(self.host)
        return address is not None and address.is_loopback

    @property
    def listens_everywhere(self) -> bool:
        """Return whether ``host`` means every network interface."""
        address = ip_of(self.host)
        return not self.host or (address is not None and address.is_unspecified)


class RunSettings(BaseModel):
    """Settings of the execution of runs: concurrency, leases, retries and limits."""

    concurrency: int = Field(
        default=max(1, (os.cpu_count() or 2) - 1),
        ge=1,
        description="number of runs that a worker executes concurrently",
    )
    lease_seconds: float = Field(default=15.0, gt=0, description="seconds until a lease expires unless it is renewed")
    beat_seconds: float = Field(default=4.0, gt=0, description="seconds between the heartbeats of a worker")
    reap_seconds: float = Field(default=2.0, gt=0, description="seconds between checks for expired leases")
    cancel_grace_seconds: float = Field(default=5.0, ge=0, description="seconds that a cancelled process has to stop")
    standing: int = Field(
        default=50,
        ge=0,
        description="maximum number of runs without end, such as learners and collectors, that a worker executes"
        " concurrently; they occupy no slot",
    )
    max_consecutive_deaths: int = Field(
        default=3,
        ge=1,
        description="number of consecutive process deaths without progress after which a run is quarantined",
    )
    max_transient_retries: int = Field(
        default=5, ge=0, description="number of retries after transient errors, after which a run fails"
    )
    max_running_per_project: int | None = Field(
        default=None, ge=1, description="maximum number of concurrent runs per project; if not set, there is no limit"
    )
    memory_limit_bytes: int | None = Field(
        default=None,
        ge=1,
        description="maximum memory of all processes of an attempt, in bytes; a run may request less; if not set,"
        " there is no limit",
    )
    time_limit_seconds: float | None = Field(
        default=None,
        gt=0,
        description="maximum wall time of one attempt, in seconds; a run may request less; if not set, there is no"
        " limit",
    )
    sample_seconds: float = Field(default=5.0, gt=0, description="seconds between measurements of a run's processes")
    reports: bool = Field(
        default=True,
        description="whether to write a run's report when the run ends; otherwise it is written when it is requested",
    )
    queues: dict[str, Queue] = Field(
        default={}, description="queue of each plugin or kind of run: cpu, gpu or io; runs without an entry use cpu"
    )

    def queue_of(self, kind: str, plugin: str | None) -> Queue:
        """Return the queue of a run; an entry for its plugin takes precedence over one for its kind.

        Example:
            >>> RunSettings(queues={"agent": "io", "my.net": "gpu"}).queue_of("train", "my.net")
            'gpu'
        """
        return self.queues.get(plugin or "") or self.queues.get(kind, "cpu")


class EngineSettings(BaseModel):
    """Backend that executes the engine's operations in runs and in loaded predictors."""

    backend: Literal["auto", "cpu", "reference"] = Field(
        default="auto",
        description="auto: compiled kernels if they work on this machine, otherwise NumPy; cpu: only compiled"
        " kernels; reference: only NumPy",
    )
    instruction_set: Literal["avx512", "avx2", "portable"] | None = Field(
        default=None,
        description="instruction set of the compiled kernels; the same one on all machines gives bit-identical"
        " results; if not set, the best one of this processor",
    )
    kernels: Path | None = Field(
        default=None, description="folder of the compiled kernels; if not set, kernels/ in the data home"
    )


class ServingSettings(BaseModel):
    """Memory for model versions that stay loaded to answer requests without delay."""

    warm_bytes: int = Field(
        default=1 << 30,
        ge=1,
        description="maximum memory of the processes that keep versions loaded, in bytes; beyond it, the least"
        " recently used process is ended first",
    )


class OutgoingSettings(BaseModel):
    """Rules and limits of HTTP requests to addresses that users enter, such as those of sources."""

    allow: str | list[str] = Field(
        default="",
        description="non-public networks, addresses and host names to which requests are allowed, separated by"
        " commas: 10.0.0.0/8, 127.0.0.1:8080, weather.lan",
    )
    proxy: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="URL of the proxy for all requests; environment variables such as HTTP_PROXY are ignored",
    )
    max_bytes: int = Field(default=256 << 20, ge=1, description="maximum size of a decompressed response (bytes)")
    max_seconds: float = Field(default=300.0, gt=0, description="maximum time for one response, in seconds")
    max_redirects: int = Field(default=5, ge=0, description="maximum number of redirects of one request")


class ReadingSettings(BaseModel):
    """Limits for a file or source that becomes a dataset. Sizes are checked before memory is allocated for them."""

    memory_bytes: int = Field(default=4 << 30, ge=256 << 20, description="memory limit of a reading process, in bytes")
    table_bytes: int = Field(
        default=512 << 20, ge=1, description="maximum size of a table as decompressed text, in bytes"
    )
    values: int = Field(
        default=32_000_000,
        ge=1,
        description="maximum number of values of a table, rows times columns, including added missing rows",
    )
    columns: int = Field(default=10_000, ge=2, description="maximum number of columns of a table")
    image_bytes: int = Field(
        default=1 << 30, ge=1, description="maximum total size of the decoded images of a dataset, in bytes"
    )
    at_once: int = Field(default=4, ge=1, description="maximum number of files and sources read at the same time")
    per_project: int = Field(
        default=2, ge=1, description="maximum number of files and sources read for one project at the same time"
    )


class Settings(BaseSettings):
    """All settings of the platform.

    Example:
        >>> Settings(home=Path("/tmp/azura")).server.port
        8787
    """

    model_config = SettingsConfigDict(env_prefix="AZURAFORGE_", env_nested_delimiter="__", extra="ignore")

    home: Path = Field(
        default_factory=lambda: default_home(),
        description="data home, the folder of all stored data",
    )
    database_url: str | None = Field(default=None, description="database URL; if not set, SQLite in the data home")
    database_owner_url: str | None = Field(
        default=None,
        description="URL with the PostgreSQL role that owns the tables; used only by upgrades, backups and checks",
    )
    broker_url: str | None = Field(
        default=None,
        pattern=r"^(redis|rediss)://",
        description="URL of Redis or Valkey, required by azuraforge api, worker and scheduler; it must select a"
        " database number that no other application uses",
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
        description="encryption keys of secrets, each 32 bytes in base64, separated by commas; the first key"
        " encrypts, every key can decrypt; if not set, a key is generated in the data home",
    )
    event_days: int = Field(
        default=90,
        ge=1,
        description="number of days after which events that belong to no run are deleted; events of a run are deleted"
        " with the run",
    )
    notification_days: int = Field(
        default=90,
        ge=1,
        description="number of days after which notifications are deleted, unless they are still being retried",
    )
    log_level: str = Field(default="INFO", description="minimum log level: DEBUG, INFO, WARNING or ERROR")

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
        """The folders that sources may read."""
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
        """The database URL; SQLite in the data home by default."""
        return self.database_url or f"sqlite:///{self.home / 'azuraforge.db'}"

    @property
    def artifacts(self) -> Path:
        return self.home / "artifacts"

    @property
    def plugins(self) -> Path:
        return self.home / "plugins"

    @property
    def pretrained(self) -> Path:
        """Folder of pretrained weights, which the administrator installs."""
        return self.home / "pretrained"

    @property
    def kernels(self) -> Path:
        """Folder of the engine's compiled kernels."""
        return (self.engine.kernels or self.home / "kernels").expanduser().absolute()

    @property
    def scratch(self) -> Path:
        """Folder of the temporary work folders of runs."""
        return self.home / "work"

    @property
    def secret_key_file(self) -> Path:
        """File with the generated encryption keys, used if ``secret_keys`` is not set; backups do not contain it."""
        return self.home / "secret.keys"

    @property
    def history(self) -> Path:
        """Folder of markers that reveal a database older than the files in the data home."""
        return self.home / "history"


def default_home() -> Path:
    """Return the data home: ``$AZURAFORGE_HOME``, or ``~/.azuraforge`` if it is not set."""
    named = os.environ.get("AZURAFORGE_HOME")
    return Path(named).expanduser().absolute() if named else Path.home() / ".azuraforge"


def load_settings(**overrides: object) -> Settings:
    """Read the settings; ``overrides`` take precedence over the environment and the file.

    Raises ValueError if a setting is invalid or the file is not valid TOML.
    """
    given: Any = overrides  # ``Settings`` validates the types
    return Settings(**given)
