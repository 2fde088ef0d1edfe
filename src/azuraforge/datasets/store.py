"""The only SQL of datasets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from azuraforge.datasets.tables import Dataset, DatasetVersionRow


def find(session: Session, project_id: str, name_or_id: str) -> Dataset | None:
    """A dataset by its name, else by its id."""
    statement = (
        select(Dataset)
        .where(Dataset.project_id == project_id, or_(Dataset.name == name_or_id, Dataset.id == name_or_id))
        .order_by(Dataset.name != name_or_id)
    )
    return session.scalars(statement).first()


def find_or_add(session: Session, project_id: str, name: str) -> Dataset:
    """The dataset of this name, locked until the end of the transaction; made where it is new."""
    statement = select(Dataset).where(Dataset.project_id == project_id, Dataset.name == name).with_for_update()
    dataset = session.scalars(statement).first()
    if dataset is None:
        dataset = Dataset(project_id=project_id, name=name)
        session.add(dataset)
        session.flush()
    return dataset


def names(session: Session, project_id: str) -> list[str]:
    statement = select(Dataset.name).where(Dataset.project_id == project_id).order_by(Dataset.name)
    return list(session.scalars(statement))


def version(session: Session, project_id: str, dataset_id: str, number: int | None) -> DatasetVersionRow | None:
    """One version; the newest where no number is given."""
    statement = select(DatasetVersionRow).where(
        DatasetVersionRow.project_id == project_id, DatasetVersionRow.dataset_id == dataset_id
    )
    if number is not None:
        statement = statement.where(DatasetVersionRow.version == number)
    return session.scalars(statement.order_by(DatasetVersionRow.version.desc())).first()


def version_by_fingerprint(
    session: Session, project_id: str, dataset_id: str, fingerprint: str
) -> DatasetVersionRow | None:
    statement = select(DatasetVersionRow).where(
        DatasetVersionRow.project_id == project_id,
        DatasetVersionRow.dataset_id == dataset_id,
        DatasetVersionRow.fingerprint == fingerprint,
    )
    return session.scalars(statement).first()


def add_version(session: Session, project_id: str, dataset_id: str, values: dict[str, Any]) -> DatasetVersionRow:
    """The next version of a dataset that ``find_or_add`` has locked."""
    newest = version(session, project_id, dataset_id, None)
    row = DatasetVersionRow(
        project_id=project_id, dataset_id=dataset_id, version=newest.version + 1 if newest else 1, **values
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def latest_versions(session: Session, project_id: str) -> list[tuple[Dataset, DatasetVersionRow, int]]:
    """Every dataset with its newest version and the number of its versions, by name."""
    newest = (
        select(
            DatasetVersionRow.dataset_id,
            func.max(DatasetVersionRow.version).label("version"),
            func.count().label("versions"),
        )
        .where(DatasetVersionRow.project_id == project_id)
        .group_by(DatasetVersionRow.dataset_id)
        .subquery()
    )
    statement = (
        select(Dataset, DatasetVersionRow, newest.c.versions)
        .join(newest, newest.c.dataset_id == Dataset.id)
        .join(
            DatasetVersionRow,
            (DatasetVersionRow.project_id == Dataset.project_id)
            & (DatasetVersionRow.dataset_id == Dataset.id)
            & (DatasetVersionRow.version == newest.c.version),
        )
        .where(Dataset.project_id == project_id)
        .order_by(Dataset.name)
    )
    return [(dataset, row, int(count)) for dataset, row, count in session.execute(statement)]
