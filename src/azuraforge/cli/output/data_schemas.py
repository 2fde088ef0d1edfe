"""Data schemas of model versions, for times and units in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azuraforge.client import Client, ModelVersion
    from azuraforge.client.datasets import DatasetSchema


def data_schemas(client: Client, versions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], DatasetSchema | None]:
    """Return the schema of the training data of each version (model, number); None if the version was deleted."""
    from azuraforge.client import ApiError

    found: dict[tuple[str, int], DatasetSchema | None] = dict.fromkeys(versions)
    for name in {name for name, _ in found}:
        try:
            model = client.models.get(name)
        except ApiError as error:
            if error.status != 404:
                raise
            continue
        shown = {each.version: each for each in model.version_list}
        for number in [number for named, number in found if named == name]:
            found[name, number] = _data_schema(client, name, number, shown)
    return found


def _data_schema(client: Client, name: str, number: int, shown: Mapping[int, ModelVersion]) -> DatasetSchema | None:
    """Return the schema of a version's training data; None if the version was deleted.

    ``shown`` contains the versions that need no further request, by number.
    """
    from azuraforge.client import ApiError

    if number not in shown:
        try:
            return client.models.version(name, number).data_schema
        except ApiError as error:
            if error.status != 404:
                raise
            return None
    return shown[number].data_schema
