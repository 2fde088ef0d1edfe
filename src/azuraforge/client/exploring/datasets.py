"""Client for datasets with previews of files and the contents of versions."""

from __future__ import annotations

import os

from azuraforge.client.datasets import Datasets, given_options
from azuraforge.client.exploring.shapes import DatasetPreview, Difference, Profile, Table
from azuraforge.client.http.connection import segment


class ExploredDatasets(Datasets):
    """``client.datasets``: adds previews of files and the contents of versions to the methods of ``Datasets``."""

    def preview(self, path: str | os.PathLike[str], **options: object) -> DatasetPreview:
        """Return what a file contains and the version that it would become, without storing it.

        Args:
            path: path of the file.
            options: options of ``add``, all of them optional; time and target column are detected if they are missing.
        """
        return DatasetPreview.from_json(self._upload("/datasets/preview", path, given_options(options)))

    def table(
        self, name: str, version: int | None = None, *, series: str | None = None, offset: int = 0, limit: int = 50
    ) -> Table:
        """Return a page of the rows of a version: at most ``limit`` rows, after skipping ``offset`` rows."""
        answer = self._connection.get(
            f"/datasets/{segment(name)}/table", version=version, series=series, offset=offset, limit=limit
        )
        return Table.from_json(answer)

    def profile(self, name: str, version: int | None = None) -> Profile:
        """Return statistics and histograms of the columns of a version, its gaps and its repeated images."""
        return Profile.from_json(self._connection.get(f"/datasets/{segment(name)}/profile", version=version))

    def difference(self, name: str, version: int | None = None, before: int | None = None) -> Difference:
        """Return the difference between version ``before`` (None: the previous one) and ``version`` (None: newest)."""
        answer = self._connection.get(f"/datasets/{segment(name)}/difference", version=version, before=before)
        return Difference.from_json(answer)
