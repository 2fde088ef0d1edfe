"""SQL queries for models, versions, aliases and evaluations; ``trash_store.py`` contains the queries for the trash."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Session, new_id, now
from azuraforge.database.keyset import behind
from azuraforge.datasets.duplicates import SameData
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.tables import (
    AliasChange,
    Evaluation,
    HeldOutUse,
    Model,
    ModelAlias,
    ModelPolicy,
    ModelVersion,
    Prediction,
)


def model(session: Session, name: str) -> Model | None:
    return session.scalar(select(Model).where(*_named(name)))


def model_by_id(session: Session, id_: str) -> Model | None:
    return session.get(Model, (session.project_id, id_))


def lock_model(session: Session, name: str) -> Model | None:
    """Return a model with its row locked until commit, so that numbers are assigned one after another.

    Returns None if the model does not exist.
    """
    statement = select(Model).where(*_named(name))
    return session.scalar(statement.with_for_update().execution_options(populate_existing=True))


def ensure_model(session: Session, name: str) -> Model:
    """Return the model with this name, locked until commit; create it if it does not exist."""
    dialect = session.get_bind().dialect.name
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(Model)
    values: dict[str, object] = {"project_id": session.project_id, "id": new_id(), "name": name, "created_at": now()}
    values |= {"last_version": 0, "last_change": 0}
    session.connection().execute(insert.values(values).on_conflict_do_nothing())
    found = lock_model(session, name)
    assert found is not None
    return found


def names(session: Session) -> Sequence[str]:
    """Return the names of the models that are not in the trash."""
    return session.scalars(select(Model.name).where(Model.deleted_at.is_(None))).all()


def version(session: Session, model_id: str, number: int) -> ModelVersion | None:
    return session.get(ModelVersion, (session.project_id, model_id, number))


def versions(session: Session, model_id: str) -> Sequence[ModelVersion]:
    """Return a model's versions that are neither deleted nor purged, newest first."""
    statement = select(ModelVersion).where(ModelVersion.model_id == model_id)
    return session.scalars(statement.where(*_there()).order_by(ModelVersion.version.desc())).all()


def add_version(session: Session, owner: Model, **fields: object) -> ModelVersion:
    """Add the next version of a locked model, and return it."""
    owner.last_version += 1
    row = ModelVersion(project_id=owner.project_id, model_id=owner.id, version=owner.last_version, **fields)
    session.add(row)
    session.flush()
    return row


def alias(session: Session, model_id: str, name: str) -> ModelAlias | None:
    return session.get(ModelAlias, (session.project_id, model_id, name))


def aliases(session: Session, model_id: str) -> Sequence[ModelAlias]:
    statement = select(ModelAlias).where(ModelAlias.model_id == model_id)
    return session.scalars(statement.order_by(ModelAlias.alias)).all()


