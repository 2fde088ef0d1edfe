"""Start of runs, and dry runs, which show what a run would use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.ids import whole_id
from azuraforge.client.run import Run
from azuraforge.client.shapes import Shape, json_object

#: Timeout of requests for which the platform validates the config and the dataset in child processes.
START_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class PlannedPart(Shape):
    """A part of the dataset as a run would use it; ``windows`` is None for rows without time."""

    name: str
    rows: int
    windows: int | None = None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunPlan(Shape):
    """Plan of a run: its config with all defaults, and the parts of the dataset."""

    name: str
    plugin: str | None = None
    config: dict[str, object]
    dataset_name: str | None = None
    dataset_version: int | None = None
    model: str | None = None
    parts: list[PlannedPart]


def kind_of(connection: Connection, plugin: str) -> str:
    """Return the kind of run for a plugin: ``agent`` for an agent, else ``train``."""
    found = json_object(connection.get(f"/plugins/{segment(plugin)}", timeout_seconds=START_SECONDS))
    return "agent" if found.get("kind") == "agent" else "train"


class StartingRuns:
    """Methods of ``client.runs`` that start runs, or show what they would use."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(
        self,
        plugin: str | None = None,
        *,
        dataset: str | None = None,
        config: Mapping[str, object] | None = None,
        kind: Literal["train", "agent"] | None = None,
        dataset_version: int | None = None,
        model: str | None = None,
        name: str | None = None,
        seed: int = 0,
        threads: int = 1,
        priority: int = 0,
        depends_on: Iterable[str] = (),
        on_failure: Literal["cancel", "run"] = "cancel",
        time_limit_seconds: float | None = None,
        memory_limit_bytes: int | None = None,
        parent: str | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Queue a run and return it immediately.

        Args:
            plugin: name of a pipeline or an agent; None: ``forecasting.auto`` for series, ``vision.cnn`` for images.
            dataset: name or id; not required for an agent.
            config: fields that differ from the plugin's defaults.
            kind: kind of the run; None: derived from the plugin.
            model: name of the model to train; None: the dataset's name.
            priority: -100 to 100; among the queued runs of a project, higher values run first.
            depends_on: ids of runs that must end before this run starts.
            on_failure: handling of a run in ``depends_on`` that does not succeed: ``cancel`` this run, or ``run`` it.
            time_limit_seconds: maximum wall time of each attempt; None: the platform's limit.
            memory_limit_bytes: maximum memory of all processes together; None: the platform's limit.
            parent: id of the run whose settings were copied; the page of the run shows the differences.
            idempotency_key: a repeated request with the same key returns the same run.

        Raises:
            ApiError: the plugin, the dataset or a run does not exist, or the config or a limit is invalid.

        Example::

            data = client.runs.start("my.collector")
            model = client.runs.start("forecasting.lstm", dataset="sales", depends_on=[data.id])
        """
        body = {
            "kind": kind or ("train" if plugin is None else kind_of(self._connection, plugin)),
            "plugin": plugin,
            "dataset": dataset,
            "dataset_version": dataset_version,
            "model": model,
            "name": name,
            "config": dict(config or {}),
            "seed": seed,
            "threads": threads,
            "priority": priority,
            "depends_on": [whole_id(each, lambda short: self._get(short)) for each in depends_on],
            "on_failure": on_failure,
            "time_limit_seconds": time_limit_seconds,
            "memory_limit_bytes": memory_limit_bytes,
            "parent": None if parent is None else whole_id(parent, lambda short: self._get(short)),
            "idempotency_key": idempotency_key,
        }
        return Run.from_json(self._connection.post("/runs", body, timeout_seconds=START_SECONDS))

    def dry_run(
        self,
        plugin: str | None = None,
        dataset: str | None = None,
        config: Mapping[str, object] | None = None,
        dataset_version: int | None = None,
    ) -> RunPlan:
        """Validate a run without starting it; return its config and how many rows and windows each part has.

        Raises ApiError if ``start`` would refuse the run.
        """
        body = {
            "kind": "train" if plugin is None else kind_of(self._connection, plugin),
            "plugin": plugin,
            "dataset": dataset,
            "dataset_version": dataset_version,
            "config": dict(config or {}),
        }
        return RunPlan.from_json(self._connection.post("/runs/dry-run", body, timeout_seconds=START_SECONDS))

    def _get(self, short: str) -> str:
        """Return the complete id of a run."""
        return str(json_object(self._connection.get(f"/runs/{segment(short)}"))["id"])
