"""A version's folder is what its address says, or it is refused."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest
from safetensors.numpy import save_file

from azuraforge.errors import InvalidInput, StorageError
from azuraforge.models.bundles.archive import write_bundle
from azuraforge.models.registry.folder import VersionFolders

CARD = {"plugin": "test.step", "horizon": 3}
Make = Callable[..., Path]


@pytest.fixture
def folders(tmp_path: Path) -> VersionFolders:
    return VersionFolders(tmp_path / "artifacts")


def test_the_same_content_has_one_address_wherever_it_came_from(
    folders: VersionFolders, make_folder: Make, tmp_path: Path
) -> None:
    first = make_folder(1.0)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(first, elsewhere)
    one, two = folders.import_folder("p", first, CARD), folders.import_folder("p", elsewhere, CARD)
    assert one == two
    assert folders.import_folder("p", make_folder(2.0), CARD).content_hash != one.content_hash
    assert folders.import_folder("p", first, {**CARD, "horizon": 4}).content_hash != one.content_hash
    stored = folders.verify("p", one.content_hash)
    assert sorted(path.name for path in stored.iterdir()) == [
        "manifest.json",
        "preprocessing.json",
        "version.json",
        "weights.safetensors",
    ]
    assert one.bytes == sum(path.stat().st_size for path in stored.iterdir() if path.name != "manifest.json")


def test_projects_do_not_share_folders(folders: VersionFolders, make_folder: Make) -> None:
    imported = folders.import_folder("one", make_folder(), CARD)
    with pytest.raises(StorageError, match="the folder is missing"):
        folders.verify("two", imported.content_hash)


def change_a_bit(folder: Path) -> None:
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def truncate(folder: Path) -> None:
    os.truncate(folder / "weights.safetensors", 20)


def remove(folder: Path) -> None:
    (folder / "preprocessing.json").unlink()


def add(folder: Path) -> None:
    (folder / "extra.json").write_text("{}")


def link(folder: Path) -> None:
    content = (folder / "preprocessing.json").read_bytes()
    (folder.parent / "outside.json").write_bytes(content)
    (folder / "preprocessing.json").unlink()
    (folder / "preprocessing.json").symlink_to(folder.parent / "outside.json")


def rewrite_manifest(folder: Path) -> None:
    """A forger who changes a file and its line in the manifest still cannot keep the address."""
    change_a_bit(folder)
    import hashlib

    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    content = (folder / "weights.safetensors").read_bytes()
    manifest["files"]["weights.safetensors"]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest))


def break_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"files": []}')


def remove_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (change_a_bit, "weights.safetensors was changed or truncated"),
        (truncate, "weights.safetensors was changed or truncated"),
        (remove, "preprocessing.json is missing"),
        (add, "extra.json is an unexpected file"),
        (link, "preprocessing.json is a symbolic link"),
        (rewrite_manifest, "manifest.json was changed"),
        (break_manifest, "manifest.json cannot be read"),
        (remove_manifest, "manifest.json is missing"),
    ],
)
def test_a_damaged_folder_is_refused_and_mended_by_importing_it_again(
    folders: VersionFolders, make_folder: Make, damage: Callable[[Path], None], message: str
) -> None:
    source = make_folder()
    imported = folders.import_folder("p", source, CARD)
    damage(folders.path("p", imported.content_hash))
    with pytest.raises(StorageError, match=message) as caught:
        folders.verify("p", imported.content_hash)
    assert caught.value.next_step
    assert folders.import_folder("p", source, CARD) == imported
    folders.verify("p", imported.content_hash)


@pytest.mark.parametrize("name", ["weights.pkl", "model.py", "weights.npy", "README"])
def test_files_that_are_neither_weights_nor_json_are_refused(
    folders: VersionFolders, make_folder: Make, name: str
) -> None:
    source = make_folder()
    (source / name).write_bytes(b"anything")
    with pytest.raises(InvalidInput, match="has a file type that a version may not contain"):
        folders.import_folder("p", source, CARD)
    assert not list((folders.path("p", "0" * 64).parent).iterdir())


def test_a_tokenizer_is_kept_with_its_type_and_checked(
    folders: VersionFolders, make_folder: Make, tmp_path: Path
) -> None:
    source = make_folder()
    (source / "tokenizer").mkdir()
    (source / "tokenizer" / "merges.txt").write_text("k e\nke di\n", encoding="utf-8")
    (source / "tokenizer" / "pieces.model").write_bytes(b"\x0a\x07\x0a\x05<unk>")
    imported = folders.import_folder("p", source, CARD)
    stored = folders.verify("p", imported.content_hash)
    listed = orjson.loads((stored / "manifest.json").read_bytes())["files"]
    assert {name: each["type"] for name, each in listed.items()} == {
        "preprocessing.json": "json",
        "tokenizer/merges.txt": "text",
        "tokenizer/pieces.model": "sentencepiece",
        "version.json": "json",
        "weights.safetensors": "tensors",
    }
    packed = tmp_path / "bundle.zip"
    with packed.open("wb") as file:
        write_bundle(file, stored, {"bundle.json": orjson.dumps({})})
    with zipfile.ZipFile(packed) as bundle:
        assert bundle.read("version/tokenizer/merges.txt") == (source / "tokenizer" / "merges.txt").read_bytes()
    (stored / "tokenizer" / "merges.txt").write_text("k e\nke dy\n", encoding="utf-8")
    with pytest.raises(StorageError, match=r"merges\.txt was changed"):
        folders.verify("p", imported.content_hash)


@pytest.mark.parametrize(
    ("name", "content"),
    [("merges.txt", b"\xff\xfe"), ("merges.txt", b"a\0b"), ("pieces.model", b"\x80\x04cos\nsystem\n")],
    ids=["no UTF-8", "no text", "a pickle"],
)
def test_a_file_that_is_not_of_its_type_is_refused(
    folders: VersionFolders, make_folder: Make, name: str, content: bytes
) -> None:
    source = make_folder()
    (source / name).write_bytes(content)
    with pytest.raises(InvalidInput, match="is truncated or damaged"):
        folders.import_folder("p", source, CARD)


def test_a_type_that_the_manifest_does_not_state_is_damage(folders: VersionFolders, make_folder: Make) -> None:
    imported = folders.import_folder("p", make_folder(), CARD)
    manifest = folders.path("p", imported.content_hash) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"tensors"', b'"text"'))
    with pytest.raises(StorageError, match=r"weights\.safetensors has a file type"):
        folders.verify("p", imported.content_hash)


def test_links_sockets_and_empty_folders_are_refused(
    folders: VersionFolders, make_folder: Make, tmp_path: Path
) -> None:
    source = make_folder()
    (source / "more.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(InvalidInput, match=r"more\.json is a symbolic link"):
        folders.import_folder("p", source, CARD)
    (source / "more.json").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(source)  # a socket's address is at most 107 bytes long
        try:
            listener.bind("odd.json")
        finally:
            os.chdir(here)
        with pytest.raises(InvalidInput, match=r"odd\.json is neither a file nor a folder"):
            folders.import_folder("p", source, CARD)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InvalidInput, match="empty"):
        folders.import_folder("p", empty, CARD)
    linked = tmp_path / "linked"
    linked.symlink_to(source)
    with pytest.raises(InvalidInput, match="not a folder"):
        folders.import_folder("p", linked, CARD)


@pytest.mark.parametrize("cut", [4, 40, 100])
def test_truncated_weights_are_refused_at_the_door(folders: VersionFolders, tmp_path: Path, cut: int) -> None:
    source = tmp_path / "source"
    source.mkdir()
    save_file({"w": np.arange(8.0)}, source / "w.safetensors")
    os.truncate(source / "w.safetensors", cut)
    with pytest.raises(InvalidInput, match=r"w\.safetensors is truncated or damaged"):
        folders.import_folder("p", source, CARD)


def test_broken_json_is_refused_at_the_door(folders: VersionFolders, make_folder: Make) -> None:
    source = make_folder()
    (source / "preprocessing.json").write_text('{"window": ')
    with pytest.raises(InvalidInput, match=r"preprocessing\.json is truncated or damaged"):
        folders.import_folder("p", source, CARD)


def test_the_card_is_the_platforms_to_write(folders: VersionFolders, make_folder: Make) -> None:
    source = make_folder()
    with pytest.raises(InvalidInput, match=r"version\.json is missing"):
        folders.import_folder("p", source)
    (source / "version.json").write_text("{}")
    with pytest.raises(InvalidInput, match="reserved for the platform"):
        folders.import_folder("p", source, CARD)
    assert folders.import_folder("p", source).bytes > 0


def test_subfolders_are_kept(folders: VersionFolders, make_folder: Make) -> None:
    source = make_folder()
    (source / "inner").mkdir()
    (source / "inner" / "more.json").write_text("[]")
    imported = folders.import_folder("p", source, CARD)
    assert (folders.verify("p", imported.content_hash) / "inner" / "more.json").read_text() == "[]"


def test_a_full_disk_leaves_nothing_behind(folders: VersionFolders, tmp_path: Path) -> None:
    """The limit on a file's size fails a write in the middle, as a full disk does."""
    source = tmp_path / "source"
    source.mkdir()
    save_file({"w": np.zeros(1 << 17)}, source / "w.safetensors")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StorageError, match="could not be written"):
            folders.import_folder("p", source, CARD)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, former)
    assert not list((folders.path("p", "0" * 64).parent).iterdir())


def test_an_address_cannot_leave_the_store(folders: VersionFolders) -> None:
    for address in ("../" * 10 + "etc", "A" * 64, "0" * 63):
        with pytest.raises(InvalidInput, match="not a content hash"):
            folders.path("p", address)
