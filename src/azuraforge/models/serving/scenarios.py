"""Forecasts under changed values of columns known ahead, computed in the serving child process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.messages import LANGUAGES, Message, keyed
from azuraforge.messages.formats import separated
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part, Predictions, Schema
from azuraforge.plugins.forecasting.channels import column_values

if TYPE_CHECKING:
    from azuraforge.models.serving.messages import Point, ScenarioMessage, WhatIfMessage

#: Relative change below which a forecast counts as unchanged.
_STILL = 1e-9


#: Function that predicts from one origin; returns the points as in messages, the interval, and all predicted values.
Ask: TypeAlias = "Callable[[Part], tuple[list[Point], float | None, Predictions]]"


@dataclass(frozen=True)
class Column:
    """Column known ahead, at the rows to predict.

    Attributes:
        name: name of the column.
        values: values without gaps, shape ``(horizon,)``.
        known: number of leading values in the data; 0 if all of them repeat the last earlier value, -1 if the first
            value is missing and a later one is known.
        low: smallest value that the version learned from; None if it is not recorded.
        high: largest value that the version learned from; None if it is not recorded.
    """

    name: str
    values: Floats
    known: int
    low: float | None
    high: float | None


def answer_scenarios(
    question: WhatIfMessage,
    part: Part,
    known_ahead: Sequence[str],
    learned: Mapping[str, tuple[float, float]],
    horizon: int,
    ask: Ask,
) -> dict[str, Any]:
    """Return the base forecast and one forecast per scenario: the fields of ``WhatIfOut`` that depend on the forecast.

    Args:
        question: scenarios, and values of columns that apply to every scenario.
        part: one origin of one series, with the values that are known ahead of it.
        known_ahead: columns that the version learned as known ahead.
        learned: smallest and largest learned value by column.
        horizon: number of rows to return; the version may predict more.
        ask: function that predicts with the version.

    Raises InvalidInput if the version has no columns known ahead or a change is impossible.
    """
    if not known_ahead:
        raise InvalidInput(
            "this version has no columns known ahead that a scenario could change",
            where="scenarios",
            next_step="declare columns known ahead with azuraforge datasets available-after NAME COLUMN=ahead,"
            " then train again",
            code="nothing_known_ahead",
        )
    given = {name: _given(name, values, part, known_ahead, horizon) for name, values in question["known_ahead"].items()}
    part = _with(part, given)
    columns = {name: _column(name, part, horizon, learned.get(name)) for name in known_ahead}
    changed = [
        (scenario["name"], _changed(scenario, columns, part.schema, horizon)) for scenario in question["scenarios"]
    ]
    base, interval, whole = ask(part)
    found = []
    for name, values in changed:
        points, _, predictions = ask(_with(part, values))
        cautions = []
        for column, own in values.items():
            alone = predictions if len(values) == 1 else ask(_with(part, {column: own}))[2]
            cautions += _cautions(columns[column], own, reacts=_moved(whole, alone))
        differences = [point["value"] - was["value"] for point, was in zip(points, base, strict=True)]
        found.append(
            {
                "name": name,
                "predictions": points,
                "total": sum(point["value"] for point in points),
                "differences": differences,
                "total_difference": sum(differences),
                "columns": {column: own.tolist() for column, own in values.items()},
                "cautions": cautions,
            }
        )
    return {
        "base": base,
        "base_total": sum(point["value"] for point in base),
        "interval": interval,
        "known_ahead": [
            {
                "column": each.name,
                "values": each.values.tolist(),
                "assumed": each.known == 0,
                "learned_low": each.low,
                "learned_high": each.high,
            }
            for each in columns.values()
        ],
        "cautions": [
            _caution("assumed", each.name, value=_shown(each.values[0])) for each in columns.values() if each.known == 0
        ],
        "scenarios": found,
    }


def _given(name: str, values: Sequence[float], part: Part, known_ahead: Sequence[str], horizon: int) -> Floats:
    """Return the request's own values of a column, shape ``(horizon,)``."""
    where = Message("known_ahead.{name}", {"name": name})
    _check_column(name, part.schema, known_ahead, where)
    return _as_long(values, horizon, where)


def _with(part: Part, values: Mapping[str, Floats]) -> Part:
    """Return a copy of ``part`` in which ``values`` replace the first rows to predict of their columns."""
    ahead = dict(part.ahead)
    for name, own in values.items():
        changed = ahead[name].copy()
        changed[0, : len(own)] = own
        ahead[name] = changed
    return replace(part, ahead=ahead)


