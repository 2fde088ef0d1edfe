"""Files of this machine that the client cannot use: each method says which one, why, and what to do next."""

from __future__ import annotations

import os

import pytest

from azuraforge.client import Client, ClientError, FileUnusable

READERS = {
    "datasets.add": lambda client, path: client.datasets.add(path, time="a", target="b"),
    "datasets.add_images": lambda client, path: client.datasets.add_images(path),
    "models.predict_image": lambda client, path: client.models.predict_image("m", path),
    "models.import_bundle": lambda client, path: client.models.import_bundle(path),
}


@pytest.fixture
def client(tmp_path):
    """A client without a platform: a file is opened before any connection."""
    return Client(url="http://127.0.0.1:9", home=tmp_path / "home")


@pytest.mark.parametrize("method", READERS)
def test_a_missing_file_is_named_with_a_next_step(client, tmp_path, method):
    with pytest.raises(FileUnusable) as raised:
        READERS[method](client, tmp_path / "none.csv")
    assert isinstance(raised.value, ClientError)
    assert str(raised.value) == f"the file '{tmp_path}/none.csv' does not exist. Next: check the path"


def test_of_a_relative_path_the_working_directory_is_said(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileUnusable, match=rf"'none.csv' does not exist \(in {tmp_path}\)"):
        client.datasets.add("none.csv", time="a", target="b")


@pytest.mark.parametrize("method", ["datasets.add", "models.predict_image", "models.import_bundle"])
def test_a_folder_is_not_a_file(client, tmp_path, method):
    with pytest.raises(FileUnusable, match=r"cannot be read: Is a directory.* Next: choose a file instead of a folder"):
        READERS[method](client, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(client, tmp_path):
    (tmp_path / "locked.csv").touch(mode=0o000)
    with pytest.raises(FileUnusable, match="check the permissions"):
        client.datasets.add(tmp_path / "locked.csv", time="a", target="b")


def test_a_bundle_goes_only_where_it_can_be_written(client, tmp_path):
    with pytest.raises(FileUnusable, match=r"none/model.zip' cannot be written: No such file or directory"):
        client.models.bundle("m", 1, tmp_path / "none" / "model.zip")
