"""Every field of a built-in plugin states its title and description in both languages."""

from __future__ import annotations

import pytest

from azuraforge.plugins.discovery import loading
from azuraforge.plugins.discovery.describing import ACCEPTS

BUILT_IN = [
    point for point in loading.entry_points() if point.kind in ACCEPTS and point.origin.startswith("azuraforge")
]


def titled(name: str) -> str:
    """Return the title that pydantic gives a field without one."""
    return name.replace("_", " ").title()


@pytest.mark.parametrize("point", BUILT_IN, ids=lambda point: point.name)
def test_every_field_has_a_title_and_a_description_in_both_languages(point):
    accepted = getattr(loading.load_entry_point(point), ACCEPTS[point.kind])
    fields = accepted.model_json_schema()["properties"]
    missing = [
        name
        for name, field in fields.items()
        if not (
            "description" in field and field.get("titles", {}).get("tr") and field.get("descriptions", {}).get("tr")
        )
    ]
    assert missing == []
    generated = [name for name, field in fields.items() if "_" in name and field["title"] == titled(name)]
    assert generated == []
