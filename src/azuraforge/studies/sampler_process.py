"""The long-lived sampler process, which imports Optuna: kept while studies run, ended after an idle period."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pydantic import TypeAdapter

from azuraforge.errors import TransientError
from azuraforge.strict_json import JsonObject
from azuraforge.studies.records import (
    ImportanceQuestion,
    Importances,
    NextTrial,
    NextTrialQuestion,
    Params,
    Pruned,
    PruneQuestion,
    Question,
    StudyRecord,
    TrialRecord,
)
from azuraforge.studies.tables import Study, StudyTrial

ENTRY = "azuraforge.studies.sampler_child:serve"
_ANSWER_SECONDS = 120.0
_IDLE_SECONDS = 120.0
_NEXT = TypeAdapter(NextTrial)
_PRUNED = TypeAdapter(Pruned)
_IMPORTANCES = TypeAdapter(Importances)


class ChildSession(Protocol):
    """Protocol of a long-lived child process; see ``processes.exchange``."""

    def ask(self, payload: Mapping[str, object], timeout_seconds: float) -> JsonObject: ...
    def close(self) -> None: ...


Open = Callable[[str, dict[str, object]], ChildSession]


class SamplerProcess:
    """Client of the sampler process. A process that died is restarted without loss of state.

    Requests raise TransientError if the restarted process fails, too.
    """

    def __init__(self, open_child: Open) -> None:
        self._open = open_child
        self._lock = threading.Lock()
        self._child: ChildSession | None = None
        self._used = 0.0

    def next(self, study: Study, trials: Sequence[StudyTrial], warm: Sequence[StudyTrial]) -> tuple[Params, int | None]:
        """Return the params and the CMA-ES generation of the study's next trial.

        The generation is None for other samplers. ``warm`` are complete trials of earlier studies.
        """
        question: NextTrialQuestion = {
            **_record(study, trials),
            "do": "ask",
            "sampler": study.sampler,
            "seed": study.seed,
            "number": study.asked,
            "warm": [_trial(trial) for trial in warm],
        }
        found = _NEXT.validate_python(self._ask(question))
        return found["params"], found["generation"]

    def prune(self, study: Study, trials: Sequence[StudyTrial]) -> list[int]:
        """Return the numbers of the running trials to prune."""
        question: PruneQuestion = {**_record(study, trials), "do": "prune"}
        return _PRUNED.validate_python(self._ask(question))["prune"]

    def importance(self, study: Study, trials: Sequence[StudyTrial]) -> list[dict[str, float] | None]:
        """Return, for each objective, the fraction of the scores' variance that each field explains.

        An element is None if too few trials are complete, all scores are equal, or every field has a single value.
        """
        question: ImportanceQuestion = {**_record(study, trials), "do": "importance"}
        return _IMPORTANCES.validate_python(self._ask(question))["importances"]

    def rest(self) -> None:
        """Stop the process after an idle period to free its memory."""
        with self._lock:
            if self._child is not None and time.monotonic() - self._used > _IDLE_SECONDS:
                self._end()

    def close(self) -> None:
        """Stop the process."""
        with self._lock:
            self._end()

    def _ask(self, question: Question) -> JsonObject:
        with self._lock:
            for last in (False, True):
                if self._child is None:
                    self._child = self._open(ENTRY, {})
                self._used = time.monotonic()
                try:
                    return self._child.ask({**question}, _ANSWER_SECONDS)
                except TransientError:  # the process died, maybe because memory ran out
                    self._end()
                    if last:
                        raise
            raise AssertionError("unreachable")

    def _end(self) -> None:
        if self._child is not None:
            child, self._child = self._child, None
            child.close()


def _record(study: Study, trials: Sequence[StudyTrial]) -> StudyRecord:
    return {
        "study_id": study.id,
        "space": study.space,
        "directions": [each["direction"] for each in study.objectives],
        "pruner": study.pruner,
        "trials": [_trial(trial) for trial in trials],
    }


def _trial(trial: StudyTrial) -> TrialRecord:
    return {
        "number": trial.number,
        "state": trial.state,
        "params": trial.params,
        "scores": trial.scores,
        "curve": trial.curve,
        "generation": trial.generation,
    }
