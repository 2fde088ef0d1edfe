"""Reference distributions of a version's inputs and answers, computed once, in a child of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import Conflict
from azuraforge.messages import LANGUAGES, Message, translated
from azuraforge.models.distributions import Reference
from azuraforge.models.drift.detection import describe
from azuraforge.models.drift.messages import ReferenceMessage
from azuraforge.models.serving.child import Predictor
from azuraforge.models.serving.messages import ChildOpening
from azuraforge.models.serving.opening import open_version
from azuraforge.plugins.contract.parts import Part, Predictions, Schema
from azuraforge.plugins.contract.shape import Texts
from azuraforge.processes.failures import sentence_of
from azuraforge.strict_json import JsonObject

if TYPE_CHECKING:
    import polars as pl

#: Number of evenly spaced origins at which the version's own answers are computed.
_ANSWERS = 400


def serve(opening: ChildOpening) -> Callable[[ReferenceMessage], JsonObject]:
    """Load a version and return the function that computes its reference."""
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
            notes = [_in_each(Message("inputs and predictions are compared only in models of one series"))]
            return Reference(columns={}, notes=notes, errors=errors).model_dump(mode="json")
        frame, learned_from = version.dataset(question["dataset"]), question["learned_from"]
        made = reference(frame, version.schema, learned_from, version.horizon, version.predict, question["answer"])
        return made.model_copy(update={"errors": errors}).model_dump(mode="json")

    return answer


def test_errors(path: str | None, name: str, horizon: int) -> tuple[float, ...]:
    """Return the mean absolute error of each forecast of the test set that does not overlap the one before.

    Args:
        path: ``errors.npz`` of the run that evaluated the version; None: it has none.
        name: of the version among the contenders there.
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
    """Return the columns of the training rows, oldest first, and the version's first answers there.

    Args:
        answer: the name under which these answers stand.

    Returns the distributions, and notes on columns that could not be described.
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
        # The first quarter is skipped: its rows may have too little history, and later answers are more relevant.
        begin = first + (last - first) // 4
        origins = np.unique(np.linspace(begin, last - 1, min(_ANSWERS, last - begin)).astype(np.int64))
        forecast = predict(Part(frame.head(last), schema, last, horizon, origins))
        columns[answer] = [float(value) for value in np.asarray(forecast.point)[:, 0] if np.isfinite(value)]
    except Exception as error:  # answers are compared if possible; inputs always
        notes.append(_in_each(Message("predictions are not compared: {problem}", {"problem": sentence_of(error)})))
    described = {name: made for name, values in columns.items() if (made := describe(values)) is not None}
    notes += [
        _in_each(Message("{column} does not vary in the training rows", {"column": name}))
        for name in columns
        if name not in described
    ]
    return Reference(columns=described, notes=notes)


def _in_each(message: Message) -> Texts:
    return {language: translated(message, language) for language in LANGUAGES}
