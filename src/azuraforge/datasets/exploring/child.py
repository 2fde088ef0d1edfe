"""Entry points in child processes that preview files and read the contents of versions."""

from __future__ import annotations

from azuraforge.datasets.child import Asked
from azuraforge.datasets.exploring import contents, previews
from azuraforge.datasets.exploring.messages import DifferenceInput, PreviewInput, StoredRows, TableInput
from azuraforge.datasets.schemas import Json


def preview(child: Asked) -> Json:
    """Return the preview of a received file. ``PreviewInput`` → ``Previewed``."""
    return previews.preview(PreviewInput.model_validate(child.payload)).model_dump(mode="json")


def table(child: Asked) -> Json:
    """Return a page of rows. ``TableInput`` → ``TableOut``."""
    return contents.table(TableInput.model_validate(child.payload)).model_dump(mode="json")


def profile(child: Asked) -> Json:
    """Return the statistics of a version. ``StoredRows`` → ``ProfileOut``."""
    return contents.profile(StoredRows.model_validate(child.payload)).model_dump(mode="json")


def difference(child: Asked) -> Json:
    """Return the difference between two versions. ``DifferenceInput`` → ``DifferenceOut``."""
    return contents.difference(DifferenceInput.model_validate(child.payload)).model_dump(mode="json")
