"""The present forecast of a dataset (its incumbent) at the origins of a test set, and what it is worth next to others.

A forecast counts at an origin only if it was made at or before the origin's own time: a later one knew more than the
model that it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.dataset_schema import DatasetSchema, IncumbentColumns
from azuraforge.plugins.contract.evaluation import IncumbentScores, SuspiciousColumn
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.wording import fill

if TYPE_CHECKING:
    import polars as pl

#: In the folder of the truth, which no app code is given.
_FILE, _COLUMN = "incumbent.npy", "incumbent.txt"
#: Of a varied target forecasts are hardly ever exact: this share of exact ones, and so many, is no luck.
_EXACT_SHARE, _FEWEST_EXACT = 0.2, 20
_EVIDENCE = {
    "en": "{share} of the present forecasts in {column} equal the actual values exactly ({exact} of {rows}): they may"
    " have been written down afterwards",
    "tr": "{column} sütunundaki mevcut tahminlerin {share} kadarı gerçekleşen değerlere tam olarak eşit ({rows}"
    " tahminin {exact} tanesi): sonradan yazılmış olabilirler",
}


@dataclass(frozen=True)
class Incumbent:
    """The present forecast: ``point`` is ``(origin, horizon)``, NaN where it said nothing by the origin."""

    column: str
    point: Floats

    @classmethod
    def load(cls, folder: Path, own: Indices | None) -> Incumbent | None:
        """Return the one of a truth folder; None where the dataset has none. ``own``: the origins that are kept."""
        if not (folder / _FILE).exists():
            return None
        point: Floats = np.load(folder / _FILE, allow_pickle=False)
        return cls((folder / _COLUMN).read_text(), point if own is None else point[own])

    def known(self, truth: Floats) -> Flags:
        """Return where both it and the truth are known."""
        return np.asarray(np.isfinite(self.point) & np.isfinite(truth))

    def losses(self, truth: Floats, of: Callable[[Predictions], Floats]) -> Floats | None:
        """Return its losses, NaN where it said nothing; None where it said nothing at all. ``of``: of predictions."""
        known = self.known(truth)
        if not known.any():
            return None
        return np.where(known, of(Predictions(np.where(known, self.point, truth))), np.nan)

    def scores(
        self,
        truth: Floats,
        compared_with: Mapping[str, Predictions],
        measured: Callable[[Floats, Predictions], dict[str, float | None]],
    ) -> IncumbentScores | None:
        """Return its metrics and those of others on the targets that it had said something about."""
        known = self.known(truth)
        if not known.any():
            return None
        compared = np.where(known, truth, np.nan)
        return IncumbentScores(
            column=self.column,
            targets=int(known.sum()),
            of=int(np.isfinite(truth).sum()),
            metrics=measured(compared, Predictions(self.point)),
            beside={name: measured(compared, each) for name, each in compared_with.items()},
        )

    def suspicion(self, truth: Floats, last: Floats) -> SuspiciousColumn | None:
        """Return the evidence that it was written down after the fact; None where there is none.

        Args:
            truth: ``(origin, horizon)``.
            last: ``(origin,)`` the values known at the origins; targets that repeat them prove nothing.
        """
        moved = self.known(truth) & (truth != last[:, None])
        exact, rows = int((self.point[moved] == truth[moved]).sum()), int(moved.sum())
        if exact < max(_FEWEST_EXACT, _EXACT_SHARE * rows):
            return None
        facts = {"column": self.column, "exact": exact, "rows": rows}
        share = f"{100 * exact / rows:.0f}"
        shown = {"en": f"{share} %", "tr": f"%{share}"}
        text = {language: fill(words, share=shown[language], **facts) for language, words in _EVIDENCE.items()}
        return SuspiciousColumn(
            column=self.column, kind="copy", rows_ahead=0, share=exact / rows, rows=rows, blocks=True, text=text
        )


def save_incumbent(frame: pl.DataFrame, schema: DatasetSchema, test: Part, truth: Path) -> None:
    """Write the present forecast at the origins of a test set into the folder of its truth.

    Args:
        frame: rows of the dataset, with the columns of the incumbent.
        schema: the meaning of its columns; one without an incumbent writes nothing.
        test: the part whose origins are judged.
        truth: the folder.
    """
    if schema.incumbent is None:
        return
    key = [name for name in (schema.series, schema.time) if name is not None]
    forecasts = frame.select(*key, *schema.incumbent_columns)
    rows = test.frame.select(key).join(forecasts, on=key, how="left", maintain_order="left")
    np.save(truth / _FILE, at_origins(rows, schema.incumbent, test), allow_pickle=False)
    (truth / _COLUMN).write_text(schema.incumbent.forecast)


def at_origins(rows: pl.DataFrame, columns: IncumbentColumns, test: Part) -> Floats:
    """Return ``(origin, horizon)``: the forecasts that were made by each origin, NaN where there is none.

    Args:
        rows: as those of ``test``, with the columns of the incumbent.
        columns: their names.
        test: a part with origins.
    """
    value, made = (column_values(rows, name) for name in (columns.forecast, columns.made_at))
    at = moments_of(test.frame, test.schema).astype(np.float64)
    if test.schema.series is None:
        ends = np.full(len(test.origins), len(value))
    else:
        blocks = Blocks.of(test.frame, test.schema.series)
        ends = blocks.stop[blocks.of_rows(test.origins)]
    targets = test.origins[:, None] + np.arange(1, test.horizon + 1)
    inside = targets < ends[:, None]
    targets = np.where(inside, targets, 0)
    there = inside & (made[targets] <= at[test.origins][:, None])
    return np.asarray(np.where(there, value[targets], np.nan))
