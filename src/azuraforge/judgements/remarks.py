"""Sentences about forecasts: verdicts, findings, and reasons why a baseline is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from azuraforge.judgements.baselines import ETS, NAIVE, RIDGE, SEASONAL, Made, Missing
from azuraforge.judgements.evidence import Layout
from azuraforge.judgements.incumbent import INCUMBENT
from azuraforge.judgements.pairs import Pairs, ReadPredictions
from azuraforge.judgements.shapes import Finding, LeftOut, Scores, Severity, Verdict
from azuraforge.judgements.suspicion import Copy, Suspicion
from azuraforge.judgements.truth import Truth
from azuraforge.judgements.words import change, said, text
from azuraforge.judgements.words import level as shown_level
from azuraforge.plugins.contract.shape import Texts, text_of
from azuraforge.plugins.forecasting.foreknowledge.sentences import evidence
from azuraforge.plugins.kinds.forecast.coverage import missed
from azuraforge.reports.words import Words

_TITLES: Mapping[str, str] = {
    NAIVE: "baseline.naive",
    SEASONAL: "baseline.seasonal",
    ETS: "baseline.ets",
    RIDGE: "baseline.ridge",
    INCUMBENT: "baseline.incumbent",
    "last": "baseline.naive",
    "majority": "baseline.majority",
    "frequency": "baseline.frequency",
}


def title_of(baseline: str) -> Texts:
    """Return a baseline's name for readers. Raises KeyError for an unknown baseline.

    Example:
        >>> title_of("forecasting.naive")["en"]
        'last value'
    """
    return said(_TITLES[baseline])


def headline(verdict: Verdict) -> Texts:
    """Return the first sentence of the judgement: the verdict, with a warning if leakage is suspected."""
    if not verdict.suspected:
        return verdict.text
    return said("headline.suspected", lambda words: {"model": verdict.model, "said": verdict.text[words.code]})


def verdict_text(verdict: Verdict) -> Texts:
    """Return the verdict as a sentence with its interval."""
    absolute = verdict.metric == "error_rate"

    def filling(words: Words) -> dict[str, object]:
        return {
            "model": verdict.model,
            "rival": text(
                "rival.incumbent" if verdict.baseline == INCUMBENT else "rival.best",
                words.code,
                baseline=text_of(title_of(verdict.baseline), words.code),
            ),
            "measure": text(f"measure.{verdict.metric}", words.code),
            "change": change(words, verdict.difference, absolute=absolute),
            "low": change(words, verdict.low, absolute=absolute),
            "high": change(words, verdict.high, absolute=absolute),
            "level": shown_level(words, verdict.level),
            "origins": words.number(verdict.origins),
            "needed": words.number(verdict.needed),
            "pieces": words.number(max(1, int(verdict.pieces))),
        }

    if verdict.unknown is None:
        found = said(f"verdict.{verdict.decision}", filling)
    else:
        found = said(f"verdict.not_yet_known.{'examples' if absolute else verdict.unknown}", filling)
    if verdict.more is None:
        return found
    key = "verdict.more.examples" if absolute else "verdict.more"
    more = said(key, lambda words: {"more": words.number(verdict.more)})
    return {code: f"{found[code]} {more[code]}" for code in found}


def model_findings(
    model: str, suspicion: Suspicion | None, copy: Copy | None, scores: Scores, coverage: float
) -> list[Finding]:
    """Return the findings about one model: suspected leakage, a copied baseline, and a wrong coverage."""
    found = []
    if suspicion is not None:
        found.append(_finding(f"suspected.{suspicion.kind}", "suspicion", _evidence(suspicion), model))
    if copy is not None:
        key = "copies_last" if copy.baseline == "last" or (copy.baseline == NAIVE and not copy.exact) else "copies"

        def copied(words: Words) -> dict[str, object]:
            named = text_of(title_of(copy.baseline), words.code)
            return {"model": model, "baseline": named, "share": words.percent(copy.share)}

        found.append(_finding(key, "warning", said(f"finding.{key}", copied), model))
    held, low, high = scores.metrics["coverage"], scores.coverage_low, scores.coverage_high
    if held is not None and low is not None and high is not None and (miss := missed(coverage, low, high)):

        def covered(words: Words) -> dict[str, object]:
            return {
                "model": model,
                "held": words.percent(held),
                "stated": shown_level(words, coverage),
                "low": words.percent(low),
                "high": words.percent(high),
            }

        found.append(_finding(miss, "warning", said(f"finding.{miss}", covered), model))
    return found


def own_findings(
    read: ReadPredictions,
    truth: Truth,
    found: Pairs,
    made: Made,
    layout: Layout,
    tried: int,
    level: float,
    learned: int,
) -> list[Finding]:
    """Return the findings about the files and about how the judgement was made.

    ``tried`` is the number of models tried, ``level`` the resulting confidence level, and ``learned`` the number of
    rows excluded because the version was trained on them.
    """
    notes: list[Finding] = []

    def note(key: str, count: int, severity: Severity = "note", **more: int) -> None:
        def filling(words: Words) -> dict[str, object]:
            shown = {name: words.number(value) for name, value in more.items()}
            return {"count": words.number(count), **shown, "level": shown_level(words, level)}

        notes.append(_finding(key, severity, said(f"finding.{key}", filling)))

    if learned:
        note("rows_learned", learned)
    if read.left:
        note("rows_without_prediction", read.left, "warning")
    if found.without_actual:
        note("without_actual", found.without_actual, "warning" if found.without_actual > len(found) else "note")
    if found.without_incumbent:
        note("without_incumbent", found.without_incumbent, "warning")
    if made.warm_up:
        note("warm_up", made.warm_up, of=len(found))
    if read.origins is None and read.ahead is None:
        note("one_horizon", int(found.ahead[0]))
    if truth.added:
        note("rows_added", truth.added)
    note(_learning(made), made.history)
    if tried > 1:
        note("tried", tried)
    if layout.overlap > 1:
        note("overlap", layout.origins, overlap=layout.overlap)
    if read.columns.ignored:
        notes.append(unused(read.columns.ignored))
    return notes


def unused(columns: Sequence[str]) -> Finding:
    """Return the note that lists columns without a role."""
    named = ", ".join(columns[:8]) + (f" (+{len(columns) - 8})" if len(columns) > 8 else "")
    return _finding("ignored", "note", said("finding.ignored", lambda _: {"columns": named}))


def few_for_news(usable: int, needed: int) -> Finding:
    """Return the note that fewer predictions are usable (``usable``) than needed to detect actual values with noise."""

    def filling(words: Words) -> dict[str, object]:
        return {"count": words.number(usable), "needed": words.number(needed)}

    return _finding("few_for_news", "note", said("finding.few_for_news", filling))


def _learning(made: Made) -> str:
    if made.times_learned == 0:
        return "nothing_learned"
    return "history" if made.times_learned > 1 else "history_once"


def left_out(missing: Missing) -> LeftOut:
    """Return the reason why a baseline is missing."""

    def filling(words: Words) -> dict[str, object]:
        counts = {name: words.number(getattr(missing, name)) for name in ("needed", "known")}
        return {"baseline": text_of(title_of(missing.name), words.code), "problem": missing.problem, **counts}

    return LeftOut(baseline=missing.name, title=title_of(missing.name), text=said(f"left_out.{missing.why}", filling))


def _evidence(found: Suspicion) -> Texts:
    column = None if found.column is None else evidence(found.column)

    def filling(words: Words) -> dict[str, object]:
        after = found.ahead + found.shift
        return {
            "model": found.model,
            "share": words.percent(min(found.share, 0.9999) if found.kind != "equal" else found.share),
            "count": words.number(found.count),
            "shift": words.number(abs(found.shift)),
            "after": words.number(after),
            "ahead": words.number(found.ahead),
            "column": "" if column is None else column[words.code],
        }

    key = f"finding.suspected.{found.kind}"
    if found.kind == "shifted":
        key += ".later" if found.shift > 0 else ".earlier"
    return said(key, filling)


def _finding(code: str, severity: Severity, texts: Texts, model: str | None = None) -> Finding:
    return Finding(code=code, severity=severity, model=model, text=texts)
