"""Choice of the forecasters to try for a series, in groups by cost."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from azuraforge.apps.forecasting.arima import AutoArima
from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.baseline import Baseline
from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.boosting.growing import load_lightgbm
from azuraforge.apps.forecasting.carried import StateForecaster
from azuraforge.apps.forecasting.ces import ComplexExponentialSmoothing
from azuraforge.apps.forecasting.ets import LONGEST_OPTIMIZED_SEASON, ExponentialSmoothing
from azuraforge.apps.forecasting.intermittent import Adida, Croston, Tsb
from azuraforge.apps.forecasting.mstl import MultipleSeasons
from azuraforge.apps.forecasting.naive import Naive, RandomWalkDrift, SeasonalNaive
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.apps.forecasting.tbats import TbatsForecaster
from azuraforge.apps.forecasting.theta import Theta
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.contract.pipeline import AnyPipeline
from azuraforge.plugins.contract.sentences import in_each_language
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.forecasting.seasons import natural_seasons

_NAIVE: tuple[type[AnyPipeline], ...] = (Naive, SeasonalNaive, RandomWalkDrift)
_STATISTICAL: tuple[type[AnyPipeline], ...] = (Theta, ExponentialSmoothing, ComplexExponentialSmoothing, AutoArima)
_DEMAND: tuple[type[AnyPipeline], ...] = (Croston, Tsb, Adida, ExponentialSmoothing)
_OTHERS: tuple[type[AnyPipeline], ...] = (MultipleSeasons, TbatsForecaster, Ridge, BoostedLags)
MEMBERS: dict[str, type[AnyPipeline]] = {
    each.name: each for each in dict.fromkeys((*_NAIVE, *_STATISTICAL, *_DEMAND, *_OTHERS))
}
#: Minimum share of zeros at which demand counts as intermittent.
_INTERMITTENT_SHARE = 0.3
_ROWS_FOR_MSTL, _ROWS_FOR_RIDGE = 500, 100
_ROWS_FOR_TREES, _ROWS_FOR_TREES_OF_PANELS, _ROWS_FOR_TREES_WITH_COLUMNS = 500, 1000, 300
_LONGEST_SEASON = 2000
#: CPU seconds per series of 60 rows, measured on one core, and fixed CPU seconds. They only order and select members; a
#: member that takes longer than the budget is stopped.
_SECONDS_PER_SERIES = {
    "forecasting.theta": 0.004,
    "forecasting.ets": 0.004,
    "forecasting.ces": 0.004,
    "forecasting.arima": 0.25,
    "forecasting.croston": 0.0006,
    "forecasting.tsb": 0.0014,
    "forecasting.adida": 0.0009,
    "forecasting.mstl": 0.035,
    "forecasting.tbats": 0.25,
    "forecasting.ridge": 0.002,
    "forecasting.boosted_lags": 0.0005,
}
_FIXED_SECONDS = {"forecasting.boosted_lags": 4.0}
#: Minimum budget for members that import statsforecast or LightGBM.
LEAST_BUDGET_SECONDS = 3.0
_STATSFORECAST = {
    "forecasting.arima": "statsforecast.arima",
    "forecasting.theta": "statsforecast.theta",
    "forecasting.ces": "statsforecast.ces",
    "forecasting.ets": "statsforecast.mstl",
    "forecasting.mstl": "statsforecast.mstl",
    "forecasting.tbats": "statsforecast.tbats",
}


@dataclass(frozen=True)
class Candidates:
    """Names of the members to try, in order.

    Attributes:
        free: members that are fitted almost instantly and forecast even if all others fail.
        core: members that are combined whatever their errors if there is too little evidence to weight them.
        further: groups of members, tried only if there is enough evidence to weight members, and each only if the group
            before it did not increase the error noticeably (see ``pipeline.HARMS``).
        early: members of ``further`` that cost less than the members of ``core`` and are fitted before them.
        too_slow: members that are not tried, because importing their library or fitting so many series takes longer
            than the budget, or because they do not support so many series.
        twice: members of ``core`` that count twice if there is too little evidence, see docs/decisions/0032.
        twice_if_weighed: members that count twice if there is enough evidence; if None, all weights are then stacked,
            see docs/decisions/0047.
        unsuited: members that need more rows than the series has → why they are not tried, by language code.
        are_named: whether the config names the members.
        intermittent: whether the series is intermittent demand, so that members are scored by squared errors.
    """

    free: tuple[str, ...]
    core: tuple[str, ...]
    further: tuple[tuple[str, ...], ...] = field(default=())
    too_slow: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    twice_if_weighed: tuple[str, ...] | None = None
    unsuited: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    are_named: bool = False
    intermittent: bool = False

    @property
    def cheapest(self) -> tuple[str, ...]:
        """The first statistical member of ``core`` as a tuple; empty if the config names the members."""
        if self.are_named:
            return ()
        return tuple(name for name in self.core if name not in self.free and is_forked(name))[:1]

    def __len__(self) -> int:
        return len({*self.free, *self.core, *(name for group in self.further for name in group)})


def candidates(config: AutoConfig, train: Part) -> Candidates:
    """Choose the members to try by the rows, seasons, zeros and columns of the training set.

    Raises InvalidInput if the config names a member that does not exist.
    """
    free = _names(_NAIVE)
    schema = train.schema
    values = column_values(train.frame, schema.target)
    known = values[np.isfinite(values)]
    demand = bool(known.size and known.min() >= 0 and np.mean(known == 0) >= _INTERMITTENT_SHARE and np.ptp(known) > 0)
    if config.members:
        unknown = sorted(set(config.members) - set(MEMBERS))
        if unknown:
            raise InvalidInput(
                "{name!r} cannot be a member of forecasting.auto",
                where="config.members",
                next_step="choose from {members}",
                name=unknown[0],
                members=", ".join(MEMBERS),
            )
        return Candidates(free, tuple(dict.fromkeys(config.members)), are_named=True, intermittent=demand)
    sizes = np.array([train.frame.height]) if schema.series is None else Blocks.of(train.frame, schema.series).sizes
    rows = int(sizes.max())
    core = _names(_DEMAND) if demand else _names(_STATISTICAL)
    if not demand and config.season_of(schema) > 1:
        core = (*core, SeasonalNaive.name)  # moves the median towards the last season, see docs/decisions/0024
    twice = () if demand else _names((Theta,))
    cheap: list[type[AnyPipeline]] = []
    seasons = natural_seasons(schema, config.season_of(schema), rows, _LONGEST_SEASON)
    if not demand and seasons and (len(seasons) > 1 or rows >= _ROWS_FOR_MSTL):
        cheap.append(MultipleSeasons)
    if rows >= _ROWS_FOR_RIDGE:
        cheap.append(Ridge)
    groups = [_names(cheap)] if cheap else []
    enough = _ROWS_FOR_TREES if schema.series is None else _ROWS_FOR_TREES_OF_PANELS
    if schema.features or config.known_ahead:
        enough = _ROWS_FOR_TREES_WITH_COLUMNS
    trees = train.frame.height >= enough
    if trees and schema.series is not None:
        core = (BoostedLags.name, *core)
    elif trees:
        groups.append(_names((BoostedLags,)))
    least = {Ridge.name: _ROWS_FOR_RIDGE, BoostedLags.name: enough}
    if seasons and not demand:
        least[MultipleSeasons.name] = _ROWS_FOR_MSTL
    unsuited = _unsuited(least, {*core, *(name for group in groups for name in group)})
    slow = {name for name in (*core, *(each for group in groups for each in group)) if _is_slow(name, config, seasons)}
    kept = [tuple(name for name in group if name not in slow) for group in (core, *groups)]
    twice = tuple(name for name in twice if name in kept[0])
    if schema.series is not None:
        found = _within_budget(config, len(sizes), free, kept[0], kept[1:], sorted(slow))
        return replace(found, twice=twice, unsuited=unsuited, intermittent=demand)
    early = (Ridge.name,) if any(Ridge.name in group for group in kept[1:]) else ()
    ordered = tuple(sorted(kept[0], key=lambda name: (needs_library(name, seasons), _seconds(name, 1))))
    further, left_out = tuple(filter(None, kept[1:])), tuple(sorted(slow))
    weighed = None if demand else _names((BoostedLags,))
    return Candidates(free, ordered, further, left_out, early, twice, weighed, unsuited, intermittent=demand)


def _unsuited(least: Mapping[str, int], chosen: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the reason for each member that is not tried because it requires more rows, by language code.

    Args:
        least: minimum number of rows of each member.
        chosen: members that are tried.
    """
    return {
        name: in_each_language("auto.too_few_rows", rows=rows) for name, rows in least.items() if name not in chosen
    }


