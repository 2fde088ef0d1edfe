"""Zips, idx files and tables of images become one canonical form; what is wrong with them is said."""

from __future__ import annotations

import io
import struct

import numpy as np
import polars as pl
import pytest
from PIL import Image

from azuraforge.datasets.images import canonical as images
from azuraforge.datasets.images.decoding import decode_image
from azuraforge.datasets.images.reading import prepare_image_source, read_images
from azuraforge.datasets.loading import load_version
from azuraforge.datasets.reading.canonical import write_parquet
from azuraforge.datasets.schemas import ImageOptions
from azuraforge.datasets.sources.bundled import Bundled, BundledOptions
from azuraforge.errors import InvalidInput, StorageError
from tests.image_files import folders, idx, image_file, pack


@pytest.fixture
def read(tmp_path):
    """Read the files of a zip, or the bytes of a table."""

    def make(content: dict[str, bytes] | bytes, **options):
        path = tmp_path / "data"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            pack(path, content)
        return read_images(path, "data.zip", ImageOptions(kind="images", **options)).prepared

    return make


def codes(prepared) -> list[str]:
    return [each.code for each in prepared.findings]


def refused(read, *given, **options) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read(*given, **options)
    assert caught.value.next_step
    return caught.value


def test_a_folder_a_class(read):
    files = folders()
    prepared = read(files)
    assert prepared.schema.to_json() == {
        "kind": "images",
        "target": "label",
        "height": 8,
        "width": 8,
        "channels": 1,
        "classes": ["cat", "dog"],
        "unit": "",
    }
    row = prepared.frame.row(13, named=True)
    assert (row["label"], row["part"], row["name"]) == ("dog", None, "dog/01.png")
    true = np.asarray(Image.open(io.BytesIO(files["dog/01.png"])))
    assert np.array_equal(np.frombuffer(row["image"], np.uint8).reshape(8, 8), true)
    assert codes(prepared) == []


def test_train_and_test_folders_are_the_official_split(read):
    files = folders(top="set/train/") | folders(each=5, top="set/test/")
    prepared = read(files | {"__MACOSX/set/._x.png": b"", "set/README.txt": b"hello"})
    assert prepared.frame["part"].value_counts().sort("part").rows() == [("test", 10), ("train", 24)]
    assert set(prepared.frame["label"]) == {"cat", "dog"}
    assert codes(prepared) == ["files_ignored", "official_split"]


def test_classes_named_test_and_other_are_no_split(read):
    prepared = read(folders(("test", "control")))
    assert prepared.schema.classes == ("control", "test")
    assert prepared.frame["part"].null_count() == prepared.frame.height


def test_train_and_validation_without_test_leave_the_split_to_the_run(read):
    held = {name: image_file(90_000 + place) for place, name in enumerate(folders(each=3, top="val/"))}
    prepared = read(folders(top="train/") | held)
    assert prepared.frame.height == 30
    assert prepared.frame["part"].null_count() == 30
    assert prepared.frame["name"].n_unique() == 30
    assert "validation_joined" in codes(prepared)


def test_the_fingerprint_knows_content_and_not_packing(read):
    files = folders()
    first = read(files)
    turned = read({"other/" + name: files[name] for name in reversed(files)})
    assert turned.fingerprint == first.fingerprint
    assert read(files | {"cat/00.png": image_file(77_777)}).fingerprint != first.fingerprint
    swapped = files | {"cat/00.png": files["dog/00.png"], "dog/00.png": files["cat/00.png"]}
    assert read(swapped).fingerprint != first.fingerprint


def test_changed_pixels_on_disk_are_refused(read, tmp_path):
    prepared = read(folders())
    write_parquet(prepared.frame, tmp_path / "rows.parquet")
    known = (prepared.schema, prepared.options, prepared.fingerprint)
    assert load_version([tmp_path / "rows.parquet"], *known).equals(prepared.frame)
    damaged = prepared.frame.with_columns(pl.col("label").reverse())
    write_parquet(damaged, tmp_path / "rows.parquet")
    with pytest.raises(StorageError):
        load_version([tmp_path / "rows.parquet"], *known)


