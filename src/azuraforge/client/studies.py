"""Client for studies: searches over a pipeline's config, whose trials are runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.ids import whole_id
from azuraforge.client.http.pages import listed
from azuraforge.client.run import Run
from azuraforge.client.starting import START_SECONDS
from azuraforge.client.study import Importance, SearchSpace, Study, Trial

Sampler = Literal["tpe", "cmaes", "random", "grid", "qmc"]
State = Literal["running", "paused", "stopped", "finished", "failed"]
_CHECK_SECONDS = 240.0
_LOOK_SECONDS = 0.5
_GOING_ON = ("running", "paused")


StudyList: TypeAlias = list[Study]
TrialList: TypeAlias = list[Trial]


class Studies:
    """Methods of ``client.studies``. A study is given by its id or name.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

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
        """Create a study that searches for the best config.

        Args:
            space: field of the config → ``{"low": 1e-4, "high": 1e-1, "log": True}`` or ``{"choices": [16, 32]}``.
            config: fields with fixed values.
            pruner: ``none``, ``median`` or ``hyperband``, or a mapping with its settings.
            objectives: metrics on the validation set, such as ``rmse``; if empty, the default of the task.
            trials, seconds, cpu_seconds: limits after which no further trial starts.
            parallel: maximum number of concurrent trials.
            warm_start_from: earlier studies whose trials the sampler learns from.
            retrain: whether to train a model with the winner's config at the end, which the gate evaluates.

        Example::

            space = {"learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}, "hidden_size": {"choices": [16, 32]}}
            study = client.studies.create("first", "forecasting.lstm", "weather", space, trials=30, parallel=2)
            print(client.studies.wait(study.id).best.params)

        Raises:
            ApiError: the space contains invalid configs, the name is taken, or the dataset does not exist.
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
        """Create a study from a complete body of ``POST /studies``, for example read from a file."""
        body = dict(request)
        if isinstance(earlier := body.get("warm_start_from"), list | tuple):
            body["warm_start_from"] = [whole_id(each, lambda short: self.get(short).id) for each in earlier]
        return Study.from_json(self._connection.post("/studies", body, timeout_seconds=_CHECK_SECONDS))

    def list(self, *, state: State | None = None, name: str | None = None, limit: int | None = None) -> StudyList:
        """Return the studies, newest first; at most ``limit`` of them (None: all).

        Args:
            state: only studies in this state.
            name: part of the name.
        """
        return listed(self._connection, "/studies", Study, limit, state=state, name=name)

    def get(self, study: str) -> Study:
        """Return one study with its space, config and results."""
        return Study.from_json(self._connection.get(f"/studies/{segment(study)}"))

    def trials(self, study: str, *, limit: int | None = None, curves: bool = False) -> TrialList:
        """Return the trials of a study, sorted by number; at most ``limit`` of them (None: all).

        If ``curves`` is true, each trial contains its intermediate values so far as (report, value).
        """
        path = f"/studies/{segment(study)}/trials"
        return listed(self._connection, path, Trial, limit, curves="true" if curves else None)

    def importance(self, study: str) -> Importance:
        """Return the share of each objective's variance that each field explains."""
        return Importance.from_json(
            self._connection.get(f"/studies/{segment(study)}/importance", timeout_seconds=START_SECONDS)
        )

    def space_of(self, plugin: str) -> SearchSpace:
        """Return the searchable fields of a pipeline, with suggested ranges."""
        return SearchSpace.from_json(
            self._connection.get(f"/studies/spaces/{segment(plugin)}", timeout_seconds=START_SECONDS)
        )

    def pause(self, study: str) -> Study:
        """Pause a study. Running trials are completed; no further trial starts."""
        return self._change(study, "pause")

    def resume(self, study: str) -> Study:
        """Resume a paused study."""
        return self._change(study, "resume")

    def stop(self, study: str) -> Study:
        """Stop a study and cancel its running trials."""
        return self._change(study, "stop")

    def retrain(self, study: str, trial: int | None = None) -> Run:
        """Queue a training run with the config of a trial (None: the best one), and return the run."""
        return Run.from_json(
            self._connection.post(f"/studies/{segment(study)}/retrain", {"trial": trial}, timeout_seconds=START_SECONDS)
        )

    def delete(self, study: str) -> None:
        """Move an ended study to the trash. Purging the study also deletes the runs of its trials."""
        self._connection.delete(f"/studies/{segment(study)}")

    def restore(self, study: str) -> Study:
        """Restore a study from the trash, by its id or its former name. Raises ApiError if the name is taken."""
        return self._change(study, "restore")

    def wait(self, study: str, timeout_seconds: float | None = None) -> Study:
        """Wait until a study has ended, and return it; its winner's training run may still be running.

        Raises TimeoutError after ``timeout_seconds`` (None: never).
        """
        until = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while (found := self.get(study)).state in _GOING_ON:
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"study {found.name} is still {found.state}")
            time.sleep(_LOOK_SECONDS)
        return found

    def _change(self, study: str, what: str) -> Study:
        return Study.from_json(self._connection.post(f"/studies/{segment(study)}/{what}"))
