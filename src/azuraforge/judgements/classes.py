"""Judgement of predicted classes against the majority class and the class frequencies."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.errors import InvalidInput
from azuraforge.judgements.class_columns import Answers, ReadClasses, read_classes, read_labels
from azuraforge.judgements.evidence import decision_of
from azuraforge.judgements.files import read_table
from azuraforge.judgements.options import Options
from azuraforge.judgements.remarks import headline, title_of, unused, verdict_text
from azuraforge.judgements.shapes import Chart, ClassRow, Finding, Judgement, Line, Scores, Verdict
from azuraforge.judgements.words import level as shown_level
from azuraforge.judgements.words import said
from azuraforge.models.gate.comparability import MIN_ORIGINS
from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.evidence import Comparison, compare, tightened_level
from azuraforge.models.gate.outlook import more_needed
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.kinds.classify.facts import ERROR_RATE, LOG_LOSS
from azuraforge.plugins.kinds.classify.metrics import (
    calibration_error,
    confusion,
    log_losses,
    per_class,
    reliability,
    wilson,
)
from azuraforge.reports.words import Words

LEVEL = 0.95
MAJORITY, FREQUENCY = "majority", "frequency"
_MOST_CLASS_ROWS = 50


def judge_classes(table: RawTable, actual: Path | None, history: Path | None, options: Options) -> Judgement:
    """Judge a file of predicted classes (see ``judging.judge``).

    Raises InvalidInput if ``actual`` is given, or if a file cannot be used.
    """
    if actual is not None:
        raise InvalidInput(
            "the true classes are in the column 'label' of the predictions",
            where="option --actual",
            next_step="omit the option --actual; give a file of training labels with --history",
        )
    read = read_classes(table, options)
    names, labels = list(read.names), read.labels
    earlier = None if history is None else read_labels(read_table(history, options.history_sheet, "--history-sheet"))
    if earlier is None:
        counts = np.bincount(labels, minlength=len(names)).astype(np.float64)
    else:
        # Add one example per class, so that a class missing from the history is rare, not impossible.
        counts = np.array([earlier.count(name) for name in names], dtype=np.float64) + 1
    frequencies = counts / counts.sum()
    always = np.full(len(labels), int(frequencies.argmax()), dtype=np.int64)
    baseline = Answers(MAJORITY, always, np.tile(frequencies, (len(labels), 1)))
    tried = max(options.tried, len(read.models))
    level = tightened_level(LEVEL, trials=tried)
    verdicts, findings = [], []
    for model in read.models:
        found, more = _compared(model, baseline, read, level)
        # If there is only one class, perfect predictions prove nothing.
        right = len(np.unique(read.labels)) > 1 and bool((model.classes == labels).all()) and len(labels) >= MIN_ORIGINS
        verdict = Verdict(
            model=model.name,
            baseline=MAJORITY,
            metric="error_rate",
            decision=decision_of(found.low, found.high),
            difference=found.difference,
            low=found.low,
            high=found.high,
            unknown=found.unknown,
            level=level,
            origins=len(labels),
            pieces=float(len(labels)),
            needed=MIN_ORIGINS,
            more=more,
            suspected=right,
            text={},
        )
        verdicts.append(verdict.model_copy(update={"text": verdict_text(verdict)}))
        if right:
            findings.append(_finding("suspected.classes", "suspicion", model.name, count=len(labels)))
        if model.probabilities is not None:
            findings.append(_log_loss(model, baseline, read, level))
    models = [_scores(each, read) for each in read.models]
    ranking = sorted(
        (*models, _scores(baseline, read, baseline=True), _frequency(frequencies, read)),
        key=lambda each: -(each.metrics["accuracy"] or 0.0),
    )
    order = [each.name for each in ranking if each.role == "model"]
    verdicts.sort(key=lambda each: order.index(each.model))
    if earlier is None:
        findings.append(_finding("class_baselines", "note"))
    else:
        findings.append(_finding("class_history", "note", count=len(earlier)))
    if read.without_label:
        findings.append(_finding("without_actual", "note", count=read.without_label))
    if tried > 1:
        text = said("finding.tried", lambda words: {"count": words.number(tried), "level": shown_level(words, level)})
        findings.append(Finding(code="tried", severity="note", text=text))
    findings.append(_finding("independent", "note"))
    if read.lacking:
        shown = ", ".join(read.lacking[:8]) + (f" (+{len(read.lacking) - 8})" if len(read.lacking) > 8 else "")
        text = said("finding.lacking", lambda _: {"classes": shown})
        findings.append(Finding(code="lacking", severity="warning", text=text))
    if read.unused:
        findings.append(unused(read.unused))
    first = next(each for each in read.models if each.name == order[0])
    return Judgement(
        kind="classify",
        file=str(table.name),
        headline=headline(verdicts[0]),
        verdicts=tuple(verdicts),
        ranking=tuple(ranking),
        findings=tuple(findings),
        predictions=len(labels),
        level=level,
        tried=tried,
        reliability=_reliability(first, read),
        classes=_rows(first, read),
    )


def _compared(model: Answers, baseline: Answers, read: ReadClasses, level: float) -> tuple[Comparison, int | None]:
    """Compare a model's errors with the baseline's, and estimate how many more examples would decide.

    The estimate is None if the comparison is decided or cannot be estimated.
    """
    mine, theirs = (
        Contender(name, (each.classes != read.labels).astype(np.float64)[:, None], metric=ERROR_RATE)
        for name, each in ((f"model {model.name}", model), (baseline.name, baseline))
    )
    found = compare(mine, theirs, horizon=1, season=1, level=level)
    return found, more_needed(found, mine, theirs, needed=MIN_ORIGINS)


def _log_loss(model: Answers, baseline: Answers, read: ReadClasses, level: float) -> Finding:
    losses = [_losses(each, read)[:, None] for each in (model, baseline)]
    one = Contender(f"model {model.name}", losses[0], metric=LOG_LOSS)
    found = compare(one, Contender(FREQUENCY, losses[1], metric=LOG_LOSS), horizon=1, season=1, level=level)

    def filling(words: Words) -> dict[str, object]:
        numbers = {"mine": found.score_a, "theirs": found.score_b, "change": found.difference}
        ends = {"low": found.low, "high": found.high}
        shown = {name: words.number(value) for name, value in (numbers | ends).items()}
        return {"model": model.name, "level": shown_level(words, level), **shown}

    return Finding(code="log_loss", severity="note", model=model.name, text=said("finding.log_loss", filling))


def _losses(each: Answers, read: ReadClasses) -> Floats:
    if each.probabilities is None:
        raise ValueError("log losses need probabilities")
    return log_losses(read.labels, each.probabilities)


def _scores(each: Answers, read: ReadClasses, *, baseline: bool = False) -> Scores:
    labels, count = read.labels, len(read.labels)
    right = int((each.classes == labels).sum())
    low, high = wilson(right, count)
    scored = [row.f1 for row in per_class(confusion(labels, each.classes, len(read.names)), read.names)]
    known = [value for value in scored if value is not None]
    metrics: dict[str, float | None] = {
        "accuracy": right / count,
        "macro_f1": sum(known) / len(known),
        "log_loss": None,
        "ece": None,
    }
    if each.probabilities is not None and not baseline:
        metrics["log_loss"] = float(_losses(each, read).mean())
        metrics["ece"] = calibration_error(reliability(labels, each.probabilities))
    return Scores(
        name=each.name,
        title=title_of(each.name) if baseline else {"en": each.name, "tr": each.name},
        role="baseline" if baseline else "model",
        metrics=metrics,
        coverage_low=low,
        coverage_high=high,
    )


def _frequency(frequencies: Floats, read: ReadClasses) -> Scores:
    """Return the scores of drawing classes at random by their frequency; the accuracy is its expected value."""
    hits = frequencies[read.labels]
    losses = -np.log(np.maximum(hits, np.finfo(np.float64).tiny))
    metrics: dict[str, float | None] = {
        "accuracy": float(hits.mean()),
        "macro_f1": None,
        "log_loss": float(losses.mean()),
        "ece": None,
    }
    return Scores(name=FREQUENCY, title=title_of(FREQUENCY), role="baseline", metrics=metrics)


def _reliability(model: Answers, read: ReadClasses) -> Chart | None:
    if model.probabilities is None:
        return None
    bins = [each for each in reliability(read.labels, model.probabilities, 10) if each.confidence is not None]
    return Chart(
        at=tuple(f"{each.confidence:.3f}" for each in bins),
        lines=(Line(name=model.name, values=tuple(each.accuracy for each in bins)),),
    )


def _rows(model: Answers, read: ReadClasses) -> tuple[ClassRow, ...]:
    table = confusion(read.labels, model.classes, len(read.names))
    rows = sorted(per_class(table, read.names), key=lambda each: -each.support)[:_MOST_CLASS_ROWS]
    return tuple(
        ClassRow(name=each.name, support=each.support, precision=each.precision, recall=each.recall, f1=each.f1)
        for each in rows
    )


def _finding(code: str, severity: str, model: str | None = None, **counts: int) -> Finding:
    def filling(words: Words) -> dict[str, object]:
        return {"model": model or "", **{name: words.number(value) for name, value in counts.items()}}

    text = said(f"finding.{code}", filling)
    return Finding.model_validate({"code": code, "severity": severity, "model": model, "text": text})
