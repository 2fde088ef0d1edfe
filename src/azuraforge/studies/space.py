"""What a study searches: ranges and choices for fields of a pipeline's config, read against its JSON schema.

    {"learning_rate": {"low": 1e-4, "high": 1e-1, "log": true},
     "hidden_size":   {"low": 16, "high": 64, "step": 16},
     "channels":      {"choices": [[16, 32], [32, 64]]}}

A range needs a field that is a number; everything else is searched by its choices. Nothing here imports Optuna: the
API reads spaces, children search them.
"""

from __future__ import annotations

import difflib
import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from azuraforge.errors import InvalidInput

Kind = Literal["float", "int", "choice"]

MOST_FIELDS = 30
MOST_CHOICES = 200
MOST_COMBINATIONS = 10_000
#: Corners are all tried where there are no more than this, and drawn by lot where there are.
MOST_CORNERS = 1024
#: They say what is asked and by which rows it is judged: scores of two answers to it could not be compared.
FIXED = (
    "horizon", "season", "gap", "validation_share", "test_share", "split_seed", "backtest_folds", "stop_after",
)  # fmt: skip
_KEYS = {"low", "high", "log", "step", "choices"}


@dataclass(frozen=True)
class Dimension:
    """One searched field: a range of numbers, or choices."""

    name: str
    kind: Kind
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As people wrote it, with its kind."""
        if self.kind == "choice":
            return {"kind": "choice", "choices": list(self.choices)}
        told = {key: value for key, value in asdict(self).items() if key not in ("name", "choices")}
        if self.kind == "int":
            told.update(low=int(self.low), high=int(self.high), step=None if self.step is None else int(self.step))
        return told

    def values(self) -> list[Any]:
        """Every value of a grid. Raises InvalidInput for a range without a step."""
        if self.kind == "choice":
            return list(self.choices)
        step = self.step or (1 if self.kind == "int" and not self.log else None)
        if step is None:
            raise InvalidInput(
                f"space.{self.name}: a grid needs choices, or a range with a step",
                where=f"space.{self.name}",
                next_step='such as {"choices": [0.001, 0.01, 0.1]}',
            )
        count = math.floor((self.high - self.low) / step + 1e-9) + 1
        if count > MOST_COMBINATIONS:
            raise _too_many(count)
        found = [self.low + step * index for index in range(count)]
        return [round(value) for value in found] if self.kind == "int" else found

    def ends(self) -> list[Any]:
        """Its outermost values; all choices."""
        if self.kind == "choice":
            return list(self.choices)
        low, high = (int(self.low), int(self.high)) if self.kind == "int" else (self.low, self.high)
        return [low] if low == high else [low, high]

    def at(self, share: float) -> Any:
        """The value at ``share`` (0 … 1) of the way, equally likely everywhere for an even ``share``.

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

    def share_of(self, value: float) -> float:
        """Where a number of this range lies: the inverse of ``at``, up to rounding."""
        step = self.step or (1.0 if self.kind == "int" else 0.0)
        low, high = self.low - step / 2, self.high + step / 2
        if self.log:
            low = max(low, self.low / 2)
            return (math.log(value) - math.log(low)) / ((math.log(high) - math.log(low)) or 1.0)
        return (value - low) / ((high - low) or 1.0)

    def holds(self, value: Any) -> bool:
        """Whether a value lies in it; for trials of an earlier study."""
        if self.kind == "choice":
            return any(_same(value, choice) for choice in self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.low <= value <= self.high and not (self.kind == "int" and value != int(value))

    @property
    def single(self) -> bool:
        return len(self.ends()) == 1


def read_space(space: Mapping[str, Any], schema: Mapping[str, Any] | None, plugin: str) -> dict[str, Dimension]:
    """The dimensions of a space, by field. Raises InvalidInput that names the field, what is wrong and what to do."""
    if not space:
        raise InvalidInput(
            "nothing to search: the space is empty",
            where="space",
            next_step='name a field, such as {"learning_rate": {"low": 0.0001, "high": 0.1, "log": true}}',
        )
    if len(space) > MOST_FIELDS:
        raise InvalidInput(f"a study searches {MOST_FIELDS} fields at most, not {len(space)}", where="space")
    fields = dict((schema or {}).get("properties", {}))
    return {name: _dimension(name, told, fields, plugin) for name, told in space.items()}


def dimensions_of(space: Mapping[str, Mapping[str, Any]]) -> dict[str, Dimension]:
    """A stored space (``Dimension.to_dict``) again."""
    return {
        name: Dimension(name, **{**fields, "choices": tuple(fields.get("choices", ()))})
        for name, fields in space.items()
    }


def suggest(schema: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What could be searched: each field with its type, its limits and a range to begin with.

    A number's range goes from a tenth of its default to ten times as much, inside its limits; ``range`` is None where
    there is nothing to go by.
    """
    found = []
    for name, field in (schema or {}).get("properties", {}).items():
        if name in FIXED:
            continue
        kind, branch = _type_of(field)
        if kind is None:
            continue
        low, high = _limits(branch, kind)
        found.append(
            {
                "name": name,
                "kind": kind,
                "description": field.get("description", ""),
                "default": field.get("default"),
                "low": low,
                "high": high,
                "range": _suggested(kind, branch, field.get("default"), low, high),
            }
        )
    return found


def corners(space: Mapping[str, Dimension], seed: int = 0) -> Iterator[dict[str, Any]]:
    """Configs at the edges: every combination of outermost values, or, of very many, each one's own and some by lot."""
    ends = {name: each.ends() for name, each in space.items()}
    if math.prod(len(values) for values in ends.values()) <= MOST_CORNERS:
        yield from (dict(zip(ends, values, strict=True)) for values in itertools.product(*ends.values()))
        return
    yield from extremes(space)
    draw = random.Random(seed)  # noqa: S311  no secret
    for _ in range(MOST_CORNERS):
        yield {name: draw.choice(values) for name, values in ends.items()}


def extremes(space: Mapping[str, Dimension]) -> Iterator[dict[str, Any]]:
    """Each field's outermost values in turn, the others at their first."""
    first = {name: each.ends()[0] for name, each in space.items()}
    yield first
    for name, each in space.items():
        yield from ({**first, name: value} for value in each.ends()[1:])


def combinations(space: Mapping[str, Dimension]) -> int:
    """How many points the grid has. Raises InvalidInput where that is no number, or too large a one."""
    count = math.prod(len(each.values()) for each in space.values())
    if count > MOST_COMBINATIONS:
        raise _too_many(count)
    return count


def point_of_grid(space: Mapping[str, Dimension], number: int) -> dict[str, Any]:
    """The ``number``-th combination, the last field changing fastest."""
    point: dict[str, Any] = {}
    for name in reversed(list(space)):
        values = space[name].values()
        number, index = divmod(number, len(values))
        point[name] = values[index]
    return {name: point[name] for name in space}


def _dimension(name: str, told: Any, fields: Mapping[str, Any], plugin: str) -> Dimension:
    where = f"space.{name}"
    if name not in fields:
        close = difflib.get_close_matches(name, list(fields), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InvalidInput(
            f"{where}: {plugin} has no field {name!r} in its config{hint}",
            where=where,
            next_step=f"azuraforge plugins show {plugin}",
        )
    if name in FIXED:
        raise InvalidInput(
            f"{where}: {name} says what is asked or what it is judged by, so scores with different ones cannot be"
            " compared",
            where=where,
            next_step=f"set it in the config, and make one study for each {name}",
        )
    if not isinstance(told, Mapping):
        example = {"choices": list(told)} if isinstance(told, list | tuple) else {"choices": [told]}
        raise InvalidInput(
            f"{where}: write what is searched as a range or as choices; a plain value is never taken for either",
            where=where,
            next_step=f'such as {example} or {{"low": 1, "high": 10}}',
        )
    if unknown := set(told) - _KEYS - {"kind"}:
        raise InvalidInput(
            f"{where}: {min(unknown)!r} means nothing here (known: {', '.join(sorted(_KEYS))})", where=where
        )
    if "choices" in told:
        return _choices(name, told, where)
    kind, _ = _type_of(fields[name])
    if kind not in ("int", "float"):
        raise InvalidInput(
            f"{where}: {name} is no number, so it is searched by its choices",
            where=where,
            next_step='such as {"choices": [true, false]}',
        )
    return _range(name, told, kind, where)


def _choices(name: str, told: Mapping[str, Any], where: str) -> Dimension:
    choices = told["choices"]
    if len([key for key in told if key != "kind" and told[key] not in (None, False)]) > 1:
        raise InvalidInput(f"{where}: either choices or a range, not both", where=where)
    if not isinstance(choices, list | tuple) or not choices or len(choices) > MOST_CHOICES:
        raise InvalidInput(f"{where}: choices is a list of 1 to {MOST_CHOICES} values", where=where)
    for index, choice in enumerate(choices):
        if any(_same(choice, earlier) for earlier in choices[:index]):
            raise InvalidInput(f"{where}: {choice!r} stands there twice", where=where)
    return Dimension(name, "choice", choices=tuple(choices))


def _range(name: str, told: Mapping[str, Any], kind: Kind, where: str) -> Dimension:
    low, high, step, log = told.get("low"), told.get("high"), told.get("step"), told.get("log") or False
    for key, value in (("low", low), ("high", high), ("step", step)):
        if value is None and key == "step":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InvalidInput(f"{where}: {key} is a number, got {value!r}", where=where)
        if kind == "int" and value != int(value):
            raise InvalidInput(f"{where}: {name} is a whole number, so {key} is one too, got {value!r}", where=where)
    assert low is not None
    assert high is not None
    if not isinstance(log, bool):
        raise InvalidInput(f"{where}: log is true or false, got {log!r}", where=where)
    if low > high:
        raise InvalidInput(f"{where}: low {low:g} lies above high {high:g}", where=where)
    if log and low <= 0:
        raise InvalidInput(
            f"{where}: on a log scale low must be above 0, got {low:g}", where=where, next_step="leave log out"
        )
    if step is not None and (step <= 0 or log):
        raise InvalidInput(f"{where}: a step is above 0, and not on a log scale", where=where)
    if step is not None and high > low:
        high = low + step * math.floor((high - low) / step + 1e-9)
    return Dimension(name, kind, float(low), float(high), log, None if step is None else float(step))


def _type_of(field: Mapping[str, Any]) -> tuple[Kind | None, Mapping[str, Any]]:
    """What a field of a JSON schema is; None for one that only choices can search."""
    for branch in (field, *field.get("anyOf", ())):
        if "enum" in branch or branch.get("type") == "boolean":
            return "choice", branch
        if branch.get("type") == "integer":
            return "int", branch
        if branch.get("type") == "number":
            return "float", branch
    return None, field


def _limits(branch: Mapping[str, Any], kind: Kind) -> tuple[float | None, float | None]:
    if kind == "choice":
        return None, None
    low, high = branch.get("minimum"), branch.get("maximum")
    over, under = branch.get("exclusiveMinimum"), branch.get("exclusiveMaximum")
    if over is not None:
        low = over + 1 if kind == "int" else over
    if under is not None:
        high = under - 1 if kind == "int" else under
    return low, high


def _suggested(
    kind: Kind, branch: Mapping[str, Any], default: Any, low: float | None, high: float | None
) -> dict[str, Any] | None:
    if kind == "choice":
        return {"choices": list(branch.get("enum", (True, False)))}
    if isinstance(default, bool) or not isinstance(default, int | float):
        return None
    if default <= 0:
        if low is None or high is None:
            return None
        inside = "exclusiveMaximum" in branch and kind == "float"
        return {"low": low, "high": high / 2 if inside else high, "log": False}
    bottom, top = default / 10, default * 10
    if kind == "int":
        bottom, top = math.ceil(bottom), int(top)
    if low is not None:
        bottom = max(bottom, low) if bottom > 0 else bottom
    if high is not None:
        limited = high * 0.9 if "exclusiveMaximum" in branch and kind == "float" else high
        top = min(top, limited)
    bottom = min(bottom, top)
    return {"low": bottom, "high": top, "log": bottom > 0 and top / bottom >= 10}


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _too_many(count: int) -> InvalidInput:
    return InvalidInput(
        f"the grid has {count} combinations; {MOST_COMBINATIONS} at most can be tried",
        where="space",
        next_step="name fewer values, or let a sampler such as tpe or qmc choose among them",
    )


def pareto_front(points: Sequence[tuple[int, Sequence[float]]], directions: Sequence[str]) -> list[int]:
    """The numbers of those points that no other one beats in every objective (Deb et al., 2002: non-dominated).

    Example:
        >>> pareto_front([(0, [1.0, 5.0]), (1, [2.0, 2.0]), (2, [3.0, 3.0])], ["minimize", "minimize"])
        [0, 1]
    """
    signs = [1.0 if direction == "minimize" else -1.0 for direction in directions]
    signed = [(number, [sign * value for sign, value in zip(signs, values, strict=True)]) for number, values in points]
    return [number for number, own in signed if not any(_beats(theirs, own) for _, theirs in signed)]


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
