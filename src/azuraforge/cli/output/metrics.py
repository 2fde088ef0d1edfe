"""Titles and formatted values of metrics, according to the facts in an evaluation or a task kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from azuraforge.cli.language import Language

if TYPE_CHECKING:
    from azuraforge.client.evaluation import MetricFacts


def metric_title(text: Language, metric: MetricFacts) -> str:
    """Return the title of a metric in the command's language, or its name if it has no title."""
    return text.of(metric.title) or metric.name


def facts_of(metrics: Sequence[MetricFacts], name: str) -> MetricFacts:
    """Return the facts of the metric ``name``, or default facts (a plain number) if it is not among ``metrics``."""
    from azuraforge.client.evaluation import MetricFacts

    return next((each for each in metrics if each.name == name), MetricFacts(name=name))


def explained(text: Language, metrics: Sequence[MetricFacts], name: str) -> str:
    """Return ``title: hint`` of a metric, followed by a space; empty if the metric has no hint."""
    metric = facts_of(metrics, name)
    hint = text.of(metric.hint)
    return f"{metric_title(text, metric)}: {hint} " if hint else ""


def metric_value(text: Language, metric: MetricFacts, value: float | None) -> str:
    """Return a value formatted according to the metric's format and digits."""
    digits = metric.digits
    if metric.format in ("share", "signed_share"):
        signed = metric.format == "signed_share"
        return text.percent(value, signed=signed) if digits is None else text.percent(value, digits, signed=signed)
    if metric.format == "percent":
        return text.percent(None if value is None else value / 100, digits or 1)
    return text.number(value, digits)
