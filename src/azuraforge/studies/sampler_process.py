"""The open child that knows Optuna, kept while studies go on, and given back when none has asked for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from azuraforge.errors import TransientError
from azuraforge.studies.tables import Study, StudyTrial

ENTRY = "azuraforge.studies.sampler_child:serve"
_ANSWER_SECONDS = 120.0
_IDLE_SECONDS = 120.0


class Conversation(Protocol):
    """A long-lived child, see ``runs.conversation``."""

    def ask(self, payload: dict[str, Any], timeout_seconds: float) -> dict[str, Any]: ...
    def close(self) -> None: ...


Open = Callable[[str, dict[str, Any]], Conversation]


class Asker:
    """Asks the child; one that died is opened again for the next question, with nothing lost."""

    def __init__(self, open_child: Open) -> None:
        self._open = open_child
        self._lock = threading.Lock()
        self._child: Conversation | None = None
        self._used = 0.0

    def next(
        self, study: Study, trials: Sequence[StudyTrial], warm: Sequence[StudyTrial]
    ) -> tuple[dict[str, Any], int | None]:
        """Params and CMA-ES generation of the study's next trial."""
        answer = self._ask(
            {
                **_about(study, trials),
                "do": "ask",
                "sampler": study.sampler,
                "seed": study.seed,
                "number": study.asked,
                "warm": [_told(trial) for trial in warm],
            }
        )
        return answer["params"], answer["generation"]

    def prune(self, study: Study, trials: Sequence[StudyTrial]) -> list[int]:
        """The running trials that may end now."""
        found: list[int] = self._ask({**_about(study, trials), "do": "prune"})["prune"]
        return found

    def importance(self, study: Study, trials: Sequence[StudyTrial]) -> list[dict[str, float] | None]:
        """One answer for each objective."""
        found: list[dict[str, float] | None]
        found = self._ask({**_about(study, trials), "do": "importance"})["importances"]
        return found

    def rest(self) -> None:
        """Give the child's memory back where nobody has asked for a while."""
        with self._lock:
            if self._child is not None and time.monotonic() - self._used > _IDLE_SECONDS:
                self._end()

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            for last in (False, True):
                if self._child is None:
                    self._child = self._open(ENTRY, {})
                self._used = time.monotonic()
                try:
                    return self._child.ask(question, _ANSWER_SECONDS)
                except TransientError:  # it died, perhaps of the platform's memory running short
                    self._end()
                    if last:
                        raise
            raise AssertionError("unreachable")

    def _end(self) -> None:
        if self._child is not None:
            child, self._child = self._child, None
            child.close()


def _about(study: Study, trials: Sequence[StudyTrial]) -> dict[str, Any]:
    return {
        "study_id": study.id,
        "space": study.space,
        "directions": [each["direction"] for each in study.objectives],
        "pruner": study.pruner,
        "trials": [_told(trial) for trial in trials],
    }


def _told(trial: StudyTrial) -> Mapping[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state,
        "params": trial.params,
        "scores": trial.scores,
        "curve": trial.curve,
        "generation": trial.generation,
    }
