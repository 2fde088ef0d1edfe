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

from azuraforge.messages import LANGUAGES, keyed
from azuraforge.messages.formats import percent_for_readers as percent
from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import IncumbentScores, SuspiciousColumn
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.contract.shape import Texts
from azuraforge.plugins.forecasting.panels import Blocks

if TYPE_CHECKING:
    import polars as pl

#: In the folder of the truth, which no app code is given.
_FILE, _COLUMN = "incumbent.npy", "incumbent.txt"
#: Of a varied target forecasts are hardly ever exact: this share of exact ones, and so many, is no luck.
_EXACT_SHARE, _FEWEST_EXACT = 0.2, 20


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
        text: Texts = {
            language: keyed("incumbent.exact", language, share=percent(exact / rows, language, 0), **facts)
            for language in LANGUAGES
        }
        return SuspiciousColumn(
            column=self.column, kind="copy", rows_ahead=0, share=exact / rows, rows=rows, blocks=True, text=text
        )


def save_incumbent(told: pl.DataFrame, schema: DatasetSchema, test: Part, truth: Path) -> None:
    """Write the present forecast at the origins of a test set into the folder of its truth.

    Args:
        told: every present forecast, as ``hold_out_incumbent`` takes them.
        schema: the meaning of the dataset's columns; one without an incumbent writes nothing.
        test: the part whose origins are judged.
        truth: the folder.
    """
    if schema.incumbent is None:
        return
    np.save(truth / _FILE, at_origins(told, test), allow_pickle=False)
    (truth / _COLUMN).write_text(schema.incumbent.label)


def at_origins(told: pl.DataFrame, test: Part) -> Floats:
    """Return ``(origin, horizon)``: of each target the newest forecast that was made by the origin, NaN without one.

    Args:
        told: ``series`` (null: there is one), ``at`` (the target's time), ``forecast`` and ``made_at``, in any order.
        test: a part with origins.
    """
    import polars as pl

    series, time = test.schema.series, test.schema.time
    ends = np.full(len(test.origins), test.frame.height)
    if series is not None:
        blocks = Blocks.of(test.frame, series)
        ends = blocks.stop[blocks.of_rows(test.origins)]
    targets = test.origins[:, None] + np.arange(1, test.horizon + 1)
    inside = targets < ends[:, None]
    names = pl.lit("", pl.String) if series is None else pl.col(series).cast(pl.String)
    rows = test.frame.select(names.alias("series"), pl.col(str(time)).cast(pl.Datetime("us", "UTC")).alias("at"))
    wanted = rows[targets[inside]].with_columns(
        rows["at"][np.repeat(test.origins, inside.sum(axis=1))].alias("origin"),
        pl.Series("place", np.flatnonzero(inside.ravel())),
    )
    known = told.select(
        pl.col("series").fill_null(""), "at", pl.col("forecast").cast(pl.Float64), pl.col("made_at").alias("origin")
    )
    found = wanted.sort("origin").join_asof(
        known.sort("origin", maintain_order=True), on="origin", by=["series", "at"], strategy="backward"
    )
    point = np.full(targets.size, np.nan)
    point[found["place"].to_numpy()] = found["forecast"].fill_null(np.nan).to_numpy()
    return np.asarray(point.reshape(targets.shape))
