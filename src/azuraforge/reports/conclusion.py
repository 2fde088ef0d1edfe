"""What would change this conclusion: derived from the evaluation's own numbers, none added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azuraforge.reports.markdown import escape
from azuraforge.reports.texts import Words

#: The worst slices are named; naming all would say nothing.
MOST_SLICES = 6
#: Below this probability under "no memory" the errors are said to have one.
_SURE = 0.05


def conclusion(
    words: Words,
    run: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    figures: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Sentences, each from a number that was computed; none where nothing was compared."""
    said: list[str] = []
    candidate = next((each for each in evaluation.get("contenders", ()) if each["role"] == "candidate"), None)
    if candidate is None:
        return said
    rivals = {evaluation.get("best_baseline")}
    rivals |= {each["name"] for each in evaluation["contenders"] if each["role"] == "champion"}
    compared = [
        each for each in evaluation.get("comparisons") or () if each["a"] == candidate["name"] and each["b"] in rivals
    ]
    told = [sentence for comparison in compared for sentence in _about(words, comparison)]
    said += dict.fromkeys(told)  # what both comparisons rest on is told once
    said += _slices(words, figures.get("slices"))
    said += _shape(words, candidate, figures)
    guarded = evaluation.get("guarded") or {}
    if guarded.get("tried"):
        counted = {"tried": words.number(guarded["tried"]), "of": words.number(guarded["of"])}
        said.append(words("conclusion.guarded", **counted))
    if failed := [escape(each["name"]) for each in evaluation.get("failed") or ()]:
        said.append(words("conclusion.failed_baselines", names=", ".join(failed)))
    said.append(words("conclusion.seed", seed=run["seed"]))
    return said


def _about(words: Words, comparison: Mapping[str, Any]) -> list[str]:
    low, high = comparison.get("low"), comparison.get("high")
    shown = (comparison.get("shown") or {}).get(words.code) or {}  # evaluations of earlier releases have percentages
    values = {
        "a": escape(comparison["a"]),
        "b": escape(comparison["b"]),
        "difference": shown.get("change") or words.percent(comparison.get("relative_difference")),
        "low": shown.get("low") or words.percent(low),
        "high": shown.get("high") or words.percent(high),
        "level": words.percent(comparison.get("level")),
    }
    if low is None or high is None:
        return [words("conclusion.no_interval", **values)]
    key = "holds" if high < 0 else "worse" if low > 0 else "open"
    said = [words(f"conclusion.{key}", **values)]
    if origins := comparison.get("origins"):
        block = comparison.get("block")
        counted = {"origins": words.number(origins), "block": words.number(block)}
        said.append(words("conclusion.pieces" if block and block > 1 else "conclusion.examples", **counted))
    return said


def _slices(words: Words, figure: Mapping[str, Any] | None) -> list[str]:
    if not figure or not figure["slices"]:
        return []
    worse = [
        (row["skill"], each["by"], row)
        for each in figure["slices"]
        for row in each["rows"]
        if row["skill"] is not None and row["skill"] < 0
    ]
    beside = escape(figure["baseline"])
    if not worse:
        return [words("conclusion.no_worse_slice", b=beside)]
    named = [
        f"{words.or_else(f'by.{by}', escape(by))} {escape(row['value'])} ({words.percent(-skill)})"
        for skill, by, row in sorted(worse, key=lambda each: each[0])[:MOST_SLICES]
    ]
    return [words("conclusion.slices", b=beside, slices=", ".join(named))]


def _shape(words: Words, candidate: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    said = []
    metrics = candidate.get("metrics") or {}
    promised = (figures.get("forecast") or {}).get("interval")
    if metrics.get("coverage") is not None and promised is not None:
        said.append(
            words(
                "conclusion.coverage",
                promised=words.percent(promised),
                coverage=words.percent(metrics["coverage"]),
            )
        )
    if metrics.get("ece") is not None:
        said.append(words("conclusion.calibration", ece=words.percent(metrics["ece"])))
    if (residuals := figures.get("residuals")) is not None:
        if residuals.get("mean") is not None:
            values = {"mean": words.number(residuals["mean"]), "spread": words.number(residuals["standard_deviation"])}
            said.append(words("conclusion.bias", **values))
        found, bound = residuals.get("autocorrelation") or [], residuals.get("autocorrelation_bound")
        strongest = max(range(len(found)), key=lambda lag: abs(found[lag]), default=None)
        tested = residuals.get("ljung_box")
        # Of many lags some lie outside the band by luck: the test over all of them decides whether anything is said.
        if strongest is not None and bound is not None and tested is not None and tested["p"] < _SURE:
            values = {
                "lag": words.number(strongest + 1),
                "value": words.number(found[strongest]),
                "bound": words.number(bound),
                "lags": words.number(tested["lags"]),
                "p": words.number(tested["p"]),
            }
            said.append(words("conclusion.memory", **values))
    return said
