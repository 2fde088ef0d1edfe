"""The incumbent forecast of a dataset at the origins of a test set, and its scores alongside the contenders.

At each origin, only forecasts made at or before the origin's time count, because later forecasts could use more
information than the model.
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

#: Files in the truth folder, which pipelines never receive.
_FILE, _COLUMN = "incumbent.npy", "incumbent.txt"
#: Share and number of exact forecasts from which they cannot be a coincidence, because the target varies.
_EXACT_SHARE, _FEWEST_EXACT = 0.2, 20


@dataclass(frozen=True)
class Incumbent:
    """The incumbent forecast at the origins of a test set.

    Attributes:
        column: display name of the forecast.
        point: ``(origin, horizon)`` forecasts, NaN where none had been made by the time of the origin.
    """

    column: str
    point: Floats

    @classmethod
    def load(cls, folder: Path, own: Indices | None) -> Incumbent | None:
        """Return the incumbent forecast in a truth folder; None if the dataset has no incumbent.

        Args:
            folder: truth folder.
            own: ``(origin,)`` indices of the origins to keep; None for all.
        """
        if not (folder / _FILE).exists():
            return None
        point: Floats = np.load(folder / _FILE, allow_pickle=False)
        return cls((folder / _COLUMN).read_text(), point if own is None else point[own])

    def known(self, truth: Floats) -> Flags:
        """Return an ``(origin, horizon)`` mask of the targets with an incumbent forecast and a known true value."""
        return np.asarray(np.isfinite(self.point) & np.isfinite(truth))

    def losses(self, truth: Floats, of: Callable[[Predictions], Floats]) -> Floats | None:
        """Return the losses of the incumbent, NaN where a loss is unknown; None if all are unknown.

        Args:
            truth: ``(origin, horizon)`` true values, NaN where missing.
            of: function that returns the losses of predictions.
        """
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
        """Return the metrics of the incumbent and of contenders on the targets of ``known``.

        Returns None if there are no such targets.

        Args:
            truth: ``(origin, horizon)`` true values, NaN where missing.
            compared_with: contender name → predictions.
            measured: function that returns the metrics of predictions from the true values.
        """
        known = self.known(truth)
        if not known.any():
            return None
        compared = np.where(known, truth, np.nan)
        return IncumbentScores(
            column=self.column,
            targets=int(known.sum()),
            of=int(np.isfinite(truth).sum()),
            metrics=measured(compared, Predictions(self.point)),
            alongside={name: measured(compared, each) for name, each in compared_with.items()},
        )

    def suspicion(self, truth: Floats, last: Floats) -> SuspiciousColumn | None:
        """Return the evidence that the incumbent was recorded after the outcome; None if there is none.

        A high share of exact forecasts among targets that differ from the last known value is suspicious.

        Args:
            truth: ``(origin, horizon)`` true values, NaN where missing.
            last: ``(origin,)`` last known values at the origins.
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


def save_incumbent(incumbents: pl.DataFrame, schema: DatasetSchema, test: Part, truth: Path) -> None:
    """Write the incumbent forecast at the origins of a test set into its truth folder.

    Args:
        incumbents: all incumbent forecasts, with the columns that ``TaskKind.hold_out_incumbent`` describes.
        schema: schema of the dataset version; if it has no incumbent, nothing is written.
        test: test set.
        truth: truth folder.
    """
    if schema.incumbent is None:
        return
    np.save(truth / _FILE, at_origins(incumbents, test), allow_pickle=False)
    (truth / _COLUMN).write_text(schema.incumbent.label)


def at_origins(incumbents: pl.DataFrame, test: Part) -> Floats:
    """Return the newest incumbent forecasts made by the time of each origin, ``(origin, horizon)``, NaN if none exists.

    Args:
        incumbents: forecasts in any order, with the columns ``series`` (null for a single series), ``at`` (time of
            the target), ``forecast`` and ``made_at``.
        test: part whose origins are used.
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
    known = incumbents.select(
        pl.col("series").fill_null(""), "at", pl.col("forecast").cast(pl.Float64), pl.col("made_at").alias("origin")
    )
    found = wanted.sort("origin").join_asof(
        known.sort("origin", maintain_order=True), on="origin", by=["series", "at"], strategy="backward"
    )
    point = np.full(targets.size, np.nan)
    point[found["place"].to_numpy()] = found["forecast"].fill_null(np.nan).to_numpy()
    return np.asarray(point.reshape(targets.shape))
