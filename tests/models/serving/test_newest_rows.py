"""A forecast begins at the end of the newest version of its dataset; parameters stay those of the version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models.schemas import PredictRequest
from tests.models.ledger_lines import ledger_lines

START = datetime(2026, 3, 1, tzinfo=UTC)
HAND: dict[str, Any] = {"alias": "champion", "reason": "because", "by": "ayşe"}


def add(system: Any, project_id: str, folder: Path, rows: int, columns: str = "at,load,heat") -> Any:
    path = folder / "load.csv"
    lines = [f"{START + timedelta(hours=hour)},{hour},{hour % 3}" for hour in range(rows)]
    path.write_text("\n".join([columns, *lines]))
    options = FileOptions(time="at", target="load", unit="kW")
    return system.datasets.add_file(project_id, path, path.name, options)


@pytest.fixture
def system_with_model(system: Any, project_id: str, make_folder: Any, tmp_path: Path) -> Any:
    """One champion, learned from version 1 of its dataset, which ends at 29.0."""
    dataset = add(system, project_id, tmp_path, 30)
    facts = {"schema": dataset.dataset_schema.model_dump(), "dataset_fingerprint": dataset.fingerprint}
    system.add_version(project_id, make_folder(1.0), dataset_id=dataset.id, **facts)
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    return system


def predict(system: Any, project_id: str, **request: Any) -> Any:
    return system.predict(project_id, "load", PredictRequest(**request), "ayşe")


def test_rows_that_were_added_move_the_start_and_the_ledger_says_so(
    system_with_model: Any, project_id: str, tmp_path: Path
) -> None:
    system = system_with_model
    first = predict(system, project_id)
    assert (first.dataset_version, first.trained_on, first.predictions[0].value) == (1, 1, 30.0)
    newest = add(system, project_id, tmp_path, 35)
    for _ in range(2):  # the second time nothing has to be read
        answer = predict(system, project_id)
        assert (answer.dataset_version, answer.trained_on, answer.newer_version) == (2, 1, None)
        assert (answer.origin, answer.rows) == (START + timedelta(hours=34), 35)
        assert answer.predictions[0].value == 35.0
    line = ledger_lines(system.database, project_id, "load")[0]
    assert (line.inputs.dataset_version, line.inputs.dataset_fingerprint) == (2, newest.fingerprint)
    assert predict(system, project_id, dataset_version=1).predictions[0].value == 30.0
    for number in range(36, 40):  # versions that were looked up once are not kept for ever
        add(system, project_id, tmp_path, number)
        assert predict(system, project_id).predictions[0].value == float(number)
    model_id = next(iter(system.service.versions._remembered))[1]
    served = system.service.versions.get(project_id, model_id, 1)
    assert len(served.rows) <= 3


def test_a_newest_version_with_other_columns_is_passed_over_and_named(
    system_with_model: Any, project_id: str, tmp_path: Path
) -> None:
    system = system_with_model
    add(system, project_id, tmp_path, 35, "at,load,cold")
    answer = predict(system, project_id)
    assert (answer.dataset_version, answer.newer_version, answer.predictions[0].value) == (1, 2, 30.0)
    with pytest.raises(InvalidInput, match="'heat' is missing") as refused:
        predict(system, project_id, dataset_version=2)
    assert refused.value.error_code == "other_rows"
    with pytest.raises(NotFound):
        predict(system, project_id, dataset_version=9)


def test_a_deleted_newest_version_or_dataset_leaves_the_one_that_was_learned(
    system_with_model: Any, project_id: str, tmp_path: Path
) -> None:
    system = system_with_model
    newest = add(system, project_id, tmp_path, 35)
    assert predict(system, project_id).dataset_version == 2
    system.datasets.trash.delete(project_id, newest.name, 2, "ayşe")
    assert predict(system, project_id).dataset_version == 1
    system.datasets.trash.delete(project_id, newest.name, None, "ayşe")
    assert predict(system, project_id).dataset_version == 1


def test_rows_and_a_version_of_the_dataset_are_one_start_too_many(system_with_model: Any, project_id: str) -> None:
    rows = [{"at": START.isoformat(), "load": 1.0, "heat": 0.0}] * 2
    with pytest.raises(InvalidInput, match="cannot both"):
        predict(system_with_model, project_id, rows=rows, dataset_version=1)
