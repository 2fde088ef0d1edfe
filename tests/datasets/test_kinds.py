"""Kinds of data: each has an object, and its schema survives the way through files."""

from __future__ import annotations

from typing import get_args

import pytest

from azuraforge.datasets.kinds import KINDS
from azuraforge.plugins import DatasetSchema
from azuraforge.plugins.contract.dataset_schema import DataKindName

SCHEMAS = {
    "plain": DatasetSchema(time="at", target="load"),
    "every field": DatasetSchema(
        time="at",
        target="load",
        unit="MW",
        features=("heat",),
        frequency="1mo",
        season=12,
        timezone="Europe/Istanbul",
        rhythm_timezone="UTC",
        month_end=True,
        series="plant",
        series_names=("a", "b"),
    ),
    "images": DatasetSchema(kind="images", target="label", height=8, width=6, channels=1, classes=("cat", "dog")),
}


def test_each_kind_of_a_schema_has_an_object() -> None:
    assert set(KINDS) == set(get_args(DataKindName))
    for name, kind in KINDS.items():
        assert get_args(kind.Options.model_fields["kind"].annotation) == (name,)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_schema_comes_back_from_json(schema: DatasetSchema) -> None:
    assert DatasetSchema.model_validate(schema.to_json()) == schema


def test_json_holds_the_fields_of_its_kind_and_others_only_where_they_are_set() -> None:
    """The fingerprint covers this JSON: a field more would orphan every dataset that users have."""
    plain, images = SCHEMAS["plain"].to_json(), SCHEMAS["images"].to_json()
    assert set(plain) == {"time", "target", "features", "frequency", "season", "timezone", "unit"}
    assert set(images) == {"kind", "target", "height", "width", "channels", "classes", "unit"}
