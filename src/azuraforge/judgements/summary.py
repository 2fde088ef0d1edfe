"""Summary of a judgement for the terminal and the page: verdicts, table of scores, and findings as text."""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge.judgements.shapes import Judgement, Scores, Verdict
from azuraforge.judgements.words import change, text
from azuraforge.judgements.words import level as shown_level
from azuraforge.messages import Code
from azuraforge.plugins.contract.shape import text_of
from azuraforge.plugins.kinds.classify.facts import METRICS as CLASSES
from azuraforge.plugins.kinds.forecast.facts import METRICS as FORECASTS
from azuraforge.reports.words import NOTHING, Words


@dataclass(frozen=True)
class Summary:
    """Summary of a judgement in one language.

    Attributes:
        verdicts: one sentence per model, best first; then one per model against the incumbent.
        lead_in: sentence with the number of judged predictions.
        heads: headings of the table, the name first.
        rows: for each row of the table, whether it is a model, and its cells.
        remarks: findings, the most severe first, then the missing baselines.
    """

    verdicts: tuple[str, ...]
    lead_in: str
    heads: tuple[str, ...]
    rows: tuple[tuple[bool, tuple[str, ...]], ...]
    remarks: tuple[str, ...]


def summary(judgement: Judgement, language: Code) -> Summary:
    """Return the summary of a judgement in ``language``."""
    words = Words(language)
    heads, rows = cells(judgement, words)
    remarks = [
        f"{text(f'severity.{severity}', language)}: {text_of(each.text, language)}"
        for severity in ("suspicion", "warning", "note")
        for each in judgement.findings
        if each.severity == severity
    ]
    remarks += [f"{text('left_out.one', language)}: {text_of(each.text, language)}" for each in judgement.left_out]
    others = (text_of(each.text, language) for each in judgement.verdicts[1:])
    return Summary(
        verdicts=(text_of(judgement.headline, language), *others, *against_incumbent(judgement, language)),
        lead_in=lead_in(judgement, words),
        heads=(text("name", language), *heads),
        rows=tuple((each.role == "model", (text_of(each.title, language), *row)) for each, row in rows),
        remarks=tuple(remarks),
    )


def against_incumbent(judgement: Judgement, language: str) -> list[str]:
    """Return one sentence per model about the incumbent; empty if the incumbent is already the best baseline."""
    return [
        text_of(each.text, language) for each in judgement.incumbent if each.baseline != judgement.verdicts[0].baseline
    ]


def lead_in(judgement: Judgement, words: Words) -> str:
    """Return the sentence that states the number of judged predictions, their period and their horizons."""
    shown = {"predictions": words.number(judgement.predictions), "level": shown_level(words, judgement.level)}
    if not judgement.horizons:
        return text("lead_in.classes", words.code, **shown)
    first, last = judgement.horizons[0], judgement.horizons[-1]
    key = "horizon.one" if first == last else "horizon.many"
    horizons = text(key, words.code, first=words.number(first), last=words.number(last))
    return text("lead_in", words.code, start=judgement.start, end=judgement.end, horizons=horizons, **shown)


def versus(verdict: Verdict | None, words: Words) -> str:
    """Return a model's difference to the best baseline, with its interval.

    Example:
        >>> versus(None, Words("en"))
        '–'
    """
    if verdict is None:
        return NOTHING
    absolute = verdict.metric == "error_rate"
    middle, low, high = (
        change(words, each, absolute=absolute) for each in (verdict.difference, verdict.low, verdict.high)
    )
    return middle if verdict.low is None else f"{middle} ({low} … {high})"


def cells(judgement: Judgement, words: Words) -> tuple[list[str], list[tuple[Scores, list[str]]]]:
    """Return the table of scores without the names: the headings, and for each row its scores and its cells."""
    code = words.code
    verdicts = {each.model: each for each in judgement.verdicts}
    facts = {each.name: each for each in (FORECASTS if judgement.horizons else CLASSES)}
    measured = dict.fromkeys(name for each in judgement.ranking for name in each.metrics)
    used = [facts[name] for name in measured if any(each.metrics.get(name) is not None for each in judgement.ranking)]
    heads = [words.title(metric) for metric in used]
    heads.append(text("versus" if judgement.horizons else "versus.classes", code))
    rows = []
    for each in judgement.ranking:
        row = []
        for metric in used:
            value = each.metrics.get(metric.name)
            shown = words.measured(metric, value)
            if metric.name in ("coverage", "accuracy") and value is not None and each.coverage_low is not None:
                shown += f" ({words.percent(each.coverage_low)} … {words.percent(each.coverage_high)})"
            row.append(shown)
        row.append(versus(verdicts.get(each.name) if each.role == "model" else None, words))
        rows.append((each, row))
    return heads, rows
