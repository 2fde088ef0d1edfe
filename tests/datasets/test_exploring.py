"""Previews of files before they are stored; rows, statistics and differences of stored versions."""

from __future__ import annotations

import json

import pytest
from fastapi import FastAPI

from azuraforge.datasets.exploring.routes import router
from azuraforge.datasets.exploring.service import DatasetExplorer
from tests.datasets.test_dataset_routes import Http, app, http, upload  # noqa: F401  (fixtures)
from tests.image_files import folders, pack


@pytest.fixture
def explored(app: FastAPI, service, http: Http) -> Http:  # noqa: F811
    app.include_router(router)
    app.state.dataset_explorer = DatasetExplorer(service)
    return http


def preview(http: Http, content: str | bytes, name: str = "a.csv", **options: object):  # noqa: F811
    answer = http.post("/datasets/preview", files={"file": (name, content)}, data={"options": json.dumps(options)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_preview_detects_columns_and_stores_nothing(explored, hourly):
    found = preview(explored, hourly())
    assert found["options"] == {"time": "time", "target": "y"}
    assert [(each["name"], each["type"]) for each in found["columns"]] == [
        ("time", "time"),
        ("y", "number"),
        ("x", "number"),
    ]
    assert found["first"][0] == ["2024-01-01 00:00:00", "0.5", "0"]
    assert found["prepared"]["rows"] == 60
    assert found["prepared"]["chart"]["total_rows"] == 60
    assert found["problem"] is None
    assert explored.get("/datasets").json()["items"] == []
    added = upload(explored, hourly()).json()
    assert added["fingerprint"] == found["prepared"]["fingerprint"]


def test_a_preview_names_the_problem_and_the_options_that_correct_it(explored, hourly):
    def edit(lines):
        lines[5] = lines[5].rsplit(",", 2)[0] + ",,1"
        lines.append(lines[9].rsplit(",", 2)[0] + ",99,1")

    text = hourly(edit=edit)
    found = preview(explored, text)
    assert found["prepared"] is None
    assert found["problem"]["code"] == "duplicate_times"
    assert found["remedies"][0] == {
        "code": "duplicate_times",
        "option": "duplicates",
        "values": ["first", "last", "mean"],
    }
    found = preview(explored, text, duplicates="first")
    assert found["problem"]["code"] == "missing_target"
    found = preview(explored, text, duplicates="first", missing="forward_fill")
    assert found["problem"] is None
    assert "duplicate_times" in {each["code"] for each in found["prepared"]["findings"]}


def test_a_preview_of_images_shows_classes_and_equal_images_and_stores_nothing(explored, tmp_path):
    files = folders(each=12)
    files["dog/12.png"] = files["dog/03.png"]
    found = preview(explored, pack(tmp_path / "pets.zip", files).read_bytes(), "pets.zip", kind="images")
    prepared = found["prepared"]
    assert found["problem"] is None
    assert [(each["name"], each["counts"]) for each in prepared["images"]["classes"]] == [
        ("cat", {"all": 12}),
        ("dog", {"all": 13}),
    ]
    assert {len(each["images"]) for each in prepared["images"]["classes"]} == {6}
    assert prepared["repeated_images"] == 1
    (group,) = prepared["same_images"]
    assert (group["count"], group["labels"]) == (2, ["dog"])
    assert explored.get("/datasets").json()["items"] == []


def test_a_preview_finds_the_series_of_a_panel(explored, hourly):
    lines = hourly().splitlines()[1:]
    text = "store,time,y,x\n" + "\n".join(f"{store},{line}" for store in ("a", "b") for line in lines) + "\n"
    found = preview(explored, text)
    assert found["options"]["series"] == "store"
    assert found["prepared"]["dataset_schema"]["series_names"] == ["a", "b"]


def test_rows_are_read_in_pages_and_statistics_count_missing_values(explored, hourly):
    upload(explored, hourly())
    page = explored.get("/datasets/my-series/table?offset=58&limit=10").json()
    assert page["columns"] == ["time", "y", "x"]
    assert page["total"] == 60
    assert [row[1] for row in page["rows"]] == [(58 * 7) % 11 + 0.5, (59 * 7) % 11 + 0.5]
    found = explored.get("/datasets/my-series/profile").json()
    values = [(index * 7) % 11 + 0.5 for index in range(60)]
    target = found["columns"][0]
    assert (target["name"], target["role"], target["missing"]) == ("y", "target", 0)
    assert target["mean"] == pytest.approx(sum(values) / 60)
    assert sum(target["histogram"]["counts"]) == 60
    assert found["gaps"] == 0
    assert explored.get("/datasets/my-series/table?series=a").json()["code"] == "no_such_series"


def test_two_versions_are_compared_row_by_row(explored, hourly):
    upload(explored, hourly())
    assert explored.get("/datasets/my-series/difference").status_code == 404

    def edit(lines):
        lines[3] = lines[3].rsplit(",", 2)[0] + ",77,1"
        del lines[-1]

    upload(explored, hourly(62, edit))
    found = explored.get("/datasets/my-series/difference").json()
    counts = {name: found[f"rows_{name}"] for name in ("added", "removed", "changed", "equal")}
    assert counts == {"added": 1, "removed": 0, "changed": 1, "equal": 59}
    assert found["changed"] == {"y": 1, "x": 1}
    change = next(each for each in found["changes"] if each["column"] == "y")
    assert (change["before"], change["after"]) == ((2 * 7) % 11 + 0.5, 77.0)
