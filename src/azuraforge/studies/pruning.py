"""Early end of trials with a poor curve, and of all trials of a stopped study."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, NotFound
from azuraforge.messages import Message
from azuraforge.runs.schemas import RunOut
from azuraforge.runs.service import RunService
from azuraforge.studies import store
from azuraforge.studies.collecting import Curves
from azuraforge.studies.sampler_process import SamplerProcess
from azuraforge.studies.tables import Study, StudyTrial


class Pruning:
    """Pruner of running trials by their live curves. A pruned trial is marked first; the next step cancels its run."""

    def __init__(self, database: Database, runs: RunService, sampler: SamplerProcess) -> None:
        self._database = database
        self._runs = runs
        self._curves = Curves(runs)
        self._sampler = sampler
        #: Number of reports of each running trial at the last pruning, by study.
        self._looked: dict[str, dict[int, int]] = {}

    def keep(self, going_on: Collection[str]) -> None:
        """Discard the state of all studies whose ids are not in ``going_on``."""
        self._looked = {study_id: looked for study_id, looked in self._looked.items() if study_id in going_on}

    def cancel(self, study: Study, waiting: Sequence[StudyTrial], runs: Mapping[str, RunOut]) -> None:
        """Cancel the runs of pruned trials and of stopped studies, including those left by an earlier process."""
        for trial in waiting:
            run = runs[trial.run_id]
            if (trial.pruned_after is not None or study.state == "stopped") and not run.cancel_requested:
                values = {"reports": trial.pruned_after, "study": study.name}
                pruned = Message("pruned after {reports} [report|reports] (study {study})", values)
                reason = pruned if trial.pruned_after is not None else Message("study {study} was stopped", values)
                try:
                    self._runs.cancel(study.project_id, trial.run_id, reason=reason)
                except (Conflict, NotFound):
                    continue  # the run has just ended

    def prune(self, study: Study, waiting: Sequence[StudyTrial]) -> bool:
        """Mark the running trials with new reports that the pruner rejects; return whether there were any.

        Raises TransientError if the sampler process is unavailable.
        """
        before = self._looked.get(study.id, {})
        # Trials that another scheduler has collected are dropped.
        looked = {trial.number: before[trial.number] for trial in waiting if trial.number in before}
        self._looked[study.id] = looked
        curves = {}
        for trial in waiting:
            if trial.pruned_after is None:
                curve = self._curves.of(study, trial)
                if len(curve) != looked.get(trial.number, 0):
                    curves[trial.number] = curve
        if not curves:
            return False
        with self._database.read(study.project_id) as session:
            trials = store.trials(session, study.id)
        for trial in trials:
            if trial.number in curves:
                trial.curve = curves[trial.number]
        doomed = [number for number in self._sampler.prune(study, trials) if number in curves]

        def work(session: Session) -> None:
            if store.lock(session, study.id) is None:
                return
            for number in doomed:
                row = store.trial(session, study.id, number)
                if row is not None and row.state == "running" and row.pruned_after is None:
                    store.change(session, row, pruned_after=len(curves[number]))

        if doomed:
            self._database.write(study.project_id, work)
        looked |= {number: len(curve) for number, curve in curves.items()}  # later, so that a lost decision is repeated
        return bool(doomed)