def test_many_sizes_need_one_to_be_named(read):
    files = folders() | {"cat/wide.png": image_file(1, 4, 16), "cat/tall.png": image_file(2, 100, 50)}
    error = refused(read, files)
    assert error.error_code == "many_sizes"
    assert "8×8 (24)" in error.message
    assert "height=" in (error.next_step or "")
    prepared = read(files, height=8, width=8)
    wide = prepared.frame.filter(pl.col("name") == "cat/wide.png")["image"][0]
    pixels = np.frombuffer(wide, np.uint8).reshape(8, 8)
    assert not pixels[[0, 1, 2, 5, 6, 7]].any(), "black above and below, not stretched"
    assert pixels[3:5].any()
    assert next(each for each in prepared.findings if each.code == "images_resized").count == 2
    assert prepared.options["fit"] == "letterbox"
    assert refused(read, files, height=8).where == "option width"


def test_one_colour_image_makes_all_of_three_channels(read):
    files = folders() | {"cat/colour.png": image_file(3, mode="RGB")}
    assert read(files).schema.channels == 3
    assert read(files, channels=1).schema.channels == 1


def test_images_that_cannot_be_read_are_named_or_left_out(read):
    files = folders(each=15) | {"cat/broken.png": image_file(5)[:60], "dog/text.jpg": b"not an image"}
    error = refused(read, files)
    assert (error.error_code, error.details["count"]) == ("unreadable_images", 2)
    assert "cat/broken.png" in error.message
    prepared = read(files, unreadable="skip")
    left_out = next(each for each in prepared.findings if each.code == "images_unreadable")
    assert left_out.count == 2
    assert "dog/text.jpg" in left_out.text["tr"]
    assert prepared.frame.height == 30


def test_copies_are_pointed_out(read):
    files = folders(top="train/") | folders(each=5, top="test/")
    files["test/cat/00.png"] = files["train/cat/00.png"]
    files["train/dog/05.png"] = files["train/cat/05.png"]
    prepared = read(files)
    found = {each.code: each for each in prepared.findings}
    assert found["images_repeated"].count == 2
    assert found["images_in_both_parts"].count == 1
    assert found["images_of_two_classes"].count == 1
    assert refused(read, files, strict=True).error_code == "images_repeated"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "no_images"),
        ({"notes.txt": b"x"}, "no_images"),
        (folders(("cat",), each=30), "one_class"),
        (folders(each=4), "too_short"),
        ({**folders(), "loose.png": image_file(1)}, "no_class"),
        ({f"{name:04}/a.png": b"" for name in range(images.MAX_CLASSES + 1)}, "too_many_classes"),
    ],
)
def test_what_cannot_be_learned_is_refused(read, files, code):
    assert refused(read, files).error_code == code


def test_uneven_and_small_classes_are_pointed_out(read):
    prepared = read(folders(("many",), each=40) | folders(("few", "some"), each=3))
    assert {"classes_small", "classes_uneven"} <= set(codes(prepared))


def digits(rng_seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rng_seed)
    return rng.integers(0, 256, (count, 6, 5), dtype=np.uint8), rng.integers(0, 3, count).astype(np.uint8)


def test_four_idx_files_in_a_zip(read):
    (train, train_labels), (test, test_labels) = digits(1, 40), digits(2, 12)
    prepared = read(
        {
            "t10k-images-idx3-ubyte.gz": idx(test),
            "t10k-labels-idx1-ubyte.gz": idx(test_labels),
            "train-images.idx3-ubyte": idx(train, packed=False),
            "train-labels.idx1-ubyte": idx(train_labels, packed=False),
        }
    )
    assert (prepared.schema.height, prepared.schema.width) == (6, 5)
    rows = prepared.frame.filter(pl.col("part") == "test")
    assert rows["label"].to_list() == [str(label) for label in test_labels]
    assert rows["image"][7] == test[7].tobytes()
    assert rows["name"][7] == "07"


def test_one_pair_of_idx_files_has_no_official_split(read):
    pixels, labels = digits(1, 40)
    prepared = read({"train-images-idx3-ubyte": idx(pixels), "train-labels-idx1-ubyte": idx(labels)}, height=8, width=8)
    assert prepared.frame["part"].null_count() == 40
    assert len(prepared.frame["image"][0]) == 64


