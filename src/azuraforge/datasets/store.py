"""SQL queries for datasets, except the frequent reads in ``lookup_store.py`` and the typed reads in ``reads.py``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from azuraforge.database import Session
from azuraforge.datasets.messages import ReadResult
from azuraforge.datasets.segments import Growth, Segment
from azuraforge.datasets.tables import Dataset, DatasetSegmentRow, DatasetVersionRow

#: Maximum number of addresses in one query.
_AT_ONCE = 500


def find(session: Session, name_or_id: str) -> Dataset | None:
    """Return a dataset by its name, else by its id; None if it does not exist or is in the trash."""
    statement = (
        select(Dataset)
        .where(
            Dataset.deleted_at.is_(None),
            or_(Dataset.name == name_or_id, Dataset.id == name_or_id),
        )
        .order_by(Dataset.name != name_or_id)
    )
    return session.scalars(statement).first()


def find_in_trash(session: Session, name_or_id: str) -> Dataset | None:
    """Return a deleted dataset by its id, else the most recently deleted one with the name; None if there is none."""
    statement = (
        select(Dataset)
        .where(
            Dataset.deleted_at.is_not(None),
            or_(Dataset.name == name_or_id, Dataset.id == name_or_id),
        )
        .order_by(Dataset.id != name_or_id, Dataset.deleted_at.desc())
    )
    return session.scalars(statement).first()


def lock(session: Session, dataset_id: str) -> Dataset | None:
    """Return a dataset with its row locked until commit; None if it does not exist."""
    statement = select(Dataset).where(Dataset.id == dataset_id)
    return session.scalar(statement.with_for_update(), execution_options={"populate_existing": True})


def exists(session: Session, name: str) -> bool:
    """Return whether the project has a dataset of this name that is not in the trash."""
    found = select(Dataset.id).where(Dataset.name == name, Dataset.deleted_at.is_(None))
    return session.scalar(found) is not None


def count(session: Session) -> int:
    """Return the number of the project's datasets that are not in the trash."""
    return session.scalar(select(func.count()).select_from(Dataset).where(Dataset.deleted_at.is_(None))) or 0


def newest_rows(session: Session) -> int:
    """Return the number of rows of the newest versions of the project's datasets."""
    there = (DatasetVersionRow.deleted_at.is_(None), DatasetVersionRow.purged_at.is_(None))
    newest = (
        select(DatasetVersionRow.dataset_id, func.max(DatasetVersionRow.version).label("version"))
        .join(Dataset, Dataset.id == DatasetVersionRow.dataset_id)
        .where(*there, Dataset.deleted_at.is_(None))
        .group_by(DatasetVersionRow.dataset_id)
        .subquery()
    )
    rows = select(func.coalesce(func.sum(DatasetVersionRow.rows), 0)).join(
        newest,
        and_(newest.c.dataset_id == DatasetVersionRow.dataset_id, newest.c.version == DatasetVersionRow.version),
    )
    return int(session.scalar(rows) or 0)


def stored_bytes(session: Session) -> int:
    """Return the size of the project's segments, also of those in the trash; versions share segments."""
    files = select(func.max(DatasetSegmentRow.bytes).label("bytes")).group_by(DatasetSegmentRow.address).subquery()
    return int(session.scalar(select(func.coalesce(func.sum(files.c.bytes), 0))) or 0)


def find_or_add(session: Session, name: str) -> Dataset:
    """Return the dataset of this name, creating it if needed; its row is locked until the transaction ends.

    Raises IntegrityError if another process creates the dataset at the same time (PostgreSQL).
    """
    named = (Dataset.name == name, Dataset.deleted_at.is_(None))
    statement = select(Dataset).where(*named).with_for_update()
    dataset = session.scalars(statement).first()
    if dataset is None:
        dataset = Dataset(project_id=session.project_id, name=name)
        session.add(dataset)
        session.flush()
    return dataset


def version(session: Session, dataset_id: str, number: int | None, trash: bool = False) -> DatasetVersionRow | None:
    """Return one version (``number`` None: the newest), or None. With ``trash``, it may be deleted, but not purged."""
    statement = select(DatasetVersionRow).where(_of(dataset_id), DatasetVersionRow.purged_at.is_(None))
    if number is not None:
        statement = statement.where(DatasetVersionRow.version == number)
    if not trash:
        statement = statement.where(DatasetVersionRow.deleted_at.is_(None))
    return session.scalars(statement.order_by(DatasetVersionRow.version.desc())).first()


def all_versions(session: Session, dataset_id: str) -> Sequence[DatasetVersionRow]:
    """Return every version that is not purged, oldest first."""
    statement = select(DatasetVersionRow).where(_of(dataset_id), DatasetVersionRow.purged_at.is_(None))
    return session.scalars(statement.order_by(DatasetVersionRow.version)).all()


def growths(session: Session, dataset_id: str, after: int, until: int) -> Sequence[Growth | None]:
    """Return the growth of each version after ``after`` up to ``until``, including deleted versions, in order.

    An item is None if its version was not created by adding rows.
    """
    row = DatasetVersionRow
    statement = select(row.growth).where(_of(dataset_id), row.version > after, row.version <= until)
    return session.scalars(statement.order_by(row.version)).all()


def version_by_fingerprint(session: Session, dataset_id: str, fingerprint: str) -> DatasetVersionRow | None:
    statement = select(DatasetVersionRow).where(
        DatasetVersionRow.dataset_id == dataset_id,
        DatasetVersionRow.fingerprint == fingerprint,
    )
    return session.scalars(statement).first()


