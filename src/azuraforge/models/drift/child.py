"""Child process that computes the reference distributions of a version's inputs and predictions, once per version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import Conflict
from azuraforge.messages import Message
from azuraforge.models.distributions import Reference
from azuraforge.models.drift.detection import describe
from azuraforge.models.drift.messages import ReferenceMessage
from azuraforge.models.serving.child import Predictor
from azuraforge.models.serving.messages import ChildOpening
from azuraforge.models.serving.opening import open_version
from azuraforge.plugins.contract.parts import Part, Predictions, Schema
from azuraforge.plugins.contract.sentences import texts_of
from azuraforge.processes.failures import sentence_of
from azuraforge.strict_json import JsonObject

if TYPE_CHECKING:
    import polars as pl

#: Maximum number of evenly spaced origins at which the version predicts for its reference.
_ANSWERS = 400


def serve(opening: ChildOpening) -> Callable[[ReferenceMessage], JsonObject]:
    """Load a version and return the function that computes its reference.

    Raises Conflict unless the version predicts a series.
    """
    version = open_version(opening)
    if not isinstance(version, Predictor):
        raise Conflict(
            "drift is measured only for versions that predict a series",
            where="version",
            next_step="watch the model's live scores instead",
        )

    def answer(question: ReferenceMessage) -> JsonObject:
        errors = test_errors(question["errors"], opening["plugin"], version.horizon)
        if version.schema.series is not None:
            notes = [texts_of(Message("drift of inputs and predictions is measured only for models of one series"))]
            return Reference(columns={}, notes=notes, errors=errors).model_dump(mode="json")
        frame, learned_from = version.dataset(question["dataset"]), question["learned_from"]
        made = reference(frame, version.schema, learned_from, version.horizon, version.predict, question["answer"])
        return made.model_copy(update={"errors": errors}).model_dump(mode="json")

    return answer


def test_errors(path: str | None, name: str, horizon: int) -> tuple[float, ...]:
    """Return the mean absolute error of every ``horizon``-th forecast of the test set, so that none of them overlap.

    Args:
        path: ``errors.npz`` of the run that evaluated the version; None if there is none.
        name: name of the version's plugin, under which the file stores its errors.
        horizon: number of rows per forecast.

    Returns an empty tuple if the errors are not stored.
    """
    if path is None:
        return ()
    with np.load(path, allow_pickle=False) as stored:
        if name not in stored:
            return ()
        errors = np.abs(np.asarray(stored[name], dtype=np.float64))[::horizon]
    known = errors[np.isfinite(errors).any(axis=1)]
    return tuple(float(each) for each in np.nanmean(known, axis=1))


def reference(
    frame: pl.DataFrame,
    schema: Schema,
    learned_from: tuple[str | None, str | None],
    horizon: int,
    predict: Callable[[Part], Predictions],
    answer: str,
) -> Reference:
    """Return the distributions of the training rows' columns and of the version's one-step predictions for these rows.

    Args:
        frame: rows of the dataset, oldest first.
        schema: schema of the version.
        learned_from: first and last time of the training rows in ISO 8601; ignored for rows without times.
        horizon: number of rows that the version predicts.
        predict: function that predicts with the version.
        answer: column name of the predictions in the result.

    The notes of the result name the columns that could not be described.
    """
    import polars as pl

    first, last = 0, frame.height
    if schema.time is not None:
        times = frame.get_column(schema.time).cast(pl.Datetime("us", "UTC"))
        start, end = (datetime.fromisoformat(at) for at in learned_from if at is not None)
        first, last = int((times < start).sum()), int((times <= end).sum())
    learned = frame.slice(first, last - first)
    columns: dict[str, list[float]] = {}
    for name in (schema.target, *schema.features):
        columns[name] = learned.get_column(name).cast(pl.Float64).drop_nulls().drop_nans().to_list()
    notes = []
    try:
        # Skip the first quarter: its origins may have too little history, and later predictions are more relevant.
        begin = first + (last - first) // 4
        origins = np.unique(np.linspace(begin, last - 1, min(_ANSWERS, last - begin)).astype(np.int64))
        forecast = predict(Part(frame.head(last), schema, last, horizon, origins))
        columns[answer] = [float(value) for value in np.asarray(forecast.point)[:, 0] if np.isfinite(value)]
    except Exception as error:  # the inputs can be compared even if the predictions cannot
        notes.append(
            texts_of(Message("drift of the predictions is not measured: {problem}", {"problem": sentence_of(error)}))
        )
    described = {name: made for name, values in columns.items() if (made := describe(values)) is not None}
    notes += [
        texts_of(Message("{column} does not vary in the training rows", {"column": name}))
        for name in columns
        if name not in described
    ]
    return Reference(columns=described, notes=notes)
