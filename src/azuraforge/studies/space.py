"""The space of a study: ranges and choices for fields of a pipeline's config, checked against its JSON schema.

    {"learning_rate": {"low": 1e-4, "high": 1e-1, "log": true},
     "hidden_size":   {"low": 16, "high": 64, "step": 16},
     "channels":      {"choices": [[16, 32], [32, 64]]}}

A range requires a numeric field; other fields are searched by choices. This module does not import Optuna.
"""

from __future__ import annotations

import difflib
import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from azuraforge.errors import InvalidInput
from azuraforge.messages import current
from azuraforge.studies.config_schema import FieldSchema, fields_of
from azuraforge.studies.records import Params, StoredDimension
from azuraforge.studies.schemas import MOST_CHOICES, Kind, SearchableField, SearchRange

MOST_FIELDS = 30
MOST_COMBINATIONS = 10_000
#: Maximum number of corners that are all tried; of more, a random sample is tried.
MOST_CORNERS = 1024
#: Settings of the task and of the rows that score trials. They are not searchable, because trials with different values
#: could not be compared.
FIXED = (
    "horizon", "season", "gap", "validation_share", "test_share", "split_seed", "backtest_folds", "stop_after",
    "refit",
)  # fmt: skip


@dataclass(frozen=True)
class Dimension:
    """One searched field: a range of numbers, or choices."""

    name: str
    kind: Kind
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    choices: tuple[JsonValue, ...] = ()

    def to_dict(self) -> StoredDimension:
        """Return the dimension in its stored form: as a user writes it, with its kind."""
        if self.kind == "choice":
            return {"kind": "choice", "choices": list(self.choices)}
        low, high, step = self.low, self.high, self.step
        if self.kind == "int":
            low, high, step = int(low), int(high), None if step is None else int(step)
        return {"kind": self.kind, "low": low, "high": high, "log": self.log, "step": step}

    def values(self) -> list[JsonValue]:
        """Return the values of a grid; the step of a linear range of integers is 1 by default.

        Raises InvalidInput for any other range without a step, and for too many values.
        """
        if self.kind == "choice":
            return list(self.choices)
        step = self.step or (1 if self.kind == "int" and not self.log else None)
        if step is None:
            raise InvalidInput(
                "space.{name}: a grid needs choices, or a range with a step",
                where="space.{name}",
                next_step='write {{"choices": [0.001, 0.01, 0.1]}}, for example',
                name=self.name,
            )
        count = math.floor((self.high - self.low) / step + 1e-9) + 1
        if count > MOST_COMBINATIONS:
            raise _too_many(count)
        found = [self.low + step * index for index in range(count)]
        return [round(value) if self.kind == "int" else value for value in found]

    def ends(self) -> list[JsonValue]:
        """Return the outermost values of a range; all values of choices."""
        if self.kind == "choice":
            return list(self.choices)
        low, high = (int(self.low), int(self.high)) if self.kind == "int" else (self.low, self.high)
        return [low] if low == high else [low, high]

    def at(self, share: float) -> JsonValue:
        """Return the value at the position ``share`` (0 … 1) of the range, on a log scale if ``log`` is set.

        Uniformly distributed positions give uniformly distributed values.

        Example:
            >>> Dimension("rate", "float", low=1e-4, high=1e-2, log=True).at(0.5)
            0.001
        """
        share = min(max(share, 0.0), 1.0)
        if self.kind == "choice":
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        step = self.step or (1.0 if self.kind == "int" else None)
        half = (step or 0.0) / 2
        low, high = self.low - half, self.high + half
        if self.log:
            low = max(low, self.low / 2)
            value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        else:
            value = low + share * (high - low)
        if step is not None:
            value = self.low + step * round((value - self.low) / step)
        value = min(max(value, self.low), self.high)
        if self.kind == "int":
            return round(value)
        return min(max(float(f"{value:.15g}"), self.low), self.high)

    def share_of(self, value: JsonValue) -> float:
        """Return the position of a number in the range, the inverse of ``at``. Raises InvalidInput for other values."""
        if not isinstance(value, int | float):
            raise InvalidInput(
                "{value!r} is not a number",
                where="space.{name}",
                next_step="write a number between low and high",
                value=value,
                name=self.name,
            )
        step = self.step or (1.0 if self.kind == "int" else 0.0)
        low, high = self.low - step / 2, self.high + step / 2
        if self.log:
            low = max(low, self.low / 2)
            return (math.log(value) - math.log(low)) / ((math.log(high) - math.log(low)) or 1.0)
        return (value - low) / ((high - low) or 1.0)

    def holds(self, value: JsonValue) -> bool:
        """Return whether the dimension contains a value, which may come from an earlier study."""
        if self.kind == "choice":
            return any(_same(value, choice) for choice in self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.low <= value <= self.high and not (self.kind == "int" and value != int(value))

    @property
    def single(self) -> bool:
        return len(self.ends()) == 1


def read_space(
    space: Mapping[str, SearchRange], schema: Mapping[str, object] | None, plugin: str
) -> dict[str, Dimension]:
    """Return the dimensions by field. Raises InvalidInput that names the field if the space is not valid."""
    if not space:
        raise InvalidInput(
            "the space is empty: there is nothing to search",
            where="space",
            next_step='add a field, such as {{"learning_rate": {{"low": 0.0001, "high": 0.1, "log": true}}}}',
        )
    if len(space) > MOST_FIELDS:
        raise InvalidInput(
            "a study can search at most {most} fields, not {count}",
            where="space",
            next_step="set some of the fields to a single value in the config",
            most=MOST_FIELDS,
            count=len(space),
        )
    fields = fields_of(schema)
    return {name: _dimension(name, given, fields, plugin) for name, given in space.items()}


def dimensions_of(space: Mapping[str, StoredDimension]) -> dict[str, Dimension]:
    """Return the dimensions of a stored space (``Dimension.to_dict``)."""
    return {name: _restored(name, fields) for name, fields in space.items()}


def _restored(name: str, stored: StoredDimension) -> Dimension:
    if stored["kind"] == "choice":
        return Dimension(name, "choice", choices=tuple(stored["choices"]))
    return Dimension(name, stored["kind"], stored["low"], stored["high"], stored["log"], stored["step"])


def suggest(schema: Mapping[str, object] | None) -> list[SearchableField]:
    """Return the searchable fields with their kinds, limits and default ranges.

    The default range is the one that the pipeline declares for the field (``plugins.contract.search``). Fields with few
    possible values, such as a boolean, are searched over all of them. Other fields have no default range: ``range`` is
    None.
    """
    found = []
    for name, field in fields_of(schema).items():
        branch = field.searched
        if name in FIXED or branch.kind is None:
            continue
        low, high = branch.limits
        found.append(
            SearchableField(
                name=name,
                kind=branch.kind,
                description=field.descriptions.get(current()) or field.description,
                default=field.default,
                low=low,
                high=high,
                range=_suggested(field),
            )
        )
    return found


def corners(space: Mapping[str, Dimension], seed: int = 0) -> Iterator[Params]:
    """Yield configs at the edges: all combinations of outermost values, or a sample if there are too many.

    The sample contains ``extremes`` and random combinations, which ``seed`` determines.
    """
    ends = {name: each.ends() for name, each in space.items()}
    if math.prod(len(values) for values in ends.values()) <= MOST_CORNERS:
        yield from (dict(zip(ends, values, strict=True)) for values in itertools.product(*ends.values()))
        return
    yield from extremes(space)
    draw = random.Random(seed)  # noqa: S311  not used for security
    for _ in range(MOST_CORNERS):
        yield {name: draw.choice(values) for name, values in ends.items()}


def extremes(space: Mapping[str, Dimension]) -> Iterator[Params]:
    """Yield configs that vary one field at a time over its outermost values; other fields keep the first of theirs."""
    first = {name: each.ends()[0] for name, each in space.items()}
    yield first
    for name, each in space.items():
        yield from ({**first, name: value} for value in each.ends()[1:])


def combinations(space: Mapping[str, Dimension]) -> int:
    """Return the number of points of the grid. Raises InvalidInput if it is infinite or too large."""
    count = math.prod(len(each.values()) for each in space.values())
    if count > MOST_COMBINATIONS:
        raise _too_many(count)
    return count


def point_of_grid(space: Mapping[str, Dimension], number: int) -> Params:
    """Return the ``number``-th combination of the grid; the last field changes fastest."""
    point: Params = {}
    for name in reversed(list(space)):
        values = space[name].values()
        number, index = divmod(number, len(values))
        point[name] = values[index]
    return {name: point[name] for name in space}


def _dimension(name: str, given: SearchRange, fields: Mapping[str, FieldSchema], plugin: str) -> Dimension:
    where = f"space.{name}"
    if name not in fields:
        close = difflib.get_close_matches(name, list(fields), n=1)
        raise InvalidInput(
            "{place}: {plugin} has no field {name!r} in its config; did you mean {close}?"
            if close
            else "{place}: {plugin} has no field {name!r} in its config",
            where="{place}",
            next_step="run azuraforge plugins show {plugin}",
            place=where,
            plugin=plugin,
            name=name,
            close=close[0] if close else "",
        )
    if name in FIXED:
        raise InvalidInput(
            "{place}: {name} defines the task or the scored rows, so scores with different values cannot be compared",
            where="{place}",
            next_step="set {name} to a single value in the config, and create one study for each value",
            place=where,
            name=name,
        )
    if given.choices is not None:
        return _choices(name, given, given.choices, where)
    kind = fields[name].searched.kind
    if kind not in ("int", "float"):
        raise InvalidInput(
            "{place}: {name} is not a number and can be searched only by choices",
            where="{place}",
            next_step='write {{"choices": [true, false]}}, for example',
            place=where,
            name=name,
        )
    return _range(name, given, kind, where)


def _choices(name: str, given: SearchRange, choices: Sequence[JsonValue], where: str) -> Dimension:
    if given.log or any(each is not None for each in (given.low, given.high, given.step)):
        raise InvalidInput(
            "{place}: a field has either choices or a range, not both",
            where="{place}",
            next_step="remove choices, or low, high, log and step",
            place=where,
        )
    if not choices or len(choices) > MOST_CHOICES:
        raise InvalidInput(
            "{place}: choices must be a list of 1 to {most} values",
            where="{place}",
            next_step="write a list such as [1, 2, 4]",
            place=where,
            most=MOST_CHOICES,
        )
    for index, choice in enumerate(choices):
        if any(_same(choice, earlier) for earlier in choices[:index]):
            raise InvalidInput(
                "{place}: {choice!r} is listed twice",
                where="{place}",
                next_step="remove the duplicate",
                place=where,
                choice=choice,
            )
    return Dimension(name, "choice", choices=tuple(choices))


def _range(name: str, given: SearchRange, kind: Kind, where: str) -> Dimension:
    low, high = _number(name, given.low, "low", kind, where), _number(name, given.high, "high", kind, where)
    step = None if given.step is None else _number(name, given.step, "step", kind, where)
    log = given.log or False
    if low > high:
        raise InvalidInput(
            "{place}: low ({low:g}) is greater than high ({high:g})",
            where="{place}",
            next_step="swap low and high",
            place=where,
            low=low,
            high=high,
        )
    if log and low <= 0:
        raise InvalidInput(
            "{place}: on a log scale, low must be greater than 0, not {low:g}",
            where="{place}",
            next_step="increase low, or omit log",
            place=where,
            low=low,
        )
    if step is not None and (step <= 0 or log):
        raise InvalidInput(
            "{place}: step must be greater than 0 and cannot be used on a log scale",
            where="{place}",
            next_step="correct step, or omit step or log",
            place=where,
        )
    if step is not None and high > low:
        high = low + step * math.floor((high - low) / step + 1e-9)
    return Dimension(name, kind, float(low), float(high), log, None if step is None else float(step))


def _number(name: str, value: float | None, key: str, kind: Kind, where: str) -> float:
    if value is None:
        raise InvalidInput(
            "{place}: {key} must be a number, not {value!r}",
            where="{place}",
            next_step="write low and high as numbers",
            place=where,
            key=key,
            value=value,
        )
    if kind == "int" and value != int(value):
        raise InvalidInput(
            "{place}: {name} is a whole number, so {key} must be a whole number, not {value!r}",
            where="{place}",
            next_step="write a whole number",
            place=where,
            name=name,
            key=key,
            value=value,
        )
    return value


def _suggested(field: FieldSchema) -> SearchRange | None:
    declared, branch = field.search, field.searched
    if declared is not None:
        if declared.choices is not None:
            return SearchRange(choices=list(declared.choices))
        return SearchRange(low=declared.low, high=declared.high, log=declared.log, step=declared.step)
    if branch.kind == "choice":
        return SearchRange(choices=list(branch.enum if branch.enum is not None else (True, False)))
    return None


def _same(one: JsonValue, other: JsonValue) -> bool:
    return type(one) is type(other) and one == other


def _too_many(count: int) -> InvalidInput:
    return InvalidInput(
        "the grid has {count:,} combinations; at most {most:,} can be tried",
        where="space",
        next_step="specify fewer values, or choose a sampler such as tpe or qmc",
        count=count,
        most=MOST_COMBINATIONS,
    )
