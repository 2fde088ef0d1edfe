"""The real thing: a real launcher, a real child for each file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from azuraforge.datasets.schemas import FileOptions, FromSource
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, UserError
from azuraforge.processes.launcher import Launcher


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    made = Launcher()
    yield made
    made.stop()


@pytest.fixture
def service(database, events, settings, launcher) -> DatasetService:
    return DatasetService(database, events, launcher.call, settings)


def test_a_file_is_read_in_a_child(service, project_id, write, hourly):
    options = FileOptions(time="time", target="y", missing_values={"x": [12]})
    added = service.add_file(project_id, write(hourly()), "series.csv", options)
    assert (added.rows, added.version) == (60, 1)
    assert len(service.rows(project_id, added.name, max_points=10).times) <= 10


def test_the_childs_error_arrives_whole(service, project_id, write):
    with pytest.raises(UserError, match=r"the file empty\.csv is empty") as caught:
        service.add_file(project_id, write(""), "empty.csv", FileOptions(time="time", target="y"))
    assert (caught.value.error_code, caught.value.where) == ("empty_file", "empty.csv")
    assert caught.value.next_step


def test_a_source_is_read_in_a_child(service, project_id):
    assert service.add_from_source(project_id, FromSource(source="bundled")).rows == 2284


def test_a_dropped_in_source_that_dies_harms_nobody(service, project_id, settings):
    settings.plugins.mkdir(parents=True)
    (settings.plugins / "deadly.py").write_text(
        "import os\n"
        "from pydantic import BaseModel\n"
        "from azuraforge.plugins import Source\n"
        "class Deadly(Source):\n"
        "    name = 'deadly'\n"
        "    class Options(BaseModel): pass\n"
        "    def read(self, options): os.kill(os.getpid(), 9)\n"
    )
    with pytest.raises(InvalidInput) as caught:
        service.add_from_source(project_id, FromSource(source="deadly"))
    assert caught.value.error_code == "child_died"
    assert asyncio.run(service.lookup.list(project_id)).items == []
    assert service.add_from_source(project_id, FromSource(source="bundled", options={"series": "nile"})).rows == 100