@pytest.mark.parametrize(
    ("images_file", "labels_file", "code"),
    [
        (idx(digits(1, 30)[0]), None, "idx_without_pair"),
        (idx(digits(1, 30)[0]), idx(digits(1, 29)[1]), "unreadable_file"),
        (idx(digits(1, 30)[0])[:200], idx(digits(1, 30)[1]), "unreadable_file"),
        (idx(digits(1, 30)[0], packed=False)[:-1], idx(digits(1, 30)[1]), "unreadable_file"),
        (struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 2**31), idx(digits(1, 30)[1]), "unreadable_file"),
        (struct.pack(">HBBI", 0, 13, 1, 1) + b"1234", idx(digits(1, 30)[1]), "unreadable_file"),
    ],
    ids=["alone", "fewer labels", "gzip cut off", "values cut off", "size overflows", "not of bytes"],
)
def test_idx_files_that_do_not_fit_are_refused(read, images_file, labels_file, code):
    files = {"a-images-idx3-ubyte": images_file} | ({"a-labels-idx1-ubyte": labels_file} if labels_file else {})
    assert refused(read, files).error_code == code


@pytest.mark.parametrize("as_struct", [True, False])
def test_a_table_as_hugging_face_writes_it(read, as_struct):
    encoded = [image_file(row, form="PNG" if row % 2 else "WEBP") for row in range(30)]
    image = [{"bytes": data, "path": None} for data in encoded] if as_struct else encoded
    label = [row % 3 for row in range(30)]
    frame = pl.DataFrame({"image": image, "label": label, "split": ["train"] * 24 + ["test"] * 6, "note": ["x"] * 30})
    buffer = io.BytesIO()
    described = '{"info": {"features": {"label": {"names": ["plane", "ship", "bird"], "_type": "ClassLabel"}}}}'
    frame.write_parquet(buffer, metadata={"huggingface": described})
    prepared = read(buffer.getvalue(), channels=1)
    assert prepared.schema.classes == ("bird", "plane", "ship")
    assert prepared.frame["part"].value_counts().sort("part").rows() == [("test", 6), ("train", 24)]
    assert prepared.frame.filter(pl.col("name") == "01")["label"].item() == "ship"
    assert refused(read, buffer.getvalue(), label="class").error_code == "no_such_column"
    assert refused(read, buffer.getvalue(), image="note").error_code == "not_an_image"


def test_a_file_of_another_kind_is_refused(read):
    assert refused(read, b"time,y\n1,2\n").error_code == "unknown_format"
    assert refused(read, b"PK\x03\x04 cut off").error_code == "unreadable_file"
    assert refused(read, b"PAR1 cut off").error_code == "unreadable_file"


def test_the_bundled_digits():
    prepared = prepare_image_source(Bundled().read(BundledOptions(series="digits")), "bundled")
    assert prepared.frame.height == 1797
    assert (prepared.schema.height, prepared.schema.channels) == (8, 1)
    assert prepared.schema.classes == tuple(map(str, range(10)))
    assert prepared.frame["part"].null_count() == 1797
    # The answer does not hang on the machine: pixels come from whole numbers.
    assert prepared.fingerprint.startswith("acd3d8149a83ff80")


def test_images_come_upright_on_white_and_of_eight_bits():
    sideways = Image.fromarray(np.arange(32, dtype=np.uint8).reshape(4, 8))
    exif = sideways.getexif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    sideways.save(buffer, "PNG", exif=exif)
    assert decode_image(buffer.getvalue(), "a", 8, 4, 1).shape == (8, 4, 1)
    clear = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(clear, "PNG")
    assert decode_image(clear.getvalue(), "b", 8, 8, 3).min() == 255
    deep = io.BytesIO()
    Image.fromarray(np.full((8, 8), 0x1234, dtype=np.uint16)).save(deep, "PNG")
    assert (decode_image(deep.getvalue(), "c", 8, 8, 1) == 0x12).all()
    thin = io.BytesIO()
    Image.new("L", (4000, 1), 200).save(thin, "PNG")
    assert decode_image(thin.getvalue(), "d", 8, 8, 1).any(axis=1).sum() == 1


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded():
    buffer = io.BytesIO()
    Image.new("1", (7000, 7000)).save(buffer, "PNG")
    with pytest.raises(InvalidInput) as caught:
        decode_image(buffer.getvalue(), "huge.png", 8, 8, 1)
    assert caught.value.error_code == "too_many_pixels"
