"""Checks of the predictions of forecasters, and their transfer between processes as files."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.intervals import ends_of
from azuraforge.plugins.forecasting.panels import UNKNOWN_SERIES, Blocks, each, stack
from azuraforge.plugins.forecasting.totals import at_same_moment
from azuraforge.plugins.kinds.forecast.parts import cut_after

#: Tolerated difference of a prediction with and without later rows, relative to the spread of the target.
CUT_TOLERANCE = 1e-6
#: Tolerated difference of a prediction alone and in a batch, caused by single precision; relative to the spread too.
BATCH_TOLERANCE = 1e-3
#: Minimum and maximum number of origins that the leakage guard checks.
GUARDED_ORIGINS = 3
MOST_GUARDED = 64
#: Maximum number of rows that the leakage guard passes to a pipeline; each origin needs the whole frame and a cut one.
_GUARD_ROWS = 4_000_000
#: Every second checked origin is one of this many origins at either end of the part.
_NEAR_BORDER = 16

Predict = Callable[[Part], Predictions]


def predict_checked(name: str, predict: Predict, part: Part) -> Predictions:
    """Return the checked predictions of the pipeline ``name`` for ``part``.

    Raises InvalidInput if they have the wrong type or shape, contain NaN or infinite values, or have a quantile level
    that is not between 0 and 1.
    """
    answer = predict(part)
    expected = (len(part.origins), part.horizon)
    if not isinstance(answer, Predictions):
        raise _wrong(name, Message("predict returned {type}, not Predictions", {"type": type(answer).__name__}))
    quantiles: dict[float, Floats] = {}
    for level, values in sorted(answer.quantiles.items()):
        if not 0 < level < 1:
            raise _wrong(name, Message("quantile levels must be between 0 and 1, not {level}", {"level": level}))
        quantiles[float(level)] = _checked(name, f"quantile {level}", values, expected)
    base = None if answer.base is None else _checked(name, "base", answer.base, expected)
    return Predictions(_checked(name, "point", answer.point, expected), quantiles, base=base)


def predict_known(
    name: str, answer: Predict, part: Part, knows: Callable[[str], bool]
) -> tuple[Predictions, list[str]]:
    """Return checked predictions, NaN for series that the predictor did not learn, and the names of these series.

    Forecasts of unlearned series by analogy are not used, because they do not measure what the predictor learned.
    Raises InvalidInput with the code ``UNKNOWN_SERIES`` if the predictor learned none of the series.

    Args:
        name: name of the pipeline.
        answer: the pipeline's ``predict``, bound to the predictor.
        part: part to predict.
        knows: function from the name of a series to whether the predictor learned it.
    """

    def predict(one: Part) -> Predictions:
        if one.schema.series is not None:
            blocks = Blocks.of(one.frame, one.schema.series)
            for place in np.unique(blocks.of_rows(one.origins)).tolist():
                if not knows(blocks.names[place]):
                    raise InvalidInput(
                        "the version was not trained on the series {series!r}",
                        where="series",
                        next_step="train a version with this series",
                        code=UNKNOWN_SERIES,
                        series=blocks.names[place],
                    )
        return answer(one)

    try:
        return predict_checked(name, predict, part), []
    except InvalidInput as error:
        if part.schema.series is None or error.error_code != UNKNOWN_SERIES:
            raise
    known: list[tuple[str, Part]] = []
    places: list[Indices] = []
    unknown: list[str] = []
    for series, one, at in each(part):
        ahead = {column: values[:1] for column, values in one.ahead.items()}
        first = Part(one.frame, one.schema, one.start, one.horizon, one.origins[:1], ahead=ahead)
        try:
            predict(stack([(series, first)], part.schema))
        except InvalidInput as error:
            if error.error_code != UNKNOWN_SERIES:
                raise
            unknown.append(series)
        else:
            known.append((series, one))
            places.append(at)
    if not known:
        raise InvalidInput(
            "{name} was trained on none of the {count} series",
            where="series",
            next_step="train a version with these series",
            code=UNKNOWN_SERIES,
            details={"count": len(unknown)},
            name=name,
            count=len(unknown),
        )
    answered, at = predict_checked(name, predict, stack(known, part.schema)), np.concatenate(places)

    def spread(values: Floats) -> Floats:
        whole = np.full((len(part.origins), part.horizon), np.nan)
        whole[at] = values
        return whole

    quantiles = {level: spread(values) for level, values in answered.quantiles.items()}
    base = None if answered.base is None else spread(answered.base)
    return Predictions(spread(answered.point), quantiles, base=base), unknown


def guard_against_future(
    name: str, predict: Predict, part: Part, predictions: Predictions, seed: int, most: int = GUARDED_ORIGINS
) -> int:
    """Check that a pipeline uses no rows later than an origin; return the number of checked origins.

    At the first ``most`` of ``guarded_origins``, the prediction is repeated with a frame that ends at the origin. If it
    changes, the pipeline used rows that did not exist yet at the origin, or rows of other origins.

    Raises InvalidInput if a prediction changes or fails; the run then promotes nothing.
    """
    scale_at = _spreads(part)
    chosen = guarded_origins(len(part.origins), seed)[:most]
    for index in chosen:
        origin = int(part.origins[index])
        scale = scale_at(origin)
        at = at_same_moment(part, index)
        own = int(np.flatnonzero(at == index)[0])
        ahead = {column: values[at] for column, values in part.ahead.items()}
        alone = Part(part.frame, part.schema, part.start, part.horizon, part.origins[at], ahead=ahead)
        whole = _only(predict_checked(name, predict, alone), own)
        try:
            cut = _only(predict_checked(name, predict, cut_after(alone, origin)), own)
        except Exception as error:
            failed = {"row": origin, "reason": _in_one_line(error)}
            raise _leak(
                name, Message("it fails when the rows after row {row} are removed: {reason}", failed)
            ) from error
        if (difference := _difference(whole, cut)) > CUT_TOLERANCE * scale:
            raise _leak(
                name,
                Message(
                    "its prediction from row {row} changes by {difference:.3g} when the rows after it are removed",
                    {"row": origin, "difference": difference},
                ),
                origin=origin,
                difference=difference,
            )
        among = _only(predictions, index)
        if (difference := _difference(among, cut)) > BATCH_TOLERANCE * scale:
            raise _leak(
                name,
                Message(
                    "its prediction from row {row} changes by {difference:.3g} with other origins in the same batch",
                    {"row": origin, "difference": difference},
                ),
                origin=origin,
                difference=difference,
            )
    return len(chosen)


def affordable_origins(part: Part) -> int:
    """Return the maximum number of origins that the leakage guard checks: 3 to 64, fewer for a long frame.

    The number depends on the rows only. With a time limit, a busy machine would check a run less thoroughly.

    Example:
        >>> import polars as pl
        >>> from azuraforge.plugins.contract.parts import Schema
        >>> def of(rows: int) -> Part:
        ...     return Part(pl.DataFrame({"y": [0.0] * rows}), Schema(None, "y"), 0, 1, np.arange(rows - 1))
        >>> affordable_origins(of(3000)), affordable_origins(of(200_000)), affordable_origins(of(2_000_000))
        (64, 10, 3)
    """
    return max(GUARDED_ORIGINS, min(MOST_GUARDED, _GUARD_ROWS // (2 * max(1, part.frame.height))))


def guarded_origins(origins: int, seed: int) -> list[int]:
    """Return the indices of at most 64 origins in the order in which the leakage guard checks them.

    They are the first origin, a random origin, the last origin, and then alternately a random origin near an end of the
    part and any random origin. The first origin has the most later rows; the ends border on rows of other parts.

    Example:
        >>> order = guarded_origins(1000, seed=7)
        >>> order[0], order[2], len(order), len(set(order))
        (0, 999, 64, 64)
    """
    rng = np.random.default_rng([seed, origins])
    anywhere = rng.permutation(origins).tolist()
    ends = np.concatenate([np.arange(min(_NEAR_BORDER, origins)), np.arange(max(0, origins - _NEAR_BORDER), origins)])
    near = rng.permutation(ends).tolist()
    turns = [each for pair in itertools.zip_longest(near, anywhere[1:]) for each in pair if each is not None]
    return list(dict.fromkeys([0, *anywhere[:1], origins - 1, *turns]))[:MOST_GUARDED] if origins else []


def save_predictions(predictions: Predictions, path: Path) -> None:
    """Write the predictions to ``path`` as an ``.npz`` file without pickled objects.

    Arrays: ``point``, ``levels``, ``quantiles`` as ``(level, origin, horizon)`` and, if present, ``base``.
    """
    levels = sorted(predictions.quantiles)
    stacked = np.stack([predictions.quantiles[level] for level in levels]) if levels else np.empty((0, 0, 0))
    arrays = {"point": predictions.point, "levels": np.array(levels, dtype=np.float64), "quantiles": stacked}
    if predictions.base is not None:
        arrays["base"] = predictions.base
    np.savez(path, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for allow_pickle


def load_predictions(path: Path | str) -> Predictions:
    """Return the predictions that ``save_predictions`` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        levels, quantiles = arrays["levels"], arrays["quantiles"]
        base = arrays["base"] if "base" in arrays.files else None
        found = {float(level): quantiles[i] for i, level in enumerate(levels)}
        return Predictions(arrays["point"], found, base=base)


