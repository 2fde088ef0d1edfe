"""The artifact store: content decides the address, and a changed byte is noticed."""

from __future__ import annotations

import hashlib

import pytest

from azuraforge.errors import StorageError
from azuraforge.runs.artifacts import ArtifactStore


def test_the_same_content_is_stored_once_per_project(tmp_path):
    store = ArtifactStore(tmp_path / "store")
    (tmp_path / "a").write_bytes(b"hello")
    first, second = store.put_file("p", tmp_path / "a"), store.put_bytes("p", b"hello")
    assert first == second
    assert first.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert store.verify("p", first.sha256).read_bytes() == b"hello"
    assert not store.path("other", first.sha256).exists()
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert len(files) == 1


def test_a_changed_or_missing_file_does_not_verify(tmp_path):
    store = ArtifactStore(tmp_path)
    stored = store.put_bytes("p", b"hello")
    path = store.path("p", stored.sha256)
    path.chmod(0o644)
    path.write_bytes(b"hullo")
    with pytest.raises(StorageError, match="changed"):
        store.verify("p", stored.sha256)
    path.unlink()
    with pytest.raises(StorageError, match="cannot be read"):
        store.verify("p", stored.sha256)


def test_a_truncated_copy_is_replaced(tmp_path):
    store = ArtifactStore(tmp_path)
    stored = store.put_bytes("p", b"hello")
    path = store.path("p", stored.sha256)
    path.chmod(0o644)
    path.write_bytes(b"he")
    store.put_bytes("p", b"hello")
    assert store.verify("p", stored.sha256).read_bytes() == b"hello"


def test_links_are_not_followed(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(StorageError):
        ArtifactStore(tmp_path / "store").put_file("p", tmp_path / "link")
    assert not list((tmp_path / "store").rglob("*.incoming*"))
