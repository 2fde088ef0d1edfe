"""Data of a judgement's charts, reduced to what a page can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from azuraforge.judgements.evidence import Layout
from azuraforge.judgements.pairs import Model, Pairs
from azuraforge.judgements.shapes import Chart, Line
from azuraforge.judgements.truth import Truth
from azuraforge.plugins.contract.arrays import Floats

#: Maximum number of points per line in the sample chart, and in the lead chart.
_SHOWN, _POINTS = 100, 240
#: Maximum number of models in one chart, the best ones; more lines cannot be distinguished.
MOST_MODELS = 6


def sample_chart(pairs: Pairs, truth: Truth, order: Sequence[str], baseline: Model) -> Chart:
    """Return the last judged predictions at the shortest common horizon.

    A horizon is common if it has at least half as many predictions as the most frequent one.

    Args:
        pairs: the judged predictions.
        truth: the series of actual values.
        order: names of the models, best first.
        baseline: the best baseline.
    """
    values, counts = np.unique(pairs.ahead, return_counts=True)
    ahead = int(values[np.flatnonzero(counts >= counts.max() / 2)[0]])
    chosen = np.flatnonzero(pairs.ahead == ahead)
    chosen = chosen[np.argsort(pairs.target[chosen], kind="stable")][-_SHOWN:]
    lines = [Line(name="actual", values=_numbers(pairs.actual[chosen]))]
    models = sorted(pairs.models, key=lambda each: order.index(each.name))
    for model in (*models[:MOST_MODELS], baseline):
        one = model.at(chosen)
        # Overlapping intervals of several models would be unreadable.
        ends = (one.low, one.high) if model is models[0] and len(models) == 1 else (None, None)
        low, high = (None if end is None else _numbers(end) for end in ends)
        lines.append(Line(name=model.name, values=_numbers(one.point), low=low, high=high))
    at = tuple(truth.written(row) for row in pairs.target[chosen].tolist())
    return Chart(at=at, lines=tuple(lines), horizon=ahead, omitted=tuple(order[MOST_MODELS:]))


def lead_chart(losses: Mapping[str, Floats], best: Floats, layout: Layout, pairs: Pairs, truth: Truth) -> Chart | None:
    """Return running differences of squared errors, baseline minus model, as shares of the baseline's total.

    ``losses`` contains each model's squared errors, the best model first; ``best`` contains those of
    the best baseline. A line rises where the model is better; a single jump shows that one period decides the result.
    Return None for fewer than two origins or a baseline without errors.
    """
    total = float(best.sum())
    if total <= 0 or layout.origins < 2:
        return None
    places = np.unique(np.linspace(0, layout.origins - 1, _POINTS).round().astype(np.int64))
    first = np.searchsorted(layout.place, places)
    lines = []
    for name, values in list(losses.items())[:MOST_MODELS]:
        running = np.cumsum(layout.sums(best - values)) / total
        lines.append(Line(name=name, values=_numbers(running[places])))
    at = tuple(truth.written(row) for row in pairs.target[first].tolist())
    return Chart(at=at, lines=tuple(lines), omitted=tuple(losses)[MOST_MODELS:])


def _numbers(values: Floats) -> tuple[float | None, ...]:
    return tuple(value if np.isfinite(value) else None for value in values.tolist())