def interval_of(predictions: Predictions) -> tuple[float, Floats, Floats] | None:
    """Return the level of the shown interval and its lower and upper ends; None if there is no symmetric interval.

    The shown interval is the 90 % interval, or the widest symmetric interval if there is no 90 % interval.

    Example:
        >>> made = Predictions(np.zeros((1, 1)), {0.05: -np.ones((1, 1)), 0.95: np.ones((1, 1))})
        >>> interval_of(made)[0]
        0.9
    """
    ends = ends_of(predictions.quantiles)
    if ends is None:
        return None
    low, high = ends
    return round(high - low, 9), predictions.quantiles[low], predictions.quantiles[high]


def _checked(name: str, what: str, values: object, expected: tuple[int, int]) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        values_of = {"what": what, "reason": _in_one_line(error)}
        raise _wrong(name, Message("{what!r} predictions are not numbers: {reason}", values_of)) from error
    if array.shape != expected:
        shapes = {"what": what, "found": str(array.shape), "expected": str(expected)}
        raise _wrong(
            name, Message("{what!r} predictions have shape {found}, expected (origin, horizon) = {expected}", shapes)
        )
    bad = ~np.isfinite(array)
    if bad.any():
        row, step = (int(found[0]) for found in np.nonzero(bad))
        raise _wrong(
            name,
            Message(
                "{count:,} of {size:,} {what!r} predictions are NaN or infinite, the first at origin number {origin},"
                " horizon {horizon}",
                {"count": int(bad.sum()), "size": array.size, "what": what, "origin": row, "horizon": step + 1},
            ),
        )
    return array


