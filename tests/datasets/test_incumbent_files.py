"""Present forecasts in a file of their own: what is read of it, what is refused, and that later files add to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azuraforge.database import Database
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.loading import load_incumbent, load_version
from azuraforge.datasets.schemas import (
    AppendOptions,
    AvailabilityRequest,
    FileOptions,
    IncumbentOptions,
    IncumbentOut,
    RevisionPolicy,
)
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import AzuraError, InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.settings import Settings
from tests.datasets.conftest import call_here

#: How versions are kept on both databases: test_growing.py.
pytestmark = pytest.mark.sqlite_only
START = datetime(2024, 1, 1, tzinfo=UTC)
PLAN = IncumbentOptions(forecast="plan", made_at="planned on", time="for")


def at(hour: int) -> str:
    return (START + timedelta(hours=hour)).isoformat()


def plans(*said: tuple[int, float, int]) -> str:
    """Forecasts as (hour of the target, value, hour at which it was made)."""
    return "for,plan,planned on\n" + "".join(f"{at(hour)},{value},{at(made)}\n" for hour, value, made in said)


@pytest.fixture
def service(database: Database, events: EventLog, tmp_path: Path) -> DatasetService:
    return DatasetService(database, events, call_here, Settings(home=tmp_path / "home"))  # type: ignore[arg-type]


@pytest.fixture
def growing(
    service: DatasetService, database: Database, events: EventLog, project_id: str, write: Any, hourly: Any
) -> GrowingDatasets:
    service.add_file(project_id, write(hourly(60)), "load.csv", FileOptions(name="load", time="time", target="y"))
    return GrowingDatasets(service, database, events)


@pytest.fixture
def tell(growing: GrowingDatasets, project_id: str, write: Any) -> Callable[..., IncumbentOut]:
    def add(text: str, options: IncumbentOptions | None = None, name: str = "plan.csv") -> IncumbentOut:
        return growing.add_incumbent(project_id, "load", write(text, name), name, options or IncumbentOptions())

    return add


def counts(added: IncumbentOut) -> tuple[int, ...]:
    return added.version.version, added.forecasts, added.added, added.revised, added.repeated


def forecasts(found: DatasetVersion) -> list[tuple[float, ...]]:
    assert found.incumbent is not None
    assert found.incumbent_path is not None
    frame = load_incumbent(found.incumbent_path, found.incumbent.address)
    hours = [(frame[name] - START).dt.total_hours() for name in ("at", "made_at")]
    return list(zip(hours[0], frame["forecast"], hours[1], strict=True))


def test_a_file_makes_a_version_of_the_same_rows_and_later_files_add_to_it(
    tell: Any, service: DatasetService, growing: GrowingDatasets, project_id: str, write: Any, hourly: Any
) -> None:
    first = tell(plans((50, 5, 48), (51, 6, 48), (51, 6.5, 49), (60, 7, 58)), PLAN)
    assert counts(first) == (2, 4, 4, 0, 0)
    found = service.get(project_id, "load")
    columns = found.schema.incumbent
    assert columns is not None
    assert (columns.label, columns.file) == ("plan (plan.csv)", found.incumbent.address if found.incumbent else None)
    assert found.schema.features == ("x",), "no model sees it"
    assert load_version(found.paths, found.schema, found.options, found.fingerprint).columns == ["time", "y", "x"]
    assert found.fingerprint != service.get(project_id, "load", 1).fingerprint
    codes = {each.code: each for each in found.findings}
    assert (codes["incumbent_ahead"].count, codes["incumbent_missing"].count) == (1, 8)
    assert at(52) in codes["incumbent_missing"].text["en"]

    assert counts(tell(plans((51, 6, 48), (60, 7, 58)))) == (2, 4, 0, 0, 2)
    assert counts(tell(plans((61, 8, 58), (60, 7, 58)), name="week2.csv")) == (3, 5, 1, 0, 1)
    assert service.get(project_id, "load", 2).incumbent != service.get(project_id, "load").incumbent, "immutable"

    # Rows, statements and a file that is added whole keep it.
    more = write("\n".join([hourly(63).splitlines()[0], *hourly(63).splitlines()[61:]]) + "\n", "more.csv")
    growing.append_file(project_id, "load", more, "more.csv", AppendOptions())
    service.state_availability(project_id, "load", AvailabilityRequest(columns={"x": "1h"}))
    whole = service.add_file(
        project_id, write(hourly(64)), "load.csv", FileOptions(name="load", time="time", target="y")
    )
    assert whole.version == 6
    kept = service.get(project_id, "load")
    assert forecasts(kept) == [(50, 5, 48), (51, 6, 48), (51, 6.5, 49), (60, 7, 58), (61, 8, 58)]
    assert load_version(kept.paths, kept.schema, kept.options, kept.fingerprint).height == 64
    assert counts(tell(plans((62, 9, 58)), IncumbentOptions(replace=True)))[1:3] == (1, 1)


def test_a_changed_forecast_is_decided_by_the_policy(tell: Any, growing: GrowingDatasets, project_id: str) -> None:
    tell(plans((50, 5, 48), (51, 6, 48)), PLAN)
    with pytest.raises(InvalidInput, match="was 5 and is now 4"):
        tell(plans((50, 4, 48)))
    growing.set_revisions(project_id, "load", RevisionPolicy(revisions="accept"))
    changed = tell(plans((50, 4, 48)))
    assert counts(changed) == (3, 2, 0, 1, 0)
    assert "incumbent_revised" in [each.code for each in changed.findings]


def test_what_does_not_count_is_counted_and_named(tell: Any) -> None:
    out = tell(
        plans((10, 1, 12), (11, 1, 11), (20, 1, 8), (30, 1, 28)).replace(at(20), at(20).replace("20:00", "20:30")),
        PLAN.model_copy(),
    )
    found = {each.code: each for each in out.findings}
    assert found["incumbent_made_late"].count == 2
    assert at(10) in found["incumbent_made_late"].text["en"]
    assert found["incumbent_no_row"].count == 1


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        (plans((50, 5, 48)), IncumbentOptions(forecast="plan", time="for"), "made_at"),
        (plans((50, 5, 48)), PLAN.model_copy(update={"forecast": "plam"}), "plam"),
        (plans((50, 5, 48)), PLAN.model_copy(update={"made_at": "for"}), "two roles"),
        (plans((50, 5, 48)), PLAN.model_copy(update={"series": "store"}), "one series"),
        (plans((50, 5, 48), (50, 6, 48)), PLAN, "two forecasts"),
        (plans((50, 5, 48), (51, 5, 52)).replace("5,", "soon,", 1), PLAN, "is not a number"),
        (plans((50, 5, 48)).replace(at(48), ""), PLAN, "no time"),
        (plans((50, 5, 48)).replace(at(48), "monday"), PLAN, "monday"),
        (plans((-500, 5, -600)), PLAN, "no forecast can be used"),
        (plans((50, 5, 50)), PLAN, "no forecast can be used"),
        ("for,plan,planned on\n", PLAN, "plan.csv"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_error(
    tell: Any, service: DatasetService, project_id: str, text: str, options: IncumbentOptions, problem: str
) -> None:
    with pytest.raises(AzuraError) as refused:
        tell(text, options)
    assert problem in str(refused.value.to_dict())
    assert service.get(project_id, "load").version == 1


def test_a_dataset_that_has_it_in_its_columns_keeps_it_there(
    service: DatasetService, growing: GrowingDatasets, project_id: str, write: Any
) -> None:
    lines = ["time,y,plan,made"] + [f"{at(hour)},{hour % 7},{hour % 5},{at(hour - 2)}" for hour in range(60)]
    options = FileOptions(name="own", time="time", target="y", incumbent="plan", incumbent_made_at="made")
    service.add_file(project_id, write("\n".join(lines)), "own.csv", options)
    with pytest.raises(InvalidInput, match="its column 'plan'"):
        growing.add_incumbent(project_id, "own", write(plans((50, 5, 48)), "p.csv"), "p.csv", PLAN)


def test_several_series_and_an_unknown_one(
    service: DatasetService, growing: GrowingDatasets, project_id: str, write: Any
) -> None:
    lines = ["time,store,y"] + [f"{at(hour)},{name},{hour % 7}" for name in "ab" for hour in range(60)]
    options = FileOptions(name="panel", time="time", target="y", series="store")
    service.add_file(project_id, write("\n".join(lines)), "panel.csv", options)
    text = "for,shop,plan,planned on\n" + "".join(
        f"{at(50)},{name},{value},{at(48)}\n" for name, value in zip("abc", (1, 2, 3), strict=True)
    )
    chosen = PLAN.model_copy(update={"series": "shop"})
    out = growing.add_incumbent(project_id, "panel", write(text, "p.csv"), "p.csv", chosen)
    assert (out.forecasts, out.added) == (2, 2)
    assert "'c'" in next(each.text["en"] for each in out.findings if each.code == "incumbent_other_series")


def test_rows_that_arrive_correct_what_is_said_of_forecasts_and_rows(
    tell: Any, service: DatasetService, growing: GrowingDatasets, project_id: str, write: Any, hourly: Any
) -> None:
    tell(plans((59, 4, 58), *((hour, 5, 58) for hour in (60, 61, 63, 64))), PLAN)

    def said() -> dict[str, int]:
        return {each.code: each.count for each in service.get(project_id, "load").findings}

    def append(first: int, end: int) -> None:
        lines = hourly(end).splitlines()
        path = write("\n".join([lines[0], *lines[first + 1 :]]) + "\n", "more.csv")
        growing.append_file(project_id, "load", path, "more.csv", AppendOptions())

    assert (said()["incumbent_ahead"], "incumbent_missing" in said()) == (4, False)
    append(60, 64)
    assert (said()["incumbent_ahead"], said()["incumbent_missing"]) == (1, 1), "64 is to come; 62 has none"
    append(64, 65)
    assert ("incumbent_ahead" in said(), said()["incumbent_missing"]) == (False, 1)
    assert said()["incumbent_file_read"] == 5
