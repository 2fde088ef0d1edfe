"""Child process that imports Optuna: proposes configs, prunes trials and computes importances.

It keeps running while studies run, because importing Optuna takes most of a second, but it holds no state that affects
a response. Each request contains the study's rows, and the response depends only on them and on a random stream of
(seed, trial number), so a request that is repeated after a restart gives the same trial.

Sources: TPE: Bergstra et al., "Algorithms for hyper-parameter optimization", 2011 (``optuna.samplers.TPESampler``).
CMA-ES: Hansen, "The CMA evolution strategy: a tutorial", 2016 (``cmaes.CMA``, which Optuna's sampler also uses; Optuna
stores its state as a pickle, whereas this module rebuilds it from the rows). Sobol' points: ``scipy.stats.qmc``,
scrambled. Median rule: Golovin et al., "Google Vizier", 2017. Hyperband: Li et al., 2018. fANOVA: Hutter et al., 2014.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from azuraforge.errors import InvalidInput
from azuraforge.studies.records import (
    Answer,
    ImportanceQuestion,
    Importances,
    NextTrial,
    NextTrialQuestion,
    Pruned,
    PruneQuestion,
    Question,
    StoredPruner,
    TrialRecord,
)
from azuraforge.studies.space import Dimension, dimensions_of

if TYPE_CHECKING:
    import optuna

Space = dict[str, Dimension]

_KEPT_PRUNERS = 16


def serve(opening: Mapping[str, object]) -> Callable[[Question], Answer]:
    """Import Optuna and return the function that answers requests."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    pruners = _Pruners()

    def answer(question: Question) -> Answer:
        if question["do"] == "ask":
            return ask(question)
        return pruners.prune(question) if question["do"] == "prune" else importance(question)

    return answer


def ask(question: NextTrialQuestion) -> NextTrial:
    """Return the params of the next trial."""
    space = dimensions_of(question["space"])
    stream = _stream(question["seed"], question["number"])
    samplers: dict[str, Callable[[NextTrialQuestion, Space, int], NextTrial]]
    samplers = {"random": _random, "qmc": _sobol, "cmaes": _cmaes, "tpe": _tpe}
    return samplers[question["sampler"]](question, space, stream)


def importance(question: ImportanceQuestion) -> Importances:
    """Return, for each objective, the fraction of the scores' variance that each field explains, by fANOVA.

    An element is None with fewer than 4 complete trials, with equal scores, or if every field has a single value.
    """
    import optuna

    space = dimensions_of(question["space"])
    searched = [name for name, each in space.items() if not each.single]
    complete = _inside([trial for trial in question["trials"] if trial["state"] == "complete"], space)
    found: list[dict[str, float] | None] = []
    for index, direction in enumerate(question["directions"]):
        scores = [_score(trial, index) for trial in complete]
        if len(scores) < 4 or min(scores) == max(scores) or not searched:
            found.append(None)
            continue
        study = optuna.create_study(direction=direction)
        for trial, score in zip(complete, scores, strict=True):
            study.add_trial(_frozen(trial, [score], space, 1.0))
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator, params=searched)
        found.append({name: float(share) for name, share in shares.items()})
    return {"importances": found}


def _random(question: NextTrialQuestion, space: Space, stream: int) -> NextTrial:
    import numpy as np

    draw = np.random.Generator(np.random.PCG64(stream))
    return {"params": {name: each.at(float(draw.random())) for name, each in space.items()}, "generation": None}


