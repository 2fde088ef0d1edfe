"""Weights on disk: there and back, bad files, fingerprints."""

import json
import os

import numpy as np
import pytest

from azuraforge.engine import EngineError, io

TENSORS = {
    "layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "layer.bias": np.array([1.5, -0.0, np.inf]),
    "steps": np.array(7, dtype=np.int64),
    "empty": np.zeros((0, 3), np.float32),
    "mask": np.array([True, False]),
    "transposed": np.arange(6, dtype=np.float32).reshape(2, 3).T,
}


def test_there_and_back(tmp_path):
    io.save_safetensors(tmp_path / "w.safetensors", TENSORS, {"kind": "LSTM", "note": "ölçüm"})
    tensors, metadata = io.load_safetensors(tmp_path / "w.safetensors")
    assert metadata == {"kind": "LSTM", "note": "ölçüm"}
    assert list(tensors) == sorted(TENSORS)
    for name, array in TENSORS.items():
        assert tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(tensors[name], array)
        assert tensors[name].flags.writeable
    assert os.listdir(tmp_path) == ["w.safetensors"]


def lying(header: dict[str, object], data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


BAD = {
    "empty": b"",
    "text": b"these are no weights at all",
    "header longer than the file": (2**40).to_bytes(8, "little") + b"{}",
    "not json": (4).to_bytes(8, "little") + b"[[[[",
    "data cut off": lying({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}, b"\0" * 8),
    "shape lies": lying({"w": {"dtype": "F32", "shape": [400], "data_offsets": [0, 16]}}, b"\0" * 16),
    "overlap": lying(
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
         "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, b"\0" * 12),
    "rest unaccounted": lying({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 64),
    "unknown dtype": lying({"w": {"dtype": "Q7", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4),
    "pickle": b"\x80\x04\x95" + b"\0" * 40,
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_one_clear_error(name, tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(BAD[name])
    with pytest.raises(EngineError, match=r"bad\.safetensors' is truncated or is not a valid safetensors file"):
        io.load_safetensors(path)


def test_every_truncation_is_noticed(tmp_path):
    path = tmp_path / "w.safetensors"
    io.save_safetensors(path, TENSORS)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(EngineError):
            io.load_safetensors(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(EngineError, match="does not exist"):
        io.load_safetensors(tmp_path / "none.safetensors")
    with pytest.raises(EngineError, match="is a folder"):
        io.load_safetensors(tmp_path)


def test_nan_is_refused_on_demand(tmp_path):
    path = tmp_path / "w.safetensors"
    io.save_safetensors(path, {"w": np.array([1.0, np.nan])})
    io.load_safetensors(path)
    with pytest.raises(EngineError, match="'w' holds NaN or infinity"):
        io.load_safetensors(path, refuse_nan=True)


def test_what_cannot_be_stored_is_refused(tmp_path):
    with pytest.raises(EngineError, match="'w' holds object"):
        io.save_safetensors(tmp_path / "w", {"w": np.array([None])})
    with pytest.raises(EngineError, match="metadata 'n' must be text, got int"):
        io.save_safetensors(tmp_path / "w", {}, {"n": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    io.save_safetensors(path, {"w": np.ones(2)})

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        io.save_safetensors(path, {"w": np.zeros(2)})
    assert os.listdir(tmp_path) == ["w.safetensors"]
    np.testing.assert_array_equal(io.load_safetensors(path)[0]["w"], np.ones(2))


def test_the_fingerprint_sees_every_difference_and_no_other():
    base = {"a": np.arange(4, dtype=np.float32).reshape(2, 2), "b": np.zeros(2)}
    expected = io.hash_tensors(base)
    assert io.hash_tensors({"b": base["b"], "a": np.asfortranarray(base["a"])}) == expected
    assert io.hash_tensors({**base, "a": base["a"].astype(">f4")}) == expected
    changed = base["a"].copy()
    changed[1, 1] = np.nextafter(changed[1, 1], np.float32(9))
    for other in (
        {**base, "a": changed},
        {**base, "a": base["a"].reshape(4)},
        {**base, "a": base["a"].view(np.int32)},
        {"a": base["a"], "c": base["b"]},
        {**base, "b": np.array([0.0, -0.0])},
    ):
        assert io.hash_tensors(other) != expected
