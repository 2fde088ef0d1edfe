"""The judge of classifiers: metrics of every contender on the same images, the gate's verdict, and what to draw.

The gate's loss is 0 for an image named rightly and 1 for a wrong one: contenders are compared by their error rates,
image by image; a model's policy may ask for log losses instead. Runs in a child, on numbers and pixels alone: no app
code is loaded here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from azuraforge.datasets.images.pictures import png_base64
from azuraforge.models.gate.comparability import incomparable
from azuraforge.models.gate.contenders import Champion, Contender
from azuraforge.models.gate.policy import GatePolicy, Measured, Metric
from azuraforge.models.gate.verdict import Verdict, decide
from azuraforge.pipelines.classify.metrics import confusion, log_losses, measure, per_class, reliability
from azuraforge.pipelines.classify.parts import learned_images, load_images
from azuraforge.pipelines.classify.predictions import load_classes
from azuraforge.pipelines.forecast.slices import class_slices
from azuraforge.plugins.contract.parts import Floats, Indices
from azuraforge.plugins.vision.config import ClassPredictions, ImagePart

#: What the gate compares contenders by where the policy says nothing.
GATE_METRIC: Metric = "error_rate"
MOST_MISTAKES = 24


@dataclass(frozen=True)
class ClassCase:
    """The judge's payload; as ``judging.Case``, where a champion has the ``folder`` of its version."""

    candidate: dict[str, Any]
    baselines: list[dict[str, Any]]
    failed: list[dict[str, Any]]
    champion: dict[str, Any] | None
    truth: str
    test: str
    parts: dict[str, Any]
    seed: int = 0
    trials: int = 1
    earlier_uses: int = 0
    policy: dict[str, Any] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Judged:
    name: str
    role: str
    seconds: float | None
    predictions: ClassPredictions
    metrics: dict[str, Any]

    def losses(self, labels: Indices, metric: Metric = GATE_METRIC) -> Floats:
        """``(example, 1)`` 0 or 1; log losses where the model's policy says so."""
        if metric == "log_loss":
            return np.asarray(log_losses(labels, self.predictions.probabilities)[:, None])
        wrong = self.predictions.probabilities.argmax(axis=1) != labels
        return np.asarray(wrong, dtype=np.float64)[:, None]


def judge_classes(case: ClassCase, outputs: Path) -> dict[str, Any]:
    """Result: ``{"evaluation", "verdict", "figures"}``; outputs: ``errors.npz``."""
    labels = np.load(Path(case.truth) / "labels.npy", allow_pickle=False)
    test = load_images(case.test)
    names = test.schema.classes
    contenders = [_judged(case.candidate, "candidate", labels, names)]
    contenders += [_judged(fields, "baseline", labels, names) for fields in case.baselines]
    if case.champion is not None and case.champion["obstacle"] is None:
        contenders.append(_judged(case.champion, "champion", labels, names))
    candidate = contenders[0]
    verdict = _decide(case, labels, names, contenders)
    best = next(each for each in contenders if each.name == verdict.best_baseline)
    for each in contenders:
        rate, beside = each.metrics["error_rate"], best.metrics["error_rate"]
        each.metrics["skill"] = 1 - rate / beside if beside else None
    _save_losses(outputs / "errors.npz", labels, contenders)
    ranked = sorted(contenders, key=lambda each: (each.metrics["error_rate"], each.metrics["log_loss"]))
    evaluation = {
        "kind": "classify",
        "target": test.schema.target,
        "unit": "",
        "frequency": None,
        "season": None,
        "horizon": None,
        "shown_horizons": [],
        "classes": list(names),
        "image": {name: getattr(test.schema, name) for name in ("height", "width", "channels")},
        "gate_metric": verdict.policy.metric_of("classify"),
        "parts": {**case.parts, "test": {**case.parts["test"], "origins": len(test)}},
        "contenders": [_row(each, rank, labels, names) for rank, each in enumerate(ranked, 1)],
        "failed": case.failed,
        "best_baseline": verdict.best_baseline,
        "winner": ranked[0].name,
        "comparisons": [comparison.to_dict() for comparison in verdict.comparisons],
        "guarded": {"tried": case.candidate.get("guarded", 0), "of": len(test)},
    }
    return {
        "evaluation": evaluation,
        "verdict": verdict.record(candidate_first=ranked[0].role == "candidate").model_dump(mode="json"),
        "figures": _figures(candidate, best, test, labels),
    }


def _save_losses(path: Path, labels: Indices, contenders: list[_Judged]) -> None:
    """Every contender's log loss of each image, and under ``<name>/wrong`` whether it was wrong about it."""
    losses: dict[str, NDArray[Any]] = {}
    for each in contenders:
        losses[each.name] = each.losses(labels, "log_loss")[:, 0].astype(np.float32)
        losses[f"{each.name}/wrong"] = each.losses(labels, "error_rate")[:, 0].astype(np.uint8)
    np.savez(path, **losses)  # type: ignore[arg-type]  # numpy's stub takes the names for allow_pickle


