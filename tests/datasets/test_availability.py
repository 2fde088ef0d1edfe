"""Statements of when columns become known, on adding and later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azuraforge.datasets.loading import load_version
from azuraforge.datasets.schemas import AvailabilityRequest, FileOptions
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput

OPTIONS = FileOptions(time="time", target="y")


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ({"z": "1h"}, "contains 'z', which is not an input column"),
        ({"time": "1h"}, "contains 'time', which is not an input column"),
        ({"y": "1h"}, "a target that becomes known late needs a longer horizon"),
        ({"x": "60h"}, "'x' becomes known 60h after its row, but the data end before that"),
    ],
)
def test_a_statement_that_means_nothing_is_refused(
    read: Callable[..., Any], hourly: Callable[..., str], stated: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence) as caught:
        read(hourly(), available_after=stated)
    assert caught.value.next_step


def test_a_statement_belongs_to_the_meaning_and_not_to_the_rows(
    read: Callable[..., Any], hourly: Callable[..., str]
) -> None:
    bare, stated = read(hourly()), read(hourly(), available_after={"x": "2 hours"})
    assert stated.frame.equals(bare.frame)
    assert stated.schema.available_after == {"x": "2h"}
    assert stated.fingerprint != bare.fingerprint
    assert "becomes known 2h after its row" in next(
        each.text["en"] for each in stated.findings if each.code == "availability_stated"
    )


def test_a_statement_is_changed_as_a_new_version(
    service: DatasetService, project_id: str, hourly: Callable[..., str], write: Callable[..., Path]
) -> None:
    first = service.add_file(project_id, write(hourly()), "hours.csv", OPTIONS)

    def state(**columns: str | None) -> Any:
        return service.state_availability(project_id, "hours", AvailabilityRequest(columns=columns))

    second = state(x="3h")
    assert (second.version, second.created, second.file_sha256) == (2, True, first.file_sha256)
    assert second.dataset_schema.available_after == {"x": "3h"}
    assert second.provenance["rows_of_version"] == 1
    third = state(x="0")
    assert [each.code for each in third.findings].count("availability_stated_0") == 1
    assert "availability_stated" not in [each.code for each in third.findings]
    again = state(x=None)
    assert (again.version, again.created) == (1, False)  # what it was is there already
    kept = service.get(project_id, "hours", 2)
    assert load_version(kept.paths, kept.schema, kept.options, kept.fingerprint).height == first.rows
    with pytest.raises(InvalidInput, match="contains 'rain', which is not an input column"):
        state(rain="1h")