def sharing(
    session: Session, datasets: Collection[str], contents: Collection[str]
) -> list[tuple[str, str, str | None]]:
    """Return dataset id, fingerprint and file hash of all versions of ``datasets`` or with a hash in ``contents``.

    A hash is the fingerprint of the rows or the SHA-256 of the file.
    """
    row = DatasetVersionRow
    same = or_(row.dataset_id.in_(datasets), row.fingerprint.in_(contents), row.file_sha256.in_(contents))
    statement = select(row.dataset_id, row.fingerprint, row.file_sha256).where(same)
    return [(dataset_id, fingerprint, sha256) for dataset_id, fingerprint, sha256 in session.execute(statement)]


def add_version(
    session: Session, dataset_id: str, read: ReadResult, source: str, growth: Growth | None
) -> DatasetVersionRow:
    """Add the next version of a dataset that ``find_or_add`` has locked, and return it."""
    highest = session.scalar(select(func.max(DatasetVersionRow.version)).where(_of(dataset_id)))
    row = DatasetVersionRow(
        project_id=session.project_id,
        dataset_id=dataset_id,
        version=(highest or 0) + 1,
        fingerprint=read.fingerprint,
        file_sha256=read.file_sha256,
        columns=read.columns,
        options=read.options,
        rows=read.rows,
        bytes=sum(each.bytes for each in read.files),
        start_at=read.start_at,
        end_at=read.end_at,
        source=source,
        provenance=read.provenance,
        findings=read.findings,
        segments=read.files,
        blocks=read.blocks,
        growth=growth,
        cursor=read.cursor,
    )
    session.add(row)
    session.flush()
    name_segments(session, row, read.files)
    session.refresh(row)
    return row


def change(session: Session, row: Dataset | DatasetVersionRow, **values: object) -> None:
    """Set columns of a row; the caller has locked its dataset."""
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def deleted_datasets(session: Session, before: datetime | None) -> Sequence[Dataset]:
    """Return the datasets in the trash, most recently deleted first.

    With ``before``, only those deleted up to this time.
    """
    statement = select(Dataset).where(Dataset.deleted_at.is_not(None))
    if before is not None:
        statement = statement.where(Dataset.deleted_at <= before)
    return session.scalars(statement.order_by(Dataset.deleted_at.desc(), Dataset.id)).all()


def deleted_versions(session: Session, before: datetime | None) -> Sequence[tuple[Dataset, DatasetVersionRow]]:
    """Return the deleted versions of datasets that are not deleted, most recently deleted first, with their datasets.

    With ``before``, only those deleted up to this time.
    """
    row = DatasetVersionRow
    statement = (
        select(Dataset, row)
        .join(row, (row.project_id == Dataset.project_id) & (row.dataset_id == Dataset.id))
        .where(Dataset.deleted_at.is_(None))
        .where(row.deleted_at.is_not(None), row.purged_at.is_(None))
    )
    if before is not None:
        statement = statement.where(row.deleted_at <= before)
    found = session.execute(statement.order_by(row.deleted_at.desc(), row.dataset_id, row.version))
    return [(dataset, version) for dataset, version in found]


def forget(session: Session, dataset_id: str) -> None:
    """Delete the rows of a dataset, which the caller has locked, and of all its versions."""
    for table, condition in (
        (DatasetSegmentRow, DatasetSegmentRow.dataset_id == dataset_id),
        (DatasetVersionRow, _of(dataset_id)),
        (Dataset, Dataset.id == dataset_id),
    ):
        session.execute(delete(table).where(condition), execution_options={"synchronize_session": False})


def named_files(session: Session, addresses: Sequence[str]) -> set[str]:
    """Return the ``addresses`` that at least one version of the project refers to."""
    statement = select(DatasetSegmentRow.address).where(DatasetSegmentRow.address.in_(addresses)).distinct()
    return set(session.scalars(statement))


def own_bytes(session: Session, rows: Sequence[DatasetVersionRow]) -> int:
    """Return the total size in bytes of the segments that only the versions ``rows`` refer to."""
    sizes = {each.address: each.bytes for row in rows for each in row.segments}
    mine = {(row.dataset_id, row.version) for row in rows}
    table, addresses = DatasetSegmentRow, sorted(sizes)
    for start in range(0, len(addresses), _AT_ONCE):
        batch = addresses[start : start + _AT_ONCE]
        found = select(table.dataset_id, table.version, table.address).where(table.address.in_(batch))
        for dataset_id, number, address in session.execute(found):
            if (dataset_id, number) not in mine:
                sizes.pop(address, None)
    return sum(sizes.values())


def name_segments(session: Session, row: DatasetVersionRow, segments: tuple[Segment, ...]) -> None:
    """Replace the segments of a version and its references to them; the caller has locked its dataset."""
    unname_segments(session, row)
    row.segments, row.bytes = segments, sum(each.bytes for each in segments)
    for address, size in {each.address: each.bytes for each in segments}.items():
        session.add(
            DatasetSegmentRow(
                project_id=session.project_id,
                dataset_id=row.dataset_id,
                version=row.version,
                address=address,
                bytes=size,
            )
        )
    session.flush()


def unname_segments(session: Session, row: DatasetVersionRow) -> list[str]:
    """Delete a version's references to its segments; return the segments' addresses."""
    table = DatasetSegmentRow
    mine = (table.dataset_id == row.dataset_id, table.version == row.version)
    session.execute(delete(table).where(*mine), execution_options={"synchronize_session": False})
    return [each.address for each in row.segments]


def _of(dataset_id: str) -> ColumnElement[bool]:
    return DatasetVersionRow.dataset_id == dataset_id


def _there() -> tuple[ColumnElement[bool], ...]:
    return DatasetVersionRow.deleted_at.is_(None), DatasetVersionRow.purged_at.is_(None)
