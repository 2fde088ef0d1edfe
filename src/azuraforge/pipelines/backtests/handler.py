"""Rolling-origin backtests: the same pipeline learned anew several times, each time judged on the rows that follow.

One held-out part says how a forecaster did in one stretch of time. A backtest says how much that depends on the
stretch: fold by fold the training part grows, and the rows after it are predicted and measured beside the baselines.
All folds lie before the run's own test part, which stays untouched, and between any two parts of a fold lies a purge
gap of at least one horizon, so that no value is a target on both sides.

Seen from the worker; the work is done in children (``backtest_steps``): per fold one that cuts, one that learns, one
that writes the rows to predict, once everything that learns has ended, and one that predicts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from azuraforge.errors import InvalidInput
from azuraforge.runs.handlers import Job

STEPS = "azuraforge.pipelines.backtests.steps"
#: Of the run's progress, for all folds together.
SHARE = 0.3
#: At least so many rows of a first fold's training part per row of its test part.
_TRAIN_SHARE = 1.0


@dataclass(frozen=True)
class Fold:
    """Half-open row ranges ``[start, stop]`` of one fold."""

    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]


def folds_of(
    ranges: Mapping[str, Sequence[int]], count: int, *, horizon: int, gap: int, until: int | None = None
) -> list[Fold]:
    """``count`` folds inside the rows before the test part, oldest first; training begins at the first row in each.

    Test parts follow one another without overlap, and the last ends where the run's validation part ends. Each is as
    long as the run's test part, or shorter where ``count`` of them would take more than half of the rows.

    Args:
        ranges: of the run's own split.
        horizon, gap: rows; the purge gap is the longer of the two.
        until: where the last test part ends; None: where the run's validation part does.

    Raises:
        InvalidInput: where the first fold would have too few rows to learn from.

    Example:
        >>> ranges = {"train": [0, 70], "validation": [70, 85], "test": [85, 100]}
        >>> [(fold.train[1], fold.validation, fold.test) for fold in folds_of(ranges, 2, horizon=2, gap=0)]
        [(39, (41, 55), (57, 71)), (53, (55, 69), (71, 85))]
    """
    begin, rows = int(ranges["train"][0]), int(ranges["validation"][1] if until is None else until)
    purge = max(horizon, gap)
    length = min(ranges["test"][1] - ranges["test"][0], (rows - begin) // (2 * (count + 1)))
    checked = min(ranges["validation"][1] - ranges["validation"][0], length)
    folds: list[Fold] = []
    for index in range(count):
        test = rows - (count - index) * length
        validation = test - purge - checked
        folds.append(Fold((begin, validation - purge), (validation, validation + checked), (test, test + length)))
    first = folds[0].train[1] - begin
    if min(length, checked) < horizon or first < max(_TRAIN_SHARE * length, 2 * horizon):
        raise InvalidInput(
            f"{count} backtest folds do not fit into {rows - begin} rows: the first would"
            f" learn from {max(first, 0)} rows and be judged on {length}",
            where="config: backtest_folds",
            next_step="choose fewer folds or a shorter horizon, or add a longer series",
        )
    return folds


def backtest(
    job: Job,
    *,
    learner: Mapping[str, Any],
    baselines: Mapping[str, Any],
    split: Mapping[str, Any],
    dataset: Mapping[str, Any],
    plugins_folder: str,
    chosen_by: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Carry every fold, attach the figure ``backtest``, and return it.

    Args:
        learner: ``plugin`` and ``config`` of the candidate.
        baselines: ``names``, ``task`` and the ``config`` that they are given a part of.
        split: the run's own split.
        dataset: as ``rows_of`` says it.
        chosen_by: of a study's winner, the rows by whose scores its config was chosen. Where they fit, the folds end
            before these, for a config is always good on the rows that chose it.
    """
    config = learner["config"]
    folds, choice = _folds(split, config, chosen_by)
    share = SHARE / (4 * len(folds) + 1)
    known = {"horizon": split["horizon"], "known_ahead": list(config.get("known_ahead") or ())}
    ended = [each for each in split.get("left_out", ()) if each["why"] == "ended"]
    known |= {"needs": split.get("needs", {}), "ended": ended}
    carried: list[dict[str, Any]] = []
    for index, fold in enumerate(folds):
        rows = {"dataset": dict(dataset), "fold": asdict(fold), **known}
        cut = _phase(job, index, "cut", rows, share)
        learning = {part: f"{cut['outputs']}/{part}" for part in ("train", "validation")}
        app = {"plugins_folder": plugins_folder}
        learned = _phase(job, index, "fit", {**app, **learner, "baselines": dict(baselines), **learning}, share)
        held = _phase(job, index, "hold", rows, share)
        asked = [each for each in learned["learned"] if "failed" not in each]
        predicted = _phase(
            job,
            index,
            "predict",
            {**app, "test": f"{held['outputs']}/test", "predictors": learned["outputs"], "learned": asked},
            share,
        )
        carried.append(
            {
                "parts": held["parts"],
                "train": learning["train"],
                "truth": f"{held['outputs']}/truth.npy",
                "test": f"{held['outputs']}/test",
                "predictions": predicted["outputs"],
                "learned": asked,
                "predicted": predicted["predicted"],
                "failed": [each for each in (*learned["learned"], *predicted["predicted"]) if "failed" in each],
            }
        )
    judged = job.phase(
        "backtest.judge",
        f"{STEPS}:judge",
        {"candidate": learner["plugin"], "season": split["season"], "horizon": split["horizon"], "folds": carried},
        share=share,
    )
    purge = max(split["horizon"], int(config.get("gap", 0)))
    figure: dict[str, Any] = {**judged["backtest"], "purge_rows": purge, "choice": choice}
    job.figure("backtest", figure)
    return figure


def _folds(
    split: Mapping[str, Any], config: Mapping[str, Any], chosen_by: Sequence[int] | None
) -> tuple[list[Fold], str | None]:
    """The folds, and how they lie to the rows that chose the config: ``before``, ``inside``, None where none did."""
    asked = {"count": int(config["backtest_folds"]), "horizon": split["horizon"], "gap": int(config.get("gap", 0))}
    if chosen_by is None:
        return folds_of(split["ranges"], **asked), None
    if split.get("folds_before", True):
        with contextlib.suppress(InvalidInput):
            return folds_of(split["ranges"], **asked, until=int(chosen_by[0])), "before"
    return folds_of(split["ranges"], **asked), "inside"


def _phase(job: Job, index: int, name: str, payload: dict[str, Any], share: float) -> dict[str, Any]:
    return job.phase(f"backtest-{index + 1}.{name}", f"{STEPS}:{name}", payload, share=share)