def _only(predictions: Predictions, index: int) -> Predictions:
    at = slice(index, index + 1)
    return Predictions(predictions.point[at], {level: values[at] for level, values in predictions.quantiles.items()})


def _difference(a: Predictions, b: Predictions) -> float:
    if a.quantiles.keys() != b.quantiles.keys():
        return float("inf")
    pairs = [(a.point, b.point), *((a.quantiles[level], b.quantiles[level]) for level in a.quantiles)]
    return max(float(np.abs(one - other).max()) for one, other in pairs)


def _spreads(part: Part) -> Callable[[int], float]:
    """Return a function from an origin to the spread of the target, in a panel over the origin's series only.

    The tolerances of the leakage guard are relative to this spread, so leaks of small series are detected too.
    """
    values = column_values(part.frame, part.schema.target)
    if part.schema.series is None:
        whole = _spread(values)
        return lambda origin: whole
    found = Blocks.of(part.frame, part.schema.series)

    def of_series(origin: int) -> float:
        place = int(found.of_rows(np.array([origin]))[0])
        return _spread(values[int(found.first[place]) : int(found.stop[place])])

    return of_series


def _spread(values: Floats) -> float:
    known = values[np.isfinite(values)]
    spread = float(known.std()) if known.size else 0.0
    return spread if spread > 0 else float(np.abs(known).max(initial=0.0)) or 1.0


def _leak(name: str, reason: Message, **details: object) -> InvalidInput:
    return InvalidInput(
        "the pipeline uses data from the future: {reason}",
        where="predict of {name}",
        next_step="use only rows up to and including each origin; this run promotes nothing",
        code="looks_into_the_future",
        details=details,
        reason=reason,
        name=name,
    )


def _wrong(name: str, problem: Message) -> InvalidInput:
    return InvalidInput(
        "{problem}", where="predict of {name}", next_step="repair the plugin {name}", problem=problem, name=name
    )


def _in_one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
