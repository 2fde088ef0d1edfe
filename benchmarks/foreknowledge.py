"""The check for columns that know the future: false alarms on real and honest columns, and leaks that it names.

*Real columns*: each column of weather, market, electricity and macroeconomic tables is a target of the others, with all
rows and with the last 500. *Known-ahead*: the same columns declared as known ahead, unless the column is measured with
the target (another price of the same candle, the apparent temperature). *Honest leads*: made demand that follows a
driver by one to three rows. *Leaks*: twelve kinds of columns computed from later values, from real and made targets.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl

from azuraforge.plugins import Schema
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.foreknowledge.columns import Foreknowledge, examine
from azuraforge.plugins.forecasting.foreknowledge.frames import examine_skill
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece
from benchmarks.report import Report, shared_data

CANDLE = ("open", "high", "low", "close", "volume")
WEATHER = ("max_temp", "min_temp", "precipitation", "wind_speed")
MARKET = ("nswprice", "nswdemand", "vicprice", "vicdemand", "transfer")
HORIZON, ROWS = 7, 500


@dataclass(frozen=True)
class Real:
    """A real table of numbers, its season in rows, and groups of columns that are measured with one another."""

    name: str
    frame: pl.DataFrame
    season: int
    together: tuple[frozenset[str], ...] = ()

    def measured_with(self, target: str, column: str) -> bool:
        return any({target, column} <= group for group in self.together)


def real_tables(folder: Path) -> Iterator[Real]:
    """Yield the real tables of ``../shared/data`` and of statsmodels."""
    cities = None
    for path in sorted((folder / "weather_tr_daily").glob("*.gz")):
        city = path.name.split("_")[0]
        one = pl.read_csv(path).select("date", *(pl.col(name).alias(f"{city} {name}") for name in WEATHER))
        cities = one if cities is None else cities.join(one, on="date")
    assert cities is not None
    yield Real("Turkish weather", cities.drop("date"), 7)
    hours = pl.read_csv(folder / "weather_szeged_hourly" / "weatherHistory.csv.gz").sort("Formatted Date")
    felt = (frozenset({"Temperature (C)", "Apparent Temperature (C)"}),)
    yield Real("Szeged, hourly", hours.select(pl.col(pl.Float64, pl.Int64)), 24, felt)
    day = pl.col("Formatted Date").str.slice(0, 10)
    days = hours.group_by(day, maintain_order=True).agg(pl.col(pl.Float64, pl.Int64).mean())
    yield Real("Szeged, daily", days.select(pl.col(pl.Float64)), 7, felt)
    closes = None
    for path in sorted((folder / "stocks_daily").glob("[A-Z]*.csv")):
        share = pl.read_csv(path)
        frame = share.rename(str.lower).select(CANDLE)
        yield Real(path.stem, frame, 5, (frozenset(CANDLE),))
        one = share.select("Date", pl.col("Close").alias(path.stem))
        closes = one if closes is None else closes.join(one, on="Date")
    assert closes is not None
    yield Real("closes of eight shares", closes.drop("Date"), 5)
    coins = None
    for path in sorted((folder / "crypto").glob("*-1h_*.gz")):
        name = path.name[:3]
        one = pl.read_csv(path).select("open_time", *(pl.col(each).alias(f"{name} {each}") for each in CANDLE))
        coins = one if coins is None else coins.join(one, on="open_time")
    assert coins is not None
    candles = tuple(frozenset(f"{name} {each}" for each in CANDLE) for name in ("BTC", "ETH"))
    yield Real("two coins, hourly", coins.drop("open_time"), 24, candles)
    flow = pl.read_csv(next((folder / "crypto").glob("*orderflow*.gz"))).drop("time")
    yield Real("order flow", flow, 96, (frozenset(flow.columns),))
    yield Real("electricity", pl.read_csv(folder / "streams" / "elec2.csv.gz").select(MARKET), 48)
    polls = pl.read_csv(folder / "streams" / "trump_approval.csv.gz").drop("ordinal_date")
    yield Real("approval polls", polls, 7, (frozenset(polls.columns),))
    macro = pl.read_csv(str(files("statsmodels.datasets") / "macrodata" / "macrodata.csv")).drop("year", "quarter")
    parts = frozenset({"realgdp", "realcons", "realinv", "realgovt", "realdpi"})
    yield Real("US macro, quarterly", macro, 4, (parts, frozenset({"tbilrate", "realint", "infl", "cpi"})))


def alarms(real: Real, rows: int | None, *, ahead: bool) -> tuple[int, list[str]]:
    """Return the number of examined pairs, and each pair that raised an alarm."""
    frame = real.frame.cast(pl.Float64).drop_nulls()
    frame = frame if rows is None else frame.tail(rows)
    frame = frame.select(column for column in frame.columns if frame[column].n_unique() > 1)
    values = {column: frame[column].to_numpy() for column in frame.columns}
    count, found = 0, []
    for target in values:
        if target.endswith("open"):
            continue  # trade hardly stops: a candle's close is the next one's open, so it does hold the next target
        others = {
            name: each for name, each in values.items()
            if name != target and not (ahead and real.measured_with(target, name))
        }  # fmt: skip
        if not others:
            continue
        count += len(others)
        known = tuple(others) if ahead else ()
        piece = [Piece(np.arange(frame.height))]
        named = examine(values[target], others, piece, horizon=HORIZON, season=real.season, known_ahead=known)
        if not ahead:
            named += examine_skill(frame, Schema(None, target, tuple(others), season=real.season), horizon=HORIZON)
        found += sorted(
            {f"{real.name}: {each.column} of {target} ({each.kind}, {each.share:.2f})" for each in named if each.blocks}
        )
    return count, found


def memory(share: float, rng: np.random.Generator, rows: int = ROWS) -> Floats:
    """Return normal errors, each of which keeps ``share`` of the one before; with standard deviation 1."""
    values = rng.normal(size=rows + 50)
    for row in range(1, len(values)):
        values[row] += share * values[row - 1]
    return np.asarray(values[50:] * np.sqrt(1 - share**2))


def at(values: Floats, lead: int) -> Floats:
    return np.asarray(values[np.clip(np.arange(len(values)) + lead, 0, len(values) - 1)])


def mean_of(values: Floats, leads: range) -> Floats:
    return np.asarray(np.mean([at(values, lead) for lead in leads], axis=0))


def drivers(rng: np.random.Generator) -> Iterator[tuple[str, Floats]]:
    """Yield drivers of demand: promotions, orders, prices, weather, with their names."""
    day = np.arange(ROWS)
    yield "promotion", 2.0 * (np.cumsum(rng.random(ROWS) < 1 / 7) % 4 == 0)
    yield "orders", memory(0.5, rng)
    yield "orders without memory", memory(0.0, rng)
    yield "price", memory(0.9, rng)
    yield "walk", rng.normal(size=ROWS).cumsum() / 3
    yield "weather", 1.5 * np.sin(2 * np.pi * day / 365.25) + memory(0.8, rng)
    yield "week", np.sin(2 * np.pi * day / 7) + memory(0.3, rng)


def honest_leads(seeds: int) -> Iterator[tuple[str, Floats, Floats]]:
    """Yield names, targets and columns: demand that follows a driver, with causes of its own."""
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        for name, driver in drivers(rng):
            for lead in (1, 2, 3):
                for own in (0.0, 0.6):
                    for share in (0.3, 0.5, 0.7, 0.85):
                        rest = memory(own, rng) * driver.std() * np.sqrt((1 - share) / share)
                        week = 0.5 * driver.std() * np.sin(2 * np.pi * np.arange(ROWS) / 7)
                        yield f"{name}, {lead} ahead, {share:.0%}", at(driver, -lead) + rest + week, driver


def blur(values: Floats, rng: np.random.Generator) -> Floats:
    """Return noise of 10 % of the deviation, or 30 % of that of the changes if this is less."""
    return rng.normal(0, min(0.1 * values.std(), 0.3 * np.diff(values).std()), len(values))


#: Twelve kinds of leak; the second value states whether the column is declared known ahead.
LEAKS: dict[str, tuple[Callable[[Floats, np.random.Generator], Floats], bool]] = {
    "shifted": (lambda y, _: at(y, 1), False),
    "shifted by three": (lambda y, _: at(y, 3), False),
    "scaled": (lambda y, _: 40 - 3 * at(y, 1), False),
    "transformed": (lambda y, _: np.exp((at(y, 2) - y.mean()) / y.std()), False),
    "copied under another name": (lambda y, _: y, True),
    "averaged ahead": (lambda y, _: mean_of(y, range(1, 8)), False),
    "centred": (lambda y, _: mean_of(y, range(-3, 4)), False),
    "change ahead": (lambda y, _: at(y, 1) - y, False),
    "largest ahead": (lambda y, _: np.max([at(y, k) for k in range(1, 8)], axis=0), False),
    "known-ahead abused": (lambda y, rng: y + blur(y, rng), True),
    "mixed with the present": (lambda y, _: (at(y, 1) + y) / 2, False),
    "mixed with noise": (lambda y, rng: mean_of(y, range(1, 8)) + blur(y, rng), False),
}


def targets(folder: Path) -> Iterator[tuple[str, Floats, int]]:
    """Yield made and real targets of 500 rows with their seasons."""
    rng = np.random.default_rng(11)
    day = np.arange(ROWS)
    yield "walk", rng.normal(size=ROWS).cumsum(), 7
    yield "memory 0.7", memory(0.7, rng), 7
    yield (
        "week and year",
        10 + 3 * np.sin(2 * np.pi * day / 7) + 5 * np.sin(2 * np.pi * day / 365.25) + memory(0.5, rng),
        7,
    )
    for real in real_tables(folder):
        frame = real.frame.cast(pl.Float64).drop_nulls()
        frame = frame.slice(frame.height // 2, ROWS)  # the last months of Szeged repeat one day
        if frame.height == ROWS and real.season < 48:
            yield f"{real.name}: {frame.columns[0]}", frame.to_series(0).to_numpy(), real.season


def named(target: Floats, column: Floats, season: int, *, ahead: bool) -> list[Foreknowledge]:
    """Return what blocks a promotion: of the examination, and for ordinary columns also of the skill."""
    rows = [Piece(np.arange(len(target)))]
    known = ["column"] if ahead else []
    found = examine(target, {"column": column}, rows, horizon=HORIZON, season=season, known_ahead=known)
    if not ahead:
        frame = pl.DataFrame({"target": target, "column": column})
        found += examine_skill(frame, Schema(None, "target", ("column",), season=season), horizon=HORIZON)
    return [each for each in found if each.blocks]


def main() -> None:
    """Print counts and each alarm."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=3, help="draws of honest leads")
    options.add_argument("--only", nargs="*", choices=("real", "ahead", "leads", "leaks"), default=None)
    given = options.parse_args()
    wanted = given.only or ("real", "ahead", "leads", "leaks")
    report, folder = Report("foreknowledge", seed=0), shared_data()
    for part, ahead in (("real", False), ("ahead", True)):
        if part not in wanted:
            continue
        for rows in (None, ROWS):
            count, found = 0, list[str]()
            for real in real_tables(folder):
                more, alarmed = alarms(real, rows, ahead=ahead)
                count, found = count + more, found + alarmed
                print(f"{real.name}: {len(alarmed)} of {more}", flush=True)
            title = f"{'known-ahead' if ahead else 'real'} columns, {'all' if rows is None else f'last {rows}'} rows"
            share = len(found) / count
            report.add(f"{title}: alarms of {count} pairs", share, goal="≤ 0.01", met=share <= 0.01)
            report.notes += [f"{title}: {each}" for each in found]
    if "leads" in wanted:
        tried, alarmed = Counter[str](), Counter[str]()
        for name, target, column in honest_leads(given.seeds):
            for key in ("all", name.split(",")[0], name.split(", ")[2]):
                tried[key] += 1
                alarmed[key] += bool(named(target, column, 7, ahead=False))
        for key, count in tried.items():
            share = alarmed[key] / count
            report.add(f"honest leads, {key}: alarms of {count}", share, goal="≤ 0.01", met=share <= 0.01)
    if "leaks" in wanted:
        missed, count = list[str](), 0
        for title, target, season in targets(folder):
            for leak, (made, ahead) in LEAKS.items():
                count += 1
                if not named(target, made(target, np.random.default_rng(5)), season, ahead=ahead):
                    missed.append(f"{leak} in {title}")
        report.add(f"leaks not named, of {count}", len(missed), goal="0", met=not missed)
        report.notes += [f"missed: {each}" for each in missed]
    report.finish()


if __name__ == "__main__":
    main()