def champion_runs(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Return the ids of the runs that trained the champions of models, by model id; empty if it was imported."""
    held = and_(ModelVersion.model_id == ModelAlias.model_id, ModelVersion.version == ModelAlias.version)
    found = select(ModelAlias.model_id, ModelVersion.run_id).join(ModelVersion, held)
    found = found.where(ModelAlias.alias == "champion", ModelAlias.model_id.in_(ids))
    return {each[0]: each[1] for each in session.execute(found)}


def change(session: Session, model_id: str, seq: int) -> AliasChange | None:
    return session.get(AliasChange, (session.project_id, model_id, seq))


def move_alias(session: Session, owner: Model, name: str, **fields: object) -> AliasChange:
    """Record a move in the history and point the alias of a locked model to its version; return the move."""
    owner.last_change += 1
    line = AliasChange(
        project_id=owner.project_id, model_id=owner.id, seq=owner.last_change, alias=name, at=now(), **fields
    )
    session.add(line)
    session.flush()
    pointer = alias(session, owner.id, name)
    if pointer is None:
        session.add(
            ModelAlias(
                project_id=owner.project_id, model_id=owner.id, alias=name, version=line.version, change=line.seq
            )
        )
    else:
        pointer.version, pointer.change = line.version, line.seq
    session.flush()
    session.refresh(line)  # the database's clock wrote the time
    return line


def history(
    session: Session,
    model_id: str,
    name: str | None,
    at: datetime | None,
    after: tuple[int] | None,
    limit: int,
) -> Sequence[tuple[AliasChange, datetime | None]]:
    """Return moves of one alias or of all, newest first, each with the time of the next move of its alias.

    Args:
        name: name of the alias; None for all.
        at: latest time of the moves; None for now.
        after: key that the page follows.
        limit: maximum number of moves.
    """
    line = AliasChange
    until = func.lead(line.at, type_=line.at.type).over(partition_by=line.alias, order_by=line.seq)
    moves = select(line.seq, until.label("until")).where(line.model_id == model_id)
    ends = moves.subquery()
    statement = select(line, ends.c.until).join(ends, ends.c.seq == line.seq).where(line.model_id == model_id)
    if name is not None:
        statement = statement.where(line.alias == name)
    if at is not None:
        statement = statement.where(line.at <= at)
    if after is not None:
        statement = statement.where(behind([line.seq], after, descending=True))
    return [(row[0], row[1]) for row in session.execute(statement.order_by(line.seq.desc()).limit(limit))]


def remove_alias(session: Session, owner: Model, pointer: ModelAlias, **fields: object) -> AliasChange:
    """Record the removal in the history and remove the alias of a locked model; return the move."""
    owner.last_change += 1
    line = AliasChange(
        project_id=owner.project_id,
        model_id=owner.id,
        seq=owner.last_change,
        alias=pointer.alias,
        version=pointer.version,  # the version until this removal
        previous_version=pointer.version,
        below=None,
        action="remove",
        run_id=None,
        at=now(),
        **fields,
    )
    session.add(line)
    session.delete(pointer)
    session.flush()
    session.refresh(line)
    return line


def policies(session: Session, model_id: str, limit: int = 1, after: tuple[int] | None = None) -> Sequence[ModelPolicy]:
    """Return a model's policies, newest first; empty if only the platform's default policy applies."""
    statement = select(ModelPolicy).where(ModelPolicy.model_id == model_id)
    if after is not None:
        statement = statement.where(behind([ModelPolicy.number], after, descending=True))
    return session.scalars(statement.order_by(ModelPolicy.number.desc()).limit(limit)).all()


def add_policy(session: Session, owner: Model, **fields: object) -> ModelPolicy:
    """Add the next policy of a locked model, and return it."""
    newest = policies(session, owner.id)
    number = newest[0].number + 1 if newest else 1
    row = ModelPolicy(project_id=owner.project_id, model_id=owner.id, number=number, at=now(), **fields)
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def version_evaluation(session: Session, model_id: str, number: int) -> Evaluation | None:
    """Return the evaluation of the run that made a version; None if there is none."""
    statement = (
        select(Evaluation)
        .join(
            ModelVersion,
            (ModelVersion.project_id == Evaluation.project_id) & (ModelVersion.run_id == Evaluation.run_id),
        )
        .where(ModelVersion.model_id == model_id)
        .where(ModelVersion.version == number, Evaluation.model_id == model_id)
    )
    return session.scalars(statement).first()


def prediction_counts(session: Session, model_id: str) -> dict[int, tuple[int, int, datetime, datetime]]:
    """Return the predictions of each version: their number, the number of judged ones, the first and the last time."""
    statement = (
        select(
            Prediction.version,
            func.count(),
            func.count(Prediction.judged_at),
            func.min(Prediction.created_at),
            func.max(Prediction.created_at),
        )
        .where(Prediction.model_id == model_id)
        .group_by(Prediction.version)
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in session.execute(statement)}


def add_evaluation(session: Session, **fields: object) -> Evaluation:
    row = Evaluation(**fields)
    session.add(row)
    session.flush()
    return row


def evaluation(session: Session, run_id: str) -> tuple[Evaluation, str] | None:
    """Return a run's evaluation and its model's name; None if it has no evaluation."""
    statement = (
        select(Evaluation, Model.name)
        .join(Model, (Model.project_id == Evaluation.project_id) & (Model.id == Evaluation.model_id))
        .where(Evaluation.run_id == run_id)
    )
    found = session.execute(statement).first()
    return (found[0], found[1]) if found else None


def verdicts(session: Session, run_ids: Collection[str | None]) -> dict[str, VerdictRecord]:
    """Return the verdicts of runs by run id; runs without a verdict are absent."""
    if not run_ids:
        return {}
    statement = select(Evaluation.run_id, Evaluation.verdict)
    found = session.execute(statement.where(Evaluation.run_id.in_(run_ids)))
    return {row[0]: row[1] for row in found}


def held_out_use(session: Session, run_id: str) -> HeldOutUse | None:
    """Return the use of a test set that a run has reserved; None if there is none."""
    return session.get(HeldOutUse, (session.project_id, run_id))


def same_data_by_uses(session: Session, known: SameData) -> SameData:
    """Return ``known`` with the datasets and contents of all uses that share a dataset or a content with it.

    Uses are kept even if their dataset is purged.
    """
    use = HeldOutUse
    found = session.execute(
        select(use.dataset_id, use.fingerprint, use.file_sha256).where(_of_same_data(known)).distinct()
    ).all()
    return SameData(
        known.datasets | {row[0] for row in found},
        known.contents | {each for row in found for each in row[1:] if each},
    )


def _of_same_data(same: SameData) -> ColumnElement[bool]:
    use = HeldOutUse
    return or_(
        use.dataset_id.in_(same.datasets), use.fingerprint.in_(same.contents), use.file_sha256.in_(same.contents)
    )


def count_uses(
    session: Session,
    same: SameData,
    target: str,
    start_at: datetime,
    end_at: datetime,
    before: int | None = None,
) -> int:
    """Return the number of uses of the same data and target whose held-out rows overlap the given time range.

    With ``before``, only uses with smaller numbers count.
    """
    use = HeldOutUse
    found = (
        select(func.count())
        .select_from(use)
        .where(
            _of_same_data(same),
            use.target == target,
            use.test_start_at <= end_at,
            use.test_end_at >= start_at,
        )
    )
    return session.scalar(found if before is None else found.where(use.number < before)) or 0


def add_held_out_use(session: Session, **fields: object) -> HeldOutUse:
    """Add the project's next use, and return it.

    Raises IntegrityError if a concurrent use took the number (PostgreSQL).
    """
    last = session.scalar(select(func.max(HeldOutUse.number)))
    row = HeldOutUse(project_id=session.project_id, number=(last or 0) + 1, earlier=0, at=now(), **fields)
    session.add(row)
    session.flush()
    return row


def _named(name: str) -> tuple[ColumnElement[bool], ...]:
    return Model.name == name, Model.deleted_at.is_(None)


def _there() -> tuple[ColumnElement[bool], ...]:
    return ModelVersion.deleted_at.is_(None), ModelVersion.purged_at.is_(None)