def _is_slow(name: str, config: AutoConfig, seasons: Sequence[int]) -> bool:
    """Return whether importing the library of a member takes longer than the budget."""
    if config.budget_seconds >= LEAST_BUDGET_SECONDS:
        return False
    return name == BoostedLags.name or (needs_library(name, seasons) and _STATSFORECAST[name] not in sys.modules)


def _within_budget(
    config: AutoConfig,
    series: int,
    free: tuple[str, ...],
    core: tuple[str, ...],
    groups: list[tuple[str, ...]],
    too_slow: list[str],
) -> Candidates:
    """Return the candidates of a panel without the members that exceed the remaining budget or ``most_series``."""
    left = config.budget_seconds

    def affordable(names: tuple[str, ...]) -> tuple[str, ...]:
        nonlocal left
        kept = []
        for seconds, name in sorted((_seconds(name, series), name) for name in names):
            member = MEMBERS[name]
            most = member.most_series if issubclass(member, Baseline) else None
            if seconds > left or (most is not None and series > most):
                too_slow.append(name)
                continue
            left -= seconds
            kept.append(name)
        return tuple(kept)

    chosen, further = affordable(core), tuple(filter(None, map(affordable, groups)))
    return Candidates(free, chosen, further, tuple(too_slow))


def _seconds(name: str, series: int) -> float:
    """Return the estimated CPU seconds for fitting a member to ``series`` series; 0 for the naive members."""
    return _FIXED_SECONDS.get(name, 0.0) + _SECONDS_PER_SERIES.get(name, 0.0) * series


def needs_library(name: str, seasons: Sequence[int] = ()) -> bool:
    """Return whether estimating a member requires statsforecast; ETS requires it only to decompose a long season."""
    if name == ExponentialSmoothing.name:
        return bool(seasons) and seasons[0] > LONGEST_OPTIMIZED_SEASON
    return name in _STATSFORECAST


def is_forked(name: str) -> bool:
    """Return whether a member is fitted in a forked process.

    The other members are fitted in this process, where ``limits.within`` interrupts them. Naive members need almost no
    time; for ridge and trees, Polars converts time zones and OpenMP grows trees in threads that a forked process does
    not have.
    """
    return issubclass(MEMBERS[name], StateForecaster)


def import_libraries(names: Sequence[str]) -> None:
    """Import the libraries of the members once, before processes are forked and time limits begin.

    Raises InvalidInput if LightGBM cannot be loaded.
    """
    for name in names:
        if needs_library(name):
            importlib.import_module(_STATSFORECAST[name])
        if name == BoostedLags.name:
            load_lightgbm()


def _names(classes: Sequence[type[AnyPipeline]]) -> tuple[str, ...]:
    return tuple(each.name for each in classes)
