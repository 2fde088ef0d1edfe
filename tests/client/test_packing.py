"""A folder becomes one zip on its way; a file stays what it is."""

from __future__ import annotations

import io
import zipfile

from azuraforge.client.uploads.packing import as_one_file


def test_a_folder_is_packed_in_order_without_what_is_hidden(tmp_path):
    pets = tmp_path / "pets"
    for name in ("dog/2.png", "dog/1.png", "cat/x.png", ".git/config", "cat/.hidden"):
        (pets / name).parent.mkdir(parents=True, exist_ok=True)
        (pets / name).write_bytes(name.encode())
    with as_one_file(pets) as (name, content):
        first = content.read()
    assert name == "pets.zip"
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["cat/x.png", "dog/1.png", "dog/2.png"]
        assert archive.read("dog/2.png") == b"dog/2.png"
    (pets / "cat" / "x.png").touch()
    with as_one_file(pets) as (_, content):
        assert content.read() == first, "the same files are the same bytes, whenever they were touched"


def test_a_file_is_sent_as_it_is(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"whatever")
    with as_one_file(tmp_path / "a.zip") as (name, content):
        assert (name, content.read()) == ("a.zip", b"whatever")
