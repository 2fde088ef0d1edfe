"""Runs: start, read, watch, wait, cancel, resume."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from azuraforge.client.comparisons import Pair, RunComparison
from azuraforge.client.errors import ApiError
from azuraforge.client.evaluation import Evaluation
from azuraforge.client.events import PATIENCE_SECONDS, Event, follow
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.ids import whole_id
from azuraforge.client.run import Artifact, Curve, Run
from azuraforge.client.shapes import json_list, json_object

#: The platform validates the config and the dataset in children before it answers.
START_SECONDS = 180.0
#: Seconds for writing a report or comparing two models, which a child does.
REPORT_SECONDS = 150.0

RunList: TypeAlias = list[Run]
ArtifactList: TypeAlias = list[Artifact]


def kind_of(connection: Connection, plugin: str) -> str:
    """Return the kind of run that a plugin needs."""
    found = json_object(connection.get(f"/plugins/{segment(plugin)}", timeout_seconds=START_SECONDS))
    return "agent" if found.get("kind") == "agent" else "train"


class Runs:
    """``client.runs``."""

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
        idempotency_key: str | None = None,
    ) -> Run:
        """Queue a run and return at once.

        Args:
            plugin: a pipeline's or an agent's name; None: the pipeline that the dataset's kind of data is learned by,
                ``forecasting.auto`` for series.
            dataset: name or id; an agent needs none.
            config: what differs from the plugin's defaults.
            kind: None asks the platform what the plugin is.
            model: the model that learns; None: the dataset's name.
            priority: -100 to 100; higher first among the queued runs of the project.
            depends_on: ids of runs that must have ended before this one starts.
            on_failure: where one of those does not succeed: ``cancel`` this run, or ``run`` it all the same.
            time_limit_seconds: wall time of one attempt; None: the platform's own limit.
            memory_limit_bytes: memory of its processes together; None: the platform's own limit.
            idempotency_key: the same key gives the same run again instead of a second one.

        Raises:
            ApiError: unknown plugin, dataset or run, a config out of range, a limit above the platform's.

        Example::

            data = client.runs.start("my.collector")
            model = client.runs.start("forecasting.lstm", dataset="sales", depends_on=[data.id])
        """
        body = {
            "kind": kind or ("train" if plugin is None else self._kind_of(plugin)),
            "plugin": plugin,
            "dataset": dataset,
            "dataset_version": dataset_version,
            "model": model,
            "name": name,
            "config": dict(config or {}),
            "seed": seed,
            "threads": threads,
            "priority": priority,
            "depends_on": [whole_id(each, lambda short: self.get(short).id) for each in depends_on],
            "on_failure": on_failure,
            "time_limit_seconds": time_limit_seconds,
            "memory_limit_bytes": memory_limit_bytes,
            "idempotency_key": idempotency_key,
        }
        return Run.from_json(self._connection.post("/runs", body, timeout_seconds=START_SECONDS))

    def list(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        limit: int | None = 100,
        trash: bool = False,
        trials: bool = False,
        metrics: Iterable[str] = (),
        sort: str | None = None,
    ) -> RunList:
        """Return the newest runs, or the first by a metric.

        Args:
            state, kind: only these.
            limit: so many; None: all, page by page.
            trash: those that were deleted, instead of all others.
            trials: also the trials of studies, which are left out unless ``kind="trial"`` asks for them.
            metrics: conditions that all hold, such as ``validation_loss<0.1`` (its last value) or
                ``accuracy:highest>=0.9``. Runs without the metric are left out.
            sort: ``metric:NAME:lowest`` (``last``, ``highest``), ascending; with ``-`` before it descending. The value
                is the run's ``sort_value``.

        Example::

            best = client.runs.list(sort="metric:validation_loss:lowest", limit=10)
        """
        return listed(
            self._connection,
            "/runs",
            Run,
            limit,
            state=state,
            kind=kind,
            trash="true" if trash else None,
            trials="true" if trials else None,
            metric=[*metrics] or None,
            sort=sort,
        )

    def artifacts(self, run_id: str, *, limit: int | None = None) -> ArtifactList:
        """Return the files that a run produced, by name; ``limit``: the first so many, None: all."""
        return listed(self._connection, f"/runs/{segment(run_id)}/artifacts", Artifact, limit)

    def get(self, run_id: str) -> Run:
        """Return a run with all its fields except its metrics."""
        return Run.from_json(self._connection.get(f"/runs/{segment(run_id)}"))

    def cancel(self, run_id: str) -> Run:
        """Ask a run to stop; it is cancelled once its child has ended."""
        return Run.from_json(self._connection.post(f"/runs/{segment(run_id)}/cancel"))

    def resume(self, run_id: str) -> Run:
        """Requeue a failed, cancelled or quarantined run; it continues from its newest whole checkpoint."""
        return Run.from_json(self._connection.post(f"/runs/{segment(run_id)}/resume"))

    def delete(self, run_id: str) -> None:
        """Move a run that has ended into the trash. Raises ApiError before its end."""
        self._connection.delete(f"/runs/{segment(run_id)}")

    def restore(self, run_id: str) -> Run:
        """Take a run out of the trash."""
        return Run.from_json(self._connection.post(f"/runs/{segment(run_id)}/restore"))

    def pin(self, run_id: str) -> Run:
        """Keep a run regardless of its age and of the project's policy."""
        return Run.from_json(self._connection.request("PUT", f"/runs/{segment(run_id)}/pin"))

    def unpin(self, run_id: str) -> None:
        """Apply the project's policy to a run again."""
        self._connection.delete(f"/runs/{segment(run_id)}/pin")

    def watch(self, run_id: str, after: int = 0, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Event]:
        """Yield the run's events after the cursor, live, until it has ended; survives restarts of the platform.

        Once a run has ended, ``run.metrics`` events of long ago hold no points any more; ``metrics`` has them all.

        Example::

            for event in client.runs.watch(run.id):
                if event.type == "run.metrics":
                    print(event.data.get("points", {}))

        Raises:
            ApiError: there is no such run.
            PlatformUnreachable: the platform stayed away for ``patience_seconds``.
        """
        run_id = self.get(run_id).id  # the stream of a shortened id, or of no run, would be silent for ever
        for event in follow(self._connection, f"run/{run_id}", after, patience_seconds):
            yield event
            if event.type == "run.finished" and self._is_over(run_id, event.seq):
                return

    def wait(self, run_id: str, patience_seconds: float = PATIENCE_SECONDS) -> Run:
        """Wait until the run has ended, in any state, and return it."""
        run = self.get(run_id)
        while not run.has_ended:  # again where it was reopened between its end and our question
            for _ in self.watch(run_id, run.last_event_seq, patience_seconds):
                pass
            run = self.get(run_id)
        return run

    def metrics(
        self, run_id: str, *series: str, max_points: int | None = None, times: bool = False
    ) -> dict[str, Curve]:
        """Return the run's curves by name, all of them where none is named; ``times``: when each point was logged."""
        found = self._connection.get(
            f"/runs/{segment(run_id)}/metrics",
            series=list(series) or None,
            max_points=max_points,
            times="true" if times else None,
        )
        curves = [Curve.from_json(each) for each in json_list(json_object(found)["series"])]
        return {curve.series: curve for curve in curves}

    def evaluation(self, run_id: str) -> Evaluation | None:
        """Return the evaluation with the baselines and the gate's verdict; None if there is none (yet)."""
        try:
            return Evaluation.from_json(self._connection.get(f"/evaluations/{segment(run_id)}"))
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def figure(self, run_id: str, name: str) -> Mapping[str, Any]:
        """Return the data of a figure, such as ``forecast``."""
        return json_object(self._connection.get(f"/runs/{segment(run_id)}/figures/{segment(name)}"))

    def report(
        self, run_id: str, format: Literal["html", "pdf", "md"] = "html", language: Literal["en", "tr"] = "en"
    ) -> bytes:
        """Return the run's report as one file that includes its figures.

        Example::

            Path("report.pdf").write_bytes(client.runs.report(run.id, "pdf", language="tr"))
        """
        place = f"/runs/{segment(run_id)}/report"
        with self._connection.stream(place, {}, REPORT_SECONDS, format=format, language=language) as answer:
            return answer.read()

    def compare(self, run_ids: Iterable[str]) -> RunComparison:
        """Return metrics of runs side by side, and the settings in which they differ.

        Raises:
            ApiError: fewer than two runs, or one that does not exist.
        """
        return RunComparison.from_json(self._connection.get("/comparisons", run=list(run_ids)))

    def compare_pair(self, a: str, b: str) -> Pair:
        """Compare two runs' models on the same held-out rows: whether one is better by more than noise."""
        return Pair.from_json(self._connection.get("/comparisons/pair", timeout_seconds=REPORT_SECONDS, a=a, b=b))

    def _kind_of(self, plugin: str) -> str:
        return kind_of(self._connection, plugin)

    def _is_over(self, run_id: str, seq: int) -> bool:
        """Return whether the run is over; False if it was resumed later, so that more of its stream follows."""
        run = self.get(run_id)
        return run.has_ended and run.last_event_seq <= seq
