"""Limits on a third party's zip, and images over HTTP."""

from __future__ import annotations

import base64
import io
import json
import stat
import zipfile

import pytest
from PIL import Image

from azuraforge.datasets.reading import archives
from azuraforge.datasets.reading.archives import open_archive
from azuraforge.errors import InvalidInput
from tests.datasets.test_dataset_routes import Http, app, http, upload  # noqa: F401
from tests.image_files import folders, image_file, pack

IMAGES = json.dumps({"kind": "images"})


def refusal(path) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught, open_archive(path, "pets.zip"):
        pytest.fail("the archive was taken")
    assert "pets.zip" in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../../etc/cron.d/x.png", "path_outside"),
        ("cat/../../x.png", "path_outside"),
        ("..\\..\\x.png", "path_outside"),
        ("/etc/x.png", "path_outside"),
        ("C:\\x.png", "path_outside"),
    ],
)
def test_paths_that_lead_outside_are_refused(tmp_path, name, code):
    assert refusal(pack(tmp_path / "a.zip", {**folders(), name: image_file(1)})).error_code == code


def test_links_are_refused(tmp_path):
    path = pack(tmp_path / "a.zip", folders())
    link = zipfile.ZipInfo("cat/link.png")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refusal(path).error_code == "link_in_archive"


def test_a_locked_archive_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", folders())
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1  # the flag of encryption in the first line of the directory
    path.write_bytes(data)
    assert refusal(path).error_code == "encrypted_archive"


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    nothing = bytes(archives._RATIO_COUNTS_FROM_BYTES + 1)
    assert refusal(pack(tmp_path / "one.zip", {"cat/a.bmp": nothing})).error_code == "archive_bomb"
    half = nothing[: len(nothing) // 2 + 1]
    assert refusal(pack(tmp_path / "many.zip", {f"cat/{n}.bmp": half for n in range(2)})).error_code == "archive_bomb"
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1000)
    assert refusal(pack(tmp_path / "large.zip", folders())).error_code == "too_large"
    monkeypatch.setattr(archives, "MAX_ENTRIES", 10)
    assert refusal(pack(tmp_path / "count.zip", folders())).error_code == "too_many_files"


def test_an_entry_that_lies_about_its_size_gives_no_more_than_it_announced(tmp_path):
    path = pack(tmp_path / "a.zip", {"cat/a.png": image_file(1, 64, 64)})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with open_archive(path, "pets.zip") as archive, pytest.raises(InvalidInput):
        assert len(archive.read(archive.entries[0])) <= 11


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", folders())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("cat/00.png", image_file(1))
    assert refusal(path).error_code == "doubled_entry"


def test_images_over_http(http, tmp_path):  # noqa: F811
    content = pack(tmp_path / "pets.zip", folders(each=20)).read_bytes()
    answer = upload(http, content, IMAGES, "Pets.zip")
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert (added["name"], added["rows"], added["start"]) == ("pets", 40, None)
    assert added["dataset_schema"]["kind"] == "images"
    assert added["dataset_schema"]["classes"] == ["cat", "dog"]
    assert upload(http, content, IMAGES, "pets.zip").status_code == 200
    assert http.get("/datasets").json()["items"][0]["latest"]["dataset_schema"]["height"] == 8
    shown = http.get("/datasets/pets/images?per_class=3").json()
    assert shown["total"] == 40
    cats = shown["classes"][0]
    assert (cats["name"], cats["counts"]) == ("cat", {"all": 20})
    assert [each["name"] for each in cats["images"]] == ["cat/00.png", "cat/09.png", "cat/19.png"]
    first = Image.open(io.BytesIO(base64.b64decode(cats["images"][0]["png"])))
    assert first.tobytes() == Image.open(io.BytesIO(folders()["cat/00.png"])).tobytes()
    assert http.get("/datasets/pets/rows").json()["code"] == "not_a_series"


def test_options_of_images_are_checked_and_series_have_no_images(http, hourly):  # noqa: F811
    wrong = http.post(
        "/datasets", files={"file": ("a.zip", b"PK")}, data={"options": '{"kind": "images", "height": 2}'}
    )
    assert wrong.status_code == 422
    assert upload(http, b"PK\x03\x04", IMAGES, "pets.zip").json()["code"] == "unreadable_file"
    assert upload(http, hourly()).status_code == 201
    assert http.get("/datasets/my-series/images").json()["code"] == "not_images"


def test_the_bundled_digits_over_http(http):  # noqa: F811
    answer = http.post("/datasets/from-source", json={"source": "bundled", "options": {"series": "digits"}})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["name"], answer.json()["rows"]) == ("digits", 1797)
