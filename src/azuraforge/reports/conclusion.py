"""The section "What would change this conclusion" of a report, derived from the evaluation and its figures."""

from __future__ import annotations

from azuraforge.plugins.contract.evaluation import ComparisonScores, ContenderScores, Evaluation
from azuraforge.plugins.kinds.forecast.figures import ErrorSlices, Residuals
from azuraforge.reports.markdown import escape
from azuraforge.reports.material import Figures
from azuraforge.reports.words import Words

#: Maximum number of slices that the section names, worst first.
MOST_SLICES = 6
#: Ljung–Box p-value below which the report calls the errors autocorrelated.
_SURE = 0.05


def conclusion(words: Words, seed: int, evaluation: Evaluation, figures: Figures) -> list[str]:
    """Return the sentences of the section; each states facts from the evaluation or its figures, or the seed."""
    said: list[str] = []
    candidate = evaluation.candidate
    rivals = {evaluation.best_baseline}
    rivals |= {each.name for each in evaluation.contenders if each.role == "champion"}
    compared = [each for each in evaluation.comparisons if each.a == candidate.name and each.b in rivals]
    said += dict.fromkeys(
        sentence for each in compared for sentence in _about(words, each)
    )  # both comparisons may produce the same sentence
    said += _slices(words, figures.slices)
    said += _shape(words, candidate, figures)
    judged, horizon = evaluation.judged_horizon, evaluation.horizon
    if judged is not None and horizon is not None and judged < horizon:
        counted = {"horizon": words.number(horizon), "judged": words.number(judged), "next": words.number(judged + 1)}
        said.append(words("conclusion.judged_horizon", **counted))
    if evaluation.guarded.tried:
        counted = {"tried": words.number(evaluation.guarded.tried), "of": words.number(evaluation.guarded.of)}
        said.append(words("conclusion.guarded", **counted))
    if failed := [escape(each.name) for each in evaluation.failed]:
        said.append(words("conclusion.failed_baselines", names=", ".join(failed)))
    said.append(words("conclusion.seed", seed=seed))
    return said


def _about(words: Words, comparison: ComparisonScores) -> list[str]:
    low, high = comparison.low, comparison.high
    shown = comparison.shown[words.code]
    values = {
        "a": escape(comparison.a),
        "b": escape(comparison.b),
        "difference": shown.change,
        "low": shown.low,
        "high": shown.high,
        "level": words.percent(comparison.level),
    }
    if low is None or high is None:
        return [words("conclusion.no_interval", **values)]
    key = "holds" if high < 0 else "worse" if low > 0 else "open"
    said = [words(f"conclusion.{key}", **values)]
    if comparison.origins:
        pieces = min(comparison.origins, max(1, int(comparison.pieces)))
        counted = {"origins": words.number(comparison.origins), "pieces": words.number(pieces)}
        said.append(words("conclusion.pieces" if pieces < comparison.origins else "conclusion.examples", **counted))
    return said


def _slices(words: Words, figure: ErrorSlices | None) -> list[str]:
    if figure is None or not figure.slices:
        return []
    worse = [
        (row.skill, each.by, row.value)
        for each in figure.slices
        for row in each.rows
        if row.skill is not None and row.skill < 0
    ]
    baseline = escape(figure.baseline)
    if not worse:
        return [words("conclusion.no_worse_slice", b=baseline)]
    named = [
        f"{words.or_else(f'by.{by}', escape(by))} {escape(value)} ({words.percent(-skill)})"
        for skill, by, value in sorted(worse, key=lambda each: each[0])[:MOST_SLICES]
    ]
    return [words("conclusion.slices", b=baseline, slices=", ".join(named))]


def _shape(words: Words, candidate: ContenderScores, figures: Figures) -> list[str]:
    said = []
    coverage, ece = candidate.metrics.get("coverage"), candidate.metrics.get("ece")
    promised = None if figures.forecast is None else figures.forecast.interval
    if coverage is not None and promised is not None:
        values = {"promised": words.percent(promised), "coverage": words.percent(coverage)}
        said.append(words("conclusion.coverage", **values))
    if ece is not None:
        said.append(words("conclusion.calibration", ece=words.percent(ece)))
    return said if figures.residuals is None else [*said, *_errors(words, figures.residuals)]


def _errors(words: Words, residuals: Residuals) -> list[str]:
    said = []
    if residuals.mean is not None:
        values = {"mean": words.number(residuals.mean), "spread": words.number(residuals.standard_deviation)}
        said.append(words("conclusion.bias", **values))
    found, bound, tested = residuals.autocorrelation, residuals.autocorrelation_bound, residuals.ljung_box
    strongest = max(range(len(found)), key=lambda lag: abs(found[lag]), default=None)
    # Some of many lags exceed the bound by chance, so the test over all lags decides whether the sentence is written.
    if strongest is not None and bound is not None and tested is not None and tested.p < _SURE:
        values = {
            "lag": words.number(strongest + 1),
            "value": words.number(found[strongest]),
            "bound": words.number(bound),
            "lags": words.number(tested.lags),
            "p": words.number(tested.p),
        }
        said.append(words("conclusion.memory", **values))
    return said