def _sobol(question: NextTrialQuestion, space: Space, stream: int) -> NextTrial:
    """Return the ``number``-th point of a scrambled Sobol' sequence, which depends only on seed and number."""
    from scipy.stats import qmc

    points = qmc.Sobol(len(space), scramble=True, rng=question["seed"])
    if question["number"]:
        points.fast_forward(question["number"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning that a single point is not balanced; the whole sequence is
        shares = points.random(1)[0]
    params = {name: each.at(float(share)) for (name, each), share in zip(space.items(), shares, strict=True)}
    return {"params": params, "generation": None}


def _cmaes(question: NextTrialQuestion, space: Space, stream: int) -> NextTrial:
    """Sample numeric fields, scaled to [0, 1], by CMA-ES; draw choices at random.

    The state is rebuilt from the rows: the first ``population`` complete trials of each generation.
    """
    import numpy as np
    from cmaes import CMA  # type: ignore[import-untyped]

    params = _random(question, space, stream)["params"]
    numbers = [name for name, each in space.items() if each.kind != "choice" and not each.single]
    if len(numbers) < 2:  # CMA-ES needs at least two dimensions
        return {"params": params, "generation": 0}
    sign = 1.0 if question["directions"][0] == "minimize" else -1.0
    complete = [trial for trial in question["trials"] if trial["state"] == "complete"]
    bounds = np.array([[0.0, 1.0]] * len(numbers))
    population = 4 + math.floor(3 * math.log(len(numbers)))
    mean = np.full(len(numbers), 0.5)
    if warm := _inside(question["warm"], space):
        best = min(warm, key=lambda trial: sign * _score(trial))
        mean = np.array([space[name].share_of(best["params"][name]) for name in numbers]).clip(0.001, 0.999)
    evolution = CMA(mean=mean, sigma=1 / 6, bounds=bounds, seed=question["seed"] % 2**32, population_size=population)
    generation = 0
    while True:
        finished = [trial for trial in complete if trial["generation"] == generation][:population]
        if len(finished) < population or evolution.should_stop():
            break
        evolution.tell(
            [
                (np.array([space[name].share_of(trial["params"][name]) for name in numbers]), sign * _score(trial))
                for trial in finished
            ]
        )
        generation += 1
    evolution._rng = np.random.RandomState(stream)  # the package has no other way, and Optuna does the same
    shares = evolution.ask()
    params.update({name: space[name].at(float(share)) for name, share in zip(numbers, shares, strict=True)})
    return {"params": params, "generation": generation}


def _tpe(question: NextTrialQuestion, space: Space, stream: int) -> NextTrial:
    import optuna

    directions, pruner = question["directions"], question["pruner"]
    study = optuna.create_study(
        study_name=str(question["study_id"]),
        directions=directions,
        sampler=optuna.samplers.TPESampler(seed=stream),
        pruner=_pruner_of(pruner) or optuna.pruners.NopPruner(),
    )
    # TPE ranks pruned trials by their curves. If curve and score have opposite directions, the curve's sign is
    # inverted.
    sign = 1.0 if len(directions) > 1 or pruner.get("direction", directions[0]) == directions[0] else -1.0
    finished = _inside([*question["warm"], *question["trials"]], space)
    study.add_trials([_frozen(trial, trial["scores"], space, sign) for trial in finished])
    asked = study.ask(fixed_distributions=_distributions(space))
    return {"params": {name: _value_of(space[name], asked.params[name]) for name in space}, "generation": None}


class _Pruners:
    """Optuna's pruners, kept for recent studies. All their state can be rebuilt by replaying the rows."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Replay] = OrderedDict()

    def prune(self, question: PruneQuestion) -> Pruned:
        """Return the numbers of the running trials to prune."""
        key = question["study_id"]
        replay = self._kept.get(key)
        if replay is None or not replay.fits(question["trials"]):
            replay = _Replay(key, question["pruner"])
        self._kept[key] = replay
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT_PRUNERS:
            self._kept.popitem(last=False)
        return {"prune": replay.take(question["trials"])}


class _Replay:
    def __init__(self, name: str, pruner: StoredPruner) -> None:
        import optuna

        chosen = _pruner_of(pruner)
        assert chosen is not None
        self._study = optuna.create_study(study_name=name, direction=pruner["direction"], pruner=chosen)
        self._trials: list[optuna.Trial] = []
        self._reported: list[int] = []
        self._ended: set[int] = set()
        self._doomed: set[int] = set()

    def fits(self, trials: Sequence[TrialRecord]) -> bool:
        """Return whether no curve is shorter than when it was last reported.

        A curve becomes shorter if its run resumes from an earlier checkpoint.
        """
        return len(trials) >= len(self._reported) and all(
            len(trial["curve"]) >= reported for trial, reported in zip(trials, self._reported, strict=False)
        )

    def take(self, trials: Sequence[TrialRecord]) -> list[int]:
        """Report the new values in order; return the numbers of the running trials that the pruner would end."""
        import optuna

        states = {"pruned": optuna.trial.TrialState.PRUNED, "failed": optuna.trial.TrialState.FAIL}
        found = []
        for number, trial in enumerate(trials):
            if number == len(self._trials):
                self._trials.append(self._study.ask())
                self._reported.append(0)
            if number in self._ended:
                continue
            own, curve = self._trials[number], trial["curve"]
            for step in range(self._reported[number], len(curve)):
                value = curve[step]
                own.report(math.nan if value is None else value, step + 1)
                if own.should_prune():
                    self._doomed.add(number)
            self._reported[number] = len(curve)
            if trial["state"] == "running":
                if number in self._doomed:  # repeated, because the first response may have been lost
                    found.append(number)
                continue
            self._ended.add(number)
            known = [value for value in curve if value is not None]
            if trial["state"] == "complete" and known:
                self._study.tell(own, known[-1])
            else:
                self._study.tell(own, state=states.get(trial["state"], optuna.trial.TrialState.FAIL))
        return found


def _pruner_of(pruner: StoredPruner) -> optuna.pruners.BasePruner | None:
    import optuna

    if pruner["name"] == "median":
        return optuna.pruners.MedianPruner(pruner["startup_trials"], pruner["warmup_reports"])
    if pruner["name"] == "hyperband":
        most = pruner["most_reports"]
        assert most is not None
        return optuna.pruners.HyperbandPruner(1, most, pruner["reduction_factor"])
    return None


def _score(trial: TrialRecord, objective: int = 0) -> float:
    """Return a score of a complete trial; ``objective`` is the index of the objective."""
    scores = trial["scores"]
    assert scores is not None
    return scores[objective]


def _frozen(trial: TrialRecord, scores: list[float] | None, space: Space, sign: float) -> optuna.trial.FrozenTrial:
    import optuna

    state = {
        "complete": optuna.trial.TrialState.COMPLETE,
        "pruned": optuna.trial.TrialState.PRUNED,
        "running": optuna.trial.TrialState.RUNNING,
        "failed": optuna.trial.TrialState.FAIL,
    }[trial["state"]]
    curve = (
        {}
        if trial["state"] == "running"
        else {step: sign * value for step, value in enumerate(trial["curve"], 1) if value is not None}
    )
    return optuna.trial.create_trial(
        state=state,
        values=scores if trial["state"] == "complete" else None,
        params={name: _key_of(each, trial["params"][name]) for name, each in space.items()},
        distributions=_distributions(space),
        intermediate_values=curve,
    )


def _inside(trials: Sequence[TrialRecord], space: Space) -> list[TrialRecord]:
    """Return the trials whose params lie in ``space``.

    A trial of an earlier study, or one recorded before a plugin renamed a field, may lack a field of the space.
    """
    return [trial for trial in trials if all(each.holds(trial["params"].get(name)) for name, each in space.items())]


def _distributions(space: Space) -> dict[str, optuna.distributions.BaseDistribution]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, optuna.distributions.BaseDistribution] = {}
    for name, each in space.items():
        if each.kind == "choice":
            found[name] = CategoricalDistribution(tuple(range(len(each.choices))))
        elif each.kind == "int":
            found[name] = IntDistribution(int(each.low), int(each.high), log=each.log, step=int(each.step or 1))
        else:
            found[name] = FloatDistribution(each.low, each.high, log=each.log, step=each.step)
    return found


def _key_of(dimension: Dimension, value: JsonValue) -> JsonValue:
    """Return a value in Optuna's form: a choice as its index, because Optuna's choices cannot be lists."""
    if dimension.kind != "choice":
        return value
    for index, choice in enumerate(dimension.choices):
        if type(choice) is type(value) and choice == value:
            return index
    raise InvalidInput(
        "{value!r} is not one of the choices",
        where="space.{dimension}",
        next_step="choose one of {choices}",
        value=value,
        dimension=dimension.name,
        choices=dimension.choices,
    )


def _value_of(dimension: Dimension, key: float) -> JsonValue:
    return dimension.choices[int(key)] if dimension.kind == "choice" else key


def _stream(seed: int, number: int) -> int:
    """Return a 32-bit seed derived from the study's seed and the trial's number."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()[:4], "big")
