"""Objections to deleting data that an unfinished study requires, and to resuming trials of ended studies."""

from __future__ import annotations

from azuraforge.database import Session
from azuraforge.errors import Conflict
from azuraforge.messages import Message
from azuraforge.pipelines.extra import TrialExtra
from azuraforge.runs.service import ResumedRun
from azuraforge.studies import store
from azuraforge.studies.tables import Study


def object_to_dataset(session: Session, id_: str, name: str, version: int | None) -> None:
    """Raise Conflict if an unfinished study reads the dataset, or the given version of it."""
    for row in store.using(session):
        if row.dataset_id == id_ and version in (None, row.dataset_version):
            raise _in_use(
                Message("dataset {dataset!r}", {"dataset": name})
                if version is None
                else Message("version {version} of dataset {dataset!r}", {"dataset": name, "version": version}),
                row,
            )


def object_to_model(session: Session, name: str) -> None:
    """Raise Conflict if an unfinished study will create a version of the model."""
    for row in store.using(session):
        if row.model == name and row.retrain:
            raise _in_use(Message("model {model!r}", {"model": name}), row)


def object_to_resuming(session: Session, run: ResumedRun) -> None:
    """Raise Conflict if the run is a trial of an ended or purged study, so that its result would not be used."""
    if run.kind != "trial":
        return
    extra = TrialExtra.model_validate(run.extra)
    if extra.study is None:
        return
    study = store.find(session, extra.study.id)
    if study is None or study.state not in ("running", "paused"):
        raise Conflict(
            "the study of this trial has ended",
            where="study {study}",
            next_step="create another study that starts from its trials: azuraforge studies create --warm-start",
            study=extra.study.name,
        )


def _in_use(what: Message, study: Study) -> Conflict:
    return Conflict(
        "{what} cannot be deleted while study {study!r} uses it",
        where="study {study}",
        next_step="stop the study first: azuraforge studies stop {study!r}",
        what=what,
        study=study.name,
    )
