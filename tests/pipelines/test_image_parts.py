"""How images are split and cut: shares per class, an official test part kept, the same image never in two parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.errors import InvalidInput
from azuraforge.plugins.kinds.classify.parts import (
    LEARNED_IMAGES,
    check_image_split,
    image_part,
    keep_learned,
    learned_images,
    load_images,
    retraining_images,
    save_images,
)
from azuraforge.plugins.vision.config import (
    ClassifyConfig,
    ImageSchema,
    ImageSplit,
    ImageTable,
    content_hashes,
    stratified_split,
)


def make_table(labels: list[int], parts: list[str | None] | None = None, contents: list[int] | None = None) -> Any:
    """Images of 2 × 2 whose pixels are the digits of ``contents`` (their row number by default)."""
    names = tuple(str(number) for number in range(max(labels) + 1))
    contents = list(range(len(labels))) if contents is None else contents
    frame = pl.DataFrame(
        {
            "image": [content.to_bytes(4, "little") for content in contents],
            "label": [None if label < 0 else names[label] for label in labels],
            "part": pl.Series(parts or [None] * len(labels), dtype=pl.String),
            "name": [f"{row}.png" for row in range(len(labels))],
        }
    )
    return ImageTable(frame, ImageSchema(2, 2, 1, names))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(20, 60), min_size=2, max_size=4),
    st.integers(0, 99),
    st.sampled_from([0.1, 0.2, 0.3]),
)
def test_every_class_gives_its_share(counts: list[int], seed: int, share: float) -> None:
    labels = [number for number, count in enumerate(counts) for _ in range(count)]
    table = make_table(labels)
    config = ClassifyConfig(split_seed=seed, test_share=share, validation_share=0.2)
    split = stratified_split(table, config)
    check_image_split(split, table.labels, content_hashes(table.frame["image"].to_list()))
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together.tolist()) == list(range(len(labels)))
    for number, count in enumerate(counts):
        assert int((table.labels[split.test] == number).sum()) == max(1, round(share * count))
    again = stratified_split(table, config)
    assert np.array_equal(split.test, again.test)
    assert np.array_equal(split.validation, again.validation)


def test_another_seed_draws_another_test_part() -> None:
    table = make_table([0, 1] * 50)
    one, other = (stratified_split(table, ClassifyConfig(split_seed=seed)) for seed in (0, 1))
    assert not np.array_equal(one.test, other.test)


def test_an_official_test_part_is_kept_whole_and_its_images_are_not_learned_from() -> None:
    parts: list[str | None] = ["train"] * 60 + ["test"] * 20
    contents = list(range(80))
    contents[3] = contents[70]  # a training image that stands in the test part, too
    table = make_table([0, 1] * 40, parts, contents)
    split = stratified_split(table, ClassifyConfig())
    assert split.test.tolist() == list(range(60, 80))
    assert 3 not in np.concatenate([split.train, split.validation]).tolist()
    assert len(split.train) + len(split.validation) == 59


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999))
def test_equal_images_never_stand_in_two_parts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = make_table(rng.permutation([0, 1] * 60).tolist(), contents=rng.integers(0, 60, 120).tolist())
    split = stratified_split(table, ClassifyConfig(split_seed=seed))
    check_image_split(split, table.labels, content_hashes(table.frame["image"].to_list()))


def test_rows_without_a_label_are_left_out() -> None:
    table = make_table([0, 1, -1] * 20)
    split = stratified_split(table, ClassifyConfig())
    assert len(np.concatenate([split.train, split.validation, split.test])) == 40


def test_a_class_that_learning_would_miss_is_named() -> None:
    parts: list[str | None] = ["train"] * 40 + ["test"] * 2
    with pytest.raises(InvalidInput, match="class '2'"):
        stratified_split(make_table([0, 1] * 20 + [2, 2], parts), ClassifyConfig())


@pytest.mark.parametrize(
    ("train", "validation", "test", "said"),
    [
        ([0, 1], [2], [1], "is in the sets 'train' and 'test'"),
        ([0, 0], [2], [1], "repeats rows"),
        ([0, 9], [2], [1], "do not exist"),
        ([], [2], [1], "at least one"),
        ([0, 4], [2], [1], "without a label"),
        ([0], [3], [5], "is in the sets 'validation' and 'test'"),
    ],
)
def test_a_bad_split_is_refused(train: list[int], validation: list[int], test: list[int], said: str) -> None:
    labels, hashes = np.array([0, 1, 0, 1, -1, 1]), np.array([1, 2, 3, 4, 5, 4], dtype=np.uint64)
    split = ImageSplit(*(np.array(rows, dtype=np.int64) for rows in (train, validation, test)))
    with pytest.raises(InvalidInput, match=said):
        check_image_split(split, labels, hashes)


def test_a_part_survives_its_folder_and_the_test_part_has_no_labels(tmp_path: Path) -> None:
    table = make_table([0, 1] * 5)
    rows = np.array([7, 2, 4])
    save_images(image_part(table, rows, table.labels), tmp_path / "learn")
    save_images(image_part(table, rows, None), tmp_path / "test")
    learn, test = load_images(tmp_path / "learn"), load_images(tmp_path / "test")
    assert learn.pixels[:, 0, 0, 0].tolist() == [7, 2, 4]
    assert learn.labels.tolist() == [1, 0, 0]
    assert learn.names == ("7.png", "2.png", "4.png")
    assert test.labels is None
    assert sorted(path.name for path in (tmp_path / "test").iterdir()) == ["part.json", "pixels.npy"]


def test_a_version_tells_by_content_which_images_it_has_seen(tmp_path: Path) -> None:
    table = make_table([0, 1] * 5)
    parts = [image_part(table, np.array(rows), table.labels) for rows in ([0, 1, 2], [3])]
    keep_learned(*parts, tmp_path)
    seen = learned_images(tmp_path)
    hashes = content_hashes(table.frame["image"].to_list())
    assert np.isin(hashes, seen).tolist() == [True] * 4 + [False] * 6
    (tmp_path / LEARNED_IMAGES).unlink()
    assert learned_images(tmp_path) is None


def test_the_winner_of_a_study_learns_from_most_of_validation_and_never_from_test() -> None:
    table = make_table([0, 1, 2] * 40)
    split = stratified_split(table, ClassifyConfig())
    again = retraining_images(split, table.labels)
    assert np.array_equal(again.test, split.test)
    assert set(split.train) < set(again.train) < set(split.train) | set(split.validation)
    assert len(np.unique(table.labels[again.validation])) == 3
    assert len(again.validation) < len(split.validation) / 2
    check_image_split(again, table.labels, content_hashes(table.frame["image"].to_list()))
