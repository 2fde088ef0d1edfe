"""Which contender should serve first if a series is too short to prove anything: rules compared on later values.

Series of M3 and tourism whose test set has fewer origins than the gate needs. ``forecasting.auto`` and the baselines
learn from the training set and forecast the test set; then all are refitted on all rows, as versions that serve are,
and forecast the values that the competition held out. Each rule chooses by the test set. OWA against naive2, lower is
better.

``--folder`` as in ``benchmarks.competition``. Even positions of the draw are for choosing, odd ones for reporting.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.models.gate.comparability import needed_origins
from azuraforge.plugins import Rows
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.kinds.forecast.kind import Forecast
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning, cut_test
from azuraforge.testing import MemoryRun
from benchmarks.competition import SETS, Competition, naive2, sample, scores
from benchmarks.report import Report
from benchmarks.statistical import table

CANDIDATE = "forecasting.auto"
#: Rule → the largest ratio of the candidate's error on the test set to the best baseline's at which it serves.
RULES = {
    "always the candidate": np.inf,
    "candidate unless twice as bad": 2.0,
    "candidate unless 25 % worse": 1.25,
    "first in the table": 1.0,
    "best baseline": -np.inf,
}
#: Error on the test set, forecast of the refitted predictor, and whether it combines several members, by name.
Contenders = dict[str, tuple[float, Floats, bool]]


def contenders(past: Floats, found: Competition, horizon: int) -> tuple[Contenders, int]:
    """Return each contender that can learn the series, and the number of origins in the test set."""
    data = table(past.tolist(), found.frequency, found.own_season, "1900-01-01T00:00:00")
    own = load_plugin("pipeline", CANDIDATE, None)()
    split = own.split(data, own.Config(horizon=horizon))
    train, validation, every = (
        cut_learning(data, rows, horizon, partial=split.partial)
        for rows in (split.train, split.validation, Rows(0, len(data)))
    )
    test, truth = cut_test(data, split.test, horizon, partial=split.partial)
    made: Contenders = {}
    for name in (CANDIDATE, *Forecast.baselines):
        try:
            made[name] = _one(name, horizon, (train, validation, every, test, cut_future(data, horizon, ())), truth)
        except Exception as error:  # the platform lists a baseline that cannot learn as failed
            print(f"  {name}: {' '.join(str(error).split())[:100]}", flush=True)
    return made, len(test.origins)


def _one(name: str, horizon: int, parts: tuple[Any, ...], truth: Floats) -> tuple[float, Floats, bool]:
    train, validation, every, test, future = parts
    pipeline = load_plugin("pipeline", name, None)()
    config = pipeline.Config(horizon=horizon)
    with tempfile.TemporaryDirectory() as folder:
        evaluated = pipeline.fit(MemoryRun(config, Path(folder) / "fit"), train, validation)
        error = float(np.sqrt(np.nanmean((pipeline.predict(evaluated, test).point - truth) ** 2)))
        serving = pipeline.refit(MemoryRun(config, Path(folder) / "refit"), evaluated, every)
    found = pipeline.composition(evaluated)
    return error, pipeline.predict(serving, future).point[0], found is not None and found.rule != "single"


def chosen(rule: str, made: Contenders) -> str:
    """Return the name of the contender that ``rule`` serves."""
    best = min((name for name in made if name != CANDIDATE), key=lambda name: made[name][0])
    serves = made[CANDIDATE][2] or rule == "always the candidate"
    return CANDIDATE if serves and made[CANDIDATE][0] <= RULES[rule] * made[best][0] else best


def main() -> None:
    """Print the OWA of each rule, by set and over all series."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, required=True, help="with the data, see benchmarks.competition")
    options.add_argument("--sets", nargs="+", choices=tuple(SETS), default=list(SETS)[:6])
    options.add_argument("--half", choices=("choose", "report"), default="report")
    options.add_argument("--count", type=int, default=40, help="series drawn of each set; a half of them is used")
    options.add_argument("--seed", type=int, default=5)
    given = options.parse_args()
    report = Report("first_champion", seed=given.seed)
    ratios: dict[str, list[Floats]] = {rule: [] for rule in RULES}
    served = first = 0
    for title in given.sets:
        found = SETS[title]
        errors: dict[str, list[tuple[float, float]]] = {rule: [] for rule in (*RULES, "naive2")}
        for past, future in sample(given.folder, found, given.count, given.seed)[given.half == "report" :: 2]:
            if len(past) < 8:
                continue
            made, origins = contenders(past, found, len(future))
            if origins >= needed_origins(len(future), found.own_season) or len(made) < 2:
                continue
            served, first = served + 1, first + (chosen("first in the table", made) == CANDIDATE)
            for rule in RULES:
                errors[rule].append(scores(made[chosen(rule, made)][1], past, future, found.season))
            errors["naive2"].append(scores(naive2(past, found.season, len(future)), past, future, found.season))
        if not errors["naive2"]:
            continue
        base = np.mean(errors["naive2"], axis=0)
        for rule in RULES:
            each = np.mean(np.array(errors[rule]) / base, axis=1)
            ratios[rule].append(each)
            report.add(f"{title}, {len(each)} series: {rule}", float(each.mean()))
        print(title, {rule: round(float(ratios[rule][-1].mean()), 3) for rule in RULES}, flush=True)
    every = {rule: np.concatenate(each) for rule, each in ratios.items()}
    for rule, each in every.items():
        lead = each - every["best baseline"]
        error = float(lead.std() / np.sqrt(len(lead)))
        report.add(f"all: {rule}", float(np.mean([part.mean() for part in ratios[rule]])))
        report.notes.append(f"{rule}: {lead.mean():+.3f} against the best baseline, standard error {error:.3f}")
    report.notes.append(f"{CANDIDATE} is first in the table on {first} of {served} series.")
    report.finish()


if __name__ == "__main__":
    main()