def _column(name: str, part: Part, horizon: int, learned: tuple[float, float] | None) -> Column:
    """Return a column at the rows to predict; a missing value is replaced by the last known one before it."""
    ahead = part.ahead[name][0, :horizon]
    is_known = np.isfinite(ahead)
    values = column_values(part.frame, name)
    before = values[np.isfinite(values)]
    whole = np.concatenate([before[-1:] if before.size else [0.0], ahead])
    newest = np.maximum.accumulate(np.where(np.isfinite(whole), np.arange(horizon + 1), 0))
    known = horizon if is_known.all() else int(is_known.argmin()) if is_known.any() else 0
    low, high = learned if learned is not None else (None, None)
    return Column(name, whole[newest][1:], known if known or not is_known.any() else -1, low, high)


def _changed(
    scenario: ScenarioMessage, columns: Mapping[str, Column], schema: Schema, horizon: int
) -> dict[str, Floats]:
    """Return the changed columns of a scenario, each of shape ``(horizon,)``.

    Raises InvalidInput if a change is impossible.
    """
    changed: dict[str, Floats] = {}
    for number, change in enumerate(scenario["changes"]):
        name = change["column"]
        where = Message("scenario {name!r}, changes[{number}]", {"name": scenario["name"], "number": number})
        _check_column(name, schema, tuple(columns), where)
        if change["values"] is not None:
            changed[name] = _as_long(change["values"], horizon, where)
            continue
        column = columns[name]
        if name not in changed and column.known not in (0, horizon):
            raise InvalidInput(
                "column {name!r} is known for only {known} of {horizon} rows to predict and cannot be scaled or shifted"
                if column.known > 0
                else "column {name!r} has gaps and cannot be scaled or shifted",
                where="{place}",
                next_step="send all {horizon} values, in the change or for all scenarios in known_ahead",
                code="ends_early",
                name=name,
                known=column.known,
                place=where,
                horizon=horizon,
            )
        own = changed.get(name, column.values)
        with np.errstate(over="ignore"):  # checked below
            multiply, add = change["multiply"], change["add"]
            changed[name] = own * multiply if multiply is not None else own + (add or 0.0)
    for name, own in changed.items():
        if not np.isfinite(own).all():
            raise InvalidInput(
                "the changed values of column {column!r} are not finite",
                where="scenario {scenario!r}",
                next_step="choose smaller changes",
                column=name,
                scenario=scenario["name"],
            )
    return changed


def _check_column(name: str, schema: Schema, known_ahead: Sequence[str], where: Message) -> None:
    if name in known_ahead:
        return
    others = ", ".join(known_ahead)
    if name in (schema.target, *schema.features):
        raise InvalidInput(
            "{name!r} is the target and cannot be changed"
            if name == schema.target
            else "column {name!r} was not known ahead when the version was trained, so its future values are not an "
            "input",
            where="{place}",
            next_step="change one of {others}",
            code="not_known_ahead",
            name=name,
            place=where,
            others=others,
        )
    raise InvalidInput(
        "unknown column {name!r}",
        where="{place}",
        next_step="change one of {others}",
        code="no_column",
        name=name,
        place=where,
        others=others,
    )


def _as_long(values: Sequence[float], horizon: int, where: Message) -> Floats:
    if len(values) != horizon:
        raise InvalidInput(
            "{count} [value was|values were] sent for {horizon} [row|rows] to predict",
            where="{place}",
            next_step="send {horizon} values, or request a horizon of {count}",
            code="wrong_length",
            place=where,
            horizon=horizon,
            count=len(values),
        )
    return np.array(values, dtype=np.float64)


def _moved(base: Predictions, other: Predictions) -> bool:
    pairs = [(base.point, other.point), *((base.quantiles[level], other.quantiles[level]) for level in base.quantiles)]
    size = max(float(np.abs(one).max()) for one, _ in pairs)
    return any(float(np.abs(one - changed).max()) > _STILL * max(size, _STILL) for one, changed in pairs)


def _cautions(column: Column, own: Floats, *, reacts: bool) -> list[dict[str, Any]]:
    if np.array_equal(own, column.values):
        return [_caution("unchanged", column.name)]
    found = []
    if column.low is not None and column.high is not None:
        below, above = float(own.min()), float(own.max())
        if below < column.low or above > column.high:
            value = above if above - column.high > column.low - below else below
            bounds = {"low": _shown(column.low), "high": _shown(column.high)}
            found.append(_caution("outside_learned_range", column.name, value=_shown(value), **bounds))
    if not reacts:
        found.append(_caution("no_reaction", column.name))
    return found


def _caution(code: str, column: str, **shown: str) -> dict[str, Any]:
    text = {}
    for language in LANGUAGES:
        figures = {name: separated(each, language) for name, each in shown.items()}
        text[language] = keyed(f"scenarios.caution.{code}", language, column=column, **figures)
    return {"code": code, "column": column, "text": text}


def _shown(value: float) -> str:
    return f"{value:.6g}"
