"""Client for runs: start, watch, wait, cancel, resume, compare and report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from azuraforge.client.comparisons import Pair, RunComparison
from azuraforge.client.errors import ApiError
from azuraforge.client.evaluation import Evaluation
from azuraforge.client.events import PATIENCE_SECONDS, Event, follow
from azuraforge.client.external.additions import check_name
from azuraforge.client.external.shipping import send_file
from azuraforge.client.http.connection import segment
from azuraforge.client.http.pages import listed
from azuraforge.client.run import Artifact, Bulk, Curve, Log, Preview, Run, RunFields, RunGroups, Series, change_of
from azuraforge.client.shapes import json_list, json_object
from azuraforge.client.starting import StartingRuns
from azuraforge.client.uploads.files import reading

#: Timeout of requests for which a child process writes a report or compares two models.
REPORT_SECONDS = 150.0

RunList: TypeAlias = list[Run]
ArtifactList: TypeAlias = list[Artifact]
SeriesList: TypeAlias = list[Series]


class Runs(StartingRuns):
    """Methods of ``client.runs``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def list(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        filter: str | None = None,
        sort: str | None = None,
        columns: str | None = None,
        limit: int | None = 100,
        trash: bool = False,
        trials: bool = False,
    ) -> RunList:
        """Return runs, newest first or sorted.

        Args:
            state, kind: only runs of this state or kind.
            filter: condition on fields, such as ``state = failed AND metrics.loss.min < 0.1``; see the guide on runs.
            sort: up to 3 fields, separated by commas; a leading ``-`` sorts in descending order.
            columns: fields that each run's ``columns`` contain, such as ``config.lr, metrics.loss.min, curve.loss``.
            limit: maximum number of runs; None: all.
            trash: return the deleted runs instead of the others.
            trials: include the trials of studies, which are otherwise omitted unless a kind is given.

        Raises:
            ApiError: filter, sort order or columns have a fault; ``details`` contain its position.

        Example::

            best = client.runs.list(filter="tag = baseline", sort="metrics.validation_loss.min", limit=10)
        """
        return listed(
            self._connection,
            "/runs",
            Run,
            limit,
            state=state,
            kind=kind,
            filter=filter,
            sort=sort,
            columns=columns,
            trash="true" if trash else None,
            trials="true" if trials else None,
        )

    def count(self, *, filter: str | None = None, trials: bool = False) -> int:
        """Return the number of runs that a filter selects."""
        page = json_object(
            self._connection.get("/runs", filter=filter, limit=1, total="true", trials="true" if trials else None)
        )
        return int(str(page["total"]))

    def fields(self, search: str = "") -> RunFields:
        """Return the fields whose names contain ``search``, which filters, sort orders and columns can name."""
        return RunFields.from_json(self._connection.get("/runs/fields", search=search))

    def groups(self, by: str, *, columns: str = "", filter: str | None = None) -> RunGroups:
        """Group runs by a config field, with mean and spread of metrics.

        Example::

            client.runs.groups("config.learning_rate", columns="metrics.validation_loss.min")
        """
        return RunGroups.from_json(self._connection.get("/runs/groups", field=by, columns=columns, filter=filter))

    def change(
        self,
        run_id: str,
        *,
        name: str | None = None,
        note: str | None = None,
        tags: Iterable[str] | None = None,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
    ) -> Run:
        """Change the name, the Markdown note or the tags of a run and return the run; None leaves a field as it is."""
        body = change_of(name, note, tags, add_tags, remove_tags)
        return Run.from_json(self._connection.request("PATCH", f"/runs/{segment(run_id)}", json=body))

    def each(
        self,
        run_ids: Iterable[str],
        action: Literal["pin", "unpin", "cancel", "delete", "restore", "change"],
        *,
        name: str | None = None,
        note: str | None = None,
        tags: Iterable[str] | None = None,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
    ) -> Bulk:
        """Do the same to up to 500 runs and return what became of each; the last arguments are those of ``change``."""
        body: dict[str, object] = {"action": action, "run_ids": list(run_ids)}
        if action == "change":
            body["change"] = change_of(name, note, tags, add_tags, remove_tags)
        return Bulk.from_json(self._connection.post("/runs/bulk", body))

    def artifacts(self, run_id: str, *, limit: int | None = None) -> ArtifactList:
        """Return the files that a run produced, sorted by name; at most ``limit`` of them (None: all)."""
        return listed(self._connection, f"/runs/{segment(run_id)}/artifacts", Artifact, limit)

    def attach(self, run_id: str, path: str | os.PathLike[str], name: str | None = None) -> Artifact:
        """Add a file to a running external run of yours; ``name`` is its name in the run, by default the file's own.

        A file of the same name is replaced. Raises FileUnusable if the file cannot be read.
        """
        named = Path(path).name if name is None else name
        check_name(named)
        with reading(Path(path)) as content:
            return Artifact.from_json(send_file(run_id, named, "file", content, self._connection))

    def get(self, run_id: str) -> Run:
        """Return one run with all its fields."""
        return Run.from_json(self._connection.get(f"/runs/{segment(run_id)}"))

    def cancel(self, run_id: str) -> Run:
        """Request to cancel a run. A running run is cancelled when its process has ended."""
        return Run.from_json(self._connection.post(f"/runs/{segment(run_id)}/cancel"))

    def resume(self, run_id: str) -> Run:
        """Requeue a failed, cancelled or quarantined run, which resumes from its newest intact checkpoint."""
        return Run.from_json(self._connection.post(f"/runs/{segment(run_id)}/resume"))

    def delete(self, run_id: str) -> None:
        """Move an ended run to the trash. Raises ApiError if the run has not ended."""
        self._connection.delete(f"/runs/{segment(run_id)}")

    def restore(self, run_id: str) -> Run:
        """Restore a run from the trash."""
        return Run.from_json(self._connection.post(f"/runs/{segment(run_id)}/restore"))

    def pin(self, run_id: str) -> Run:
        """Pin a run, so that the project's retention policy does not delete it."""
        return Run.from_json(self._connection.request("PUT", f"/runs/{segment(run_id)}/pin"))

    def unpin(self, run_id: str) -> None:
        """Unpin a run, so that the project's retention policy applies to it again."""
        self._connection.delete(f"/runs/{segment(run_id)}/pin")

    def watch(self, run_id: str, after: int = 0, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Event]:
        """Yield the events of a run after the cursor ``after``, live, until the run has ended.

        The method reconnects after restarts of the platform. Old ``run.metrics`` events of an ended run contain no
        points; ``metrics`` returns all of them.

        Example::

            for event in client.runs.watch(run.id):
                if event.type == "run.metrics":
                    print(event.data.get("points", {}))

        Raises:
            ApiError: the run does not exist.
            PlatformUnreachable: the platform was unavailable for ``patience_seconds``.
        """
        run_id = self.get(
            run_id
        ).id  # complete the id: the stream of a shortened or unknown id would never contain an event
        for event in follow(self._connection, f"run/{run_id}", after, patience_seconds):
            yield event
            if event.type == "run.finished" and self._is_over(run_id, event.seq):
                return

    def wait(self, run_id: str, patience_seconds: float = PATIENCE_SECONDS) -> Run:
        """Wait until the run has ended, in any state, and return it. Raises the errors of ``watch``."""
        run = self.get(run_id)
        while not run.has_ended:  # repeated if the run was resumed between its end and the request
            for _ in self.watch(run_id, run.last_event_seq, patience_seconds):
                pass
            run = self.get(run_id)
        return run

    def metrics(
        self,
        run_id: str,
        *series: str,
        max_points: int | None = None,
        times: bool = False,
        from_step: int | None = None,
        to_step: int | None = None,
    ) -> dict[str, Curve]:
        """Return the run's curves by name.

        Args:
            series: names of the curves; if omitted, all curves.
            max_points: maximum number of points per curve, by downsampling; None: the platform's default.
            times: also return the time at which each point was logged.
            from_step, to_step: first and last step of the points to return; None: from the start, to the end.
        """
        found = self._connection.get(
            f"/runs/{segment(run_id)}/metrics",
            series=list(series) or None,
            max_points=max_points,
            times="true" if times else None,
            from_step=from_step,
            to_step=to_step,
        )
        curves = [Curve.from_json(each) for each in json_list(json_object(found)["series"])]
        return {curve.series: curve for curve in curves}

    def series(self, run_id: str, *, search: str | None = None, limit: int | None = 100) -> SeriesList:
        """Return the run's curves without their points, sorted by name.

        Args:
            search: only curves whose name contains this text.
            limit: maximum number of curves; None: all.
        """
        return listed(self._connection, f"/runs/{segment(run_id)}/series", Series, limit, search=search)

    def log(
        self,
        run_id: str,
        *,
        attempt: int | None = None,
        after: int = 0,
        last: int | None = None,
        limit: int = 500,
        search: str | None = None,
        level: Literal["debug", "info", "warning", "error"] | None = None,
    ) -> Log:
        """Return a part of the output of an attempt, also while it is running.

        Args:
            attempt: number of the attempt; None: the newest.
            after: number of the first line, counted from 0.
            last: return the last lines instead, this many at most.
            limit: maximum number of lines, at most 5,000.
            search: only lines that contain this text; case is ignored.
            level: only lines that state this level or a higher one.
        """
        found = self._connection.get(
            f"/runs/{segment(run_id)}/log",
            attempt=attempt,
            after=after,
            last=last,
            limit=limit,
            search=search,
            level=level,
        )
        return Log.from_json(found)

    def preview(self, run_id: str, name: str) -> Preview:
        """Return the beginning of a file that the run produced, as text or as a table."""
        path = "/".join(segment(part) for part in name.split("/"))
        return Preview.from_json(self._connection.get(f"/runs/{segment(run_id)}/previews/{path}"))

    def evaluation(self, run_id: str) -> Evaluation | None:
        """Return the run's evaluation with the gate's verdict; None if the run is unknown or has none (yet)."""
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
        """Return the metrics of runs side by side, and the settings in which the runs differ.

        Raises:
            ApiError: there are fewer than two runs, or a run does not exist.
        """
        return RunComparison.from_json(self._connection.get("/comparisons", run=list(run_ids)))

    def compare_pair(self, a: str, b: str) -> Pair:
        """Compare the models of two runs on the same held-out rows, and test whether the difference exceeds noise."""
        return Pair.from_json(self._connection.get("/comparisons/pair", timeout_seconds=REPORT_SECONDS, a=a, b=b))

    def _is_over(self, run_id: str, seq: int) -> bool:
        """Return whether the run has ended with event ``seq``; False if it was resumed later."""
        run = self.get(run_id)
        return run.has_ended and run.last_event_seq <= seq
