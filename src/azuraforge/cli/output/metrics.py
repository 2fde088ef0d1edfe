"""A metric's title and its values, as the facts that come with an evaluation or a task kind say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from azuraforge.cli.language import Language

if TYPE_CHECKING:
    from azuraforge.client.evaluation import MetricFacts


def metric_title(text: Language, metric: MetricFacts) -> str:
    """Return the title in the reader's language."""
    return text.of(metric.title) or metric.name


def title_of(text: Language, metrics: Sequence[MetricFacts], name: str) -> str:
    """Return the title of the metric of this name; where its facts did not come along, the name."""
    found = next((each for each in metrics if each.name == name), None)
    return name if found is None else metric_title(text, found)


def metric_value(text: Language, metric: MetricFacts, value: float | None) -> str:
    """Return a value as the metric's format and digits say."""
    digits = metric.digits
    if metric.format in ("share", "signed_share"):
        signed = metric.format == "signed_share"
        return text.percent(value, signed=signed) if digits is None else text.percent(value, digits, signed=signed)
    if metric.format == "percent":
        return text.percent(None if value is None else value / 100, digits or 1)
    return text.number(value, digits)
