"""What a bundle may say of a version's data."""

from __future__ import annotations

from dataclasses import fields

from azuraforge.models.bundles.description import SeriesSchema
from azuraforge.plugins import DatasetSchema, Schema


def test_a_bundle_carries_all_that_app_code_knows_of_the_columns() -> None:
    assert {each.name for each in fields(Schema)} <= SeriesSchema.model_fields.keys()
    schema = DatasetSchema(target="y", time="at", features=("x",), available_after={"x": "6 hours"})
    carried = SeriesSchema.model_validate(schema.to_json())
    assert carried.available_after == {"x": "6h"}