def mistakes(predictions: ClassPredictions, test: ImagePart, labels: Indices, most: int = MOST_MISTAKES) -> Any:
    """The wrongly named images of the highest confidence, surest first, as small PNGs in base64."""
    answers, sure = predictions.probabilities.argmax(axis=1), predictions.probabilities.max(axis=1)
    wrong = np.flatnonzero(answers != labels)
    names = test.schema.classes
    return [
        {
            "name": test.names[index],
            "truth": names[labels[index]],
            "answer": names[answers[index]],
            "probability": float(sure[index]),
            "probability_of_truth": float(predictions.probabilities[index, labels[index]]),
            "png": png_base64(test.pixels[index]),
        }
        for index in wrong[np.argsort(-sure[wrong], kind="stable")][:most].tolist()
    ]


def _judged(fields: dict[str, Any], role: str, labels: Indices, names: tuple[str, ...]) -> _Judged:
    predictions = load_classes(Path(fields["predictions"]) / "test.npz")
    metrics = measure(labels, predictions.probabilities, predictions.uncalibrated, names)
    return _Judged(fields["name"], role, fields.get("seconds"), predictions, dict(metrics))


def _decide(case: ClassCase, labels: Indices, names: tuple[str, ...], contenders: list[_Judged]) -> Verdict:
    policy = GatePolicy.model_validate(case.policy)
    metric = policy.metric_of("classify")
    candidate, *others = contenders
    champion = None
    if case.champion is not None:
        obstacle, name = case.champion["obstacle"], case.champion["name"]
        unseen = _unseen(case)
        if obstacle is None and unseen is None:
            obstacle = {"code": "lineage_unknown", "params": {}}
        champion = Champion(
            name,
            next((each.losses(labels, metric) for each in others if each.name == name), np.empty((0, 0))),
            np.zeros(len(labels), dtype=bool) if unseen is None else unseen,
            incomparable(obstacle["code"], **obstacle["params"]) if obstacle else None,
            metric=metric,
        )
    return decide(
        Contender(candidate.name, candidate.losses(labels, metric), metric=metric),
        [
            Contender(each.name, each.losses(labels, metric), metric=metric)
            for each in others
            if each.role == "baseline"
        ],
        champion,
        horizon=1,
        season=1,
        trials=case.trials,
        earlier_uses=case.earlier_uses,
        seed=case.seed,
        slices=class_slices(policy, labels, names),
        policy=policy,
        measured=Measured(**case.measured),
    )


def _unseen(case: ClassCase) -> NDArray[np.bool_] | None:
    """Test images that the champion has not learned from, by content. None for a version that does not tell, or that
    claims to have learned from nothing."""
    assert case.champion is not None
    hashes = np.load(Path(case.truth) / "hashes.npy", allow_pickle=False)
    folder = case.champion.get("folder")
    learned = learned_images(Path(folder)) if folder else None
    return None if learned is None or not learned.size else ~np.isin(hashes, learned)


def _row(each: _Judged, rank: int, labels: Indices, names: tuple[str, ...]) -> dict[str, Any]:
    table = confusion(labels, each.predictions.probabilities.argmax(axis=1), len(names))
    return {
        "name": each.name,
        "role": each.role,
        "rank": rank,
        "metrics": each.metrics,
        "horizons": [],
        "classes": per_class(table, names),
        "seconds": each.seconds,
    }


def _figures(candidate: _Judged, best: _Judged, test: ImagePart, labels: Indices) -> dict[str, Any]:
    """Of the candidate, with the best baseline beside it where that fits the drawing."""
    names = test.schema.classes
    tables = {
        each.name: confusion(labels, each.predictions.probabilities.argmax(axis=1), len(names))
        for each in (candidate, best)
    }
    bins = {each.name: reliability(labels, each.predictions.probabilities) for each in (candidate, best)}
    before = candidate.predictions.uncalibrated
    return {
        "confusion": {
            "classes": list(names),
            "contender": candidate.name,
            "counts": tables[candidate.name].tolist(),
            "baseline": best.name,
            "baseline_counts": tables[best.name].tolist(),
        },
        "per_class": {
            "contender": candidate.name,
            "rows": per_class(tables[candidate.name], names),
            "baseline": best.name,
            "baseline_rows": per_class(tables[best.name], names),
        },
        "reliability": {
            "contender": candidate.name,
            "bins": bins[candidate.name],
            "ece": candidate.metrics["ece"],
            "uncalibrated_bins": None if before is None else reliability(labels, before),
            "ece_uncalibrated": candidate.metrics["ece_uncalibrated"],
            "baseline": best.name,
            "baseline_bins": bins[best.name],
            "baseline_ece": best.metrics["ece"],
        },
        "mistakes": {
            "contender": candidate.name,
            "wrong": int((candidate.predictions.probabilities.argmax(axis=1) != labels).sum()),
            "examples": len(labels),
            "height": test.schema.height,
            "width": test.schema.width,
            "images": mistakes(candidate.predictions, test, labels),
        },
    }
