"""Studies: searches over a pipeline's config, whose trials are runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.ids import whole_id
from azuraforge.client.run import Run
from azuraforge.client.runs import START_SECONDS
from azuraforge.client.study import Importance, SearchSpace, Study, Trial

Sampler = Literal["tpe", "cmaes", "random", "grid", "qmc"]
_CHECK_SECONDS = 240.0
_LOOK_SECONDS = 0.5
_GOING_ON = ("running", "paused")


StudyList: TypeAlias = list[Study]
TrialList: TypeAlias = list[Trial]


class Studies:
    """``client.studies``. Each method takes a study's id or name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        plugin: str,
        dataset: str,
        space: Mapping[str, Mapping[str, object]],
        *,
        config: Mapping[str, object] | None = None,
        sampler: Sampler = "tpe",
        pruner: Mapping[str, object] | str = "none",
        objectives: Iterable[Mapping[str, object] | str] = (),
        trials: int | None = None,
        seconds: float | None = None,
        cpu_seconds: float | None = None,
        parallel: int = 1,
        seed: int = 0,
        threads: int = 1,
        priority: int = 0,
        dataset_version: int | None = None,
        model: str | None = None,
        warm_start_from: Iterable[str] = (),
        retrain: bool = True,
    ) -> Study:
        """Create a study that searches the best config.

        Args:
            space: field of the config → ``{"low": 1e-4, "high": 1e-1, "log": True}`` or ``{"choices": [16, 32]}``.
            config: what stays as it is.
            pruner: ``none``, ``median``, ``hyperband``, or with its settings.
            objectives: metrics of the validation part, such as ``rmse``; none: the task's own.
            trials, seconds, cpu_seconds: when no further trial begins.
            parallel: trials at once.
            warm_start_from: earlier studies whose trials the sampler learns from.
            retrain: train the winner again at the end and let the gate judge it.

        Example::

            space = {"learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}, "hidden_size": {"choices": [16, 32]}}
            study = client.studies.create("first", "forecasting.lstm", "weather", space, trials=30, parallel=2)
            print(client.studies.wait(study.id).best.params)

        Raises:
            ApiError: a space whose corners are no valid configs, a name that is taken, data that is not there.
        """
        body = {
            "name": name,
            "plugin": plugin,
            "dataset": dataset,
            "dataset_version": dataset_version,
            "model": model,
            "config": dict(config or {}),
            "space": {field: dict(given) for field, given in space.items()},
            "sampler": sampler,
            "pruner": {"name": pruner} if isinstance(pruner, str) else dict(pruner),
            "objectives": [{"metric": each} if isinstance(each, str) else dict(each) for each in objectives],
            "budget": {"trials": trials, "seconds": seconds, "cpu_seconds": cpu_seconds},
            "parallel": parallel,
            "seed": seed,
            "threads": threads,
            "priority": priority,
            "warm_start_from": list(warm_start_from),
            "retrain": retrain,
        }
        return self.create_from(body)

    def create_from(self, request: Mapping[str, object]) -> Study:
        """Create a study from the whole body of ``POST /studies``, such as from a file."""
        body = dict(request)
        if isinstance(earlier := body.get("warm_start_from"), list | tuple):
            body["warm_start_from"] = [whole_id(each, lambda short: self.get(short).id) for each in earlier]
        return Study.from_json(self._connection.post("/studies", body, timeout_seconds=_CHECK_SECONDS))

    def list(self, *, limit: int | None = None) -> StudyList:
        """Return the studies, the newest first; ``limit``: the first so many, None: all."""
        return listed(self._connection, "/studies", Study, limit)

    def get(self, study: str) -> Study:
        """Return one study; ``raw`` holds its space, config and more."""
        return Study.from_json(self._connection.get(f"/studies/{segment(study)}"))

    def trials(self, study: str, *, limit: int | None = None) -> TrialList:
        """Return a study's trials, by number; ``limit``: the first so many, None: all."""
        return listed(self._connection, f"/studies/{segment(study)}/trials", Trial, limit)

    def importance(self, study: str) -> Importance:
        """Return the share of each objective's variance that each field explains."""
        return Importance.from_json(
            self._connection.get(f"/studies/{segment(study)}/importance", timeout_seconds=START_SECONDS)
        )

    def space_of(self, plugin: str) -> SearchSpace:
        """Return the searchable fields of a pipeline, with ranges to begin with."""
        return SearchSpace.from_json(
            self._connection.get(f"/studies/spaces/{segment(plugin)}", timeout_seconds=START_SECONDS)
        )

    def pause(self, study: str) -> Study:
        """Pause a study: it starts no further trial, and running trials finish."""
        return self._change(study, "pause")

    def resume(self, study: str) -> Study:
        """Resume a study after a pause."""
        return self._change(study, "resume")

    def stop(self, study: str) -> Study:
        """Stop a study: running trials are cancelled."""
        return self._change(study, "stop")

    def retrain(self, study: str, trial: int | None = None) -> Run:
        """Train one trial's config again and let the gate judge it; None: the best one."""
        return Run.from_json(
            self._connection.post(f"/studies/{segment(study)}/retrain", {"trial": trial}, timeout_seconds=START_SECONDS)
        )

    def delete(self, study: str) -> None:
        """Move a study that has ended into the trash; the runs of its trials go with it when it is purged."""
        self._connection.delete(f"/studies/{segment(study)}")

    def restore(self, study: str) -> Study:
        """Take a study out of the trash, by its id or its former name. Raises ApiError if the name is taken."""
        return self._change(study, "restore")

    def wait(self, study: str, timeout_seconds: float | None = None) -> Study:
        """Wait until a study has ended (not for its winner's training run). Raises TimeoutError."""
        until = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while (found := self.get(study)).state in _GOING_ON:
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"study {found.name} is still {found.state}")
            time.sleep(_LOOK_SECONDS)
        return found

    def _change(self, study: str, what: str) -> Study:
        return Study.from_json(self._connection.post(f"/studies/{segment(study)}/{what}"))
