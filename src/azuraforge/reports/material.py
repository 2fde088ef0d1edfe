"""Shapes of a report's input (a run's stored data) and of the requests to the child that writes it."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from azuraforge.models.gate.record import VerdictRecord
from azuraforge.plugins.contract.evaluation import Evaluation
from azuraforge.plugins.kinds.classify.figures import Confusion, Reliability
from azuraforge.plugins.kinds.forecast.figures import (
    ActualPredicted,
    ErrorSlices,
    ForecastFigure,
    Importance,
    Residuals,
    Shapley,
)
from azuraforge.runs.metrics.schemas import MetricSeries
from azuraforge.runs.schemas import ReportFormat, ReportLanguage, RunDetail

FigureT = TypeVar("FigureT")


def _drawable(value: object, parse: ValidatorFunctionWrapHandler) -> object:
    """Return the parsed figure; None if a plugin stored another shape under the name of a built-in figure."""
    try:
        return parse(value)
    except ValidationError:
        return None


Drawable = Annotated[FigureT | None, WrapValidator(_drawable)]


class Figures(BaseModel):
    """The figures that a report draws. Other figures are ignored.

    A figure is None if the run does not have it, or if a plugin stored data of another shape under its name.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    forecast: Drawable[ForecastFigure] = None
    actual_predicted: Drawable[ActualPredicted] = None
    residuals: Drawable[Residuals] = None
    slices: Drawable[ErrorSlices] = None
    confusion: Drawable[Confusion] = None
    reliability: Drawable[Reliability] = None
    importance: Drawable[Importance] = None
    shapley: Drawable[Shapley] = None


class Judged(BaseModel):
    """The contents of a run's artifact ``evaluation.json``."""

    evaluation: Evaluation
    verdict: VerdictRecord


class Material(BaseModel):
    """A run with its evaluation and verdict (None if it was not evaluated), its figures and its curves."""

    model_config = ConfigDict(frozen=True)

    run: RunDetail
    evaluation: Evaluation | None = None
    verdict: VerdictRecord | None = None
    figures: Figures = Figures()
    curves: tuple[MetricSeries, ...] = ()


class WriteInput(BaseModel):
    """Request for a report, from ``material`` or, for HTML, from an existing Markdown ``document``.

    ``title`` is the name of the run of the ``document``.
    """

    language: ReportLanguage
    format: ReportFormat
    material: Material | None = None
    document: str | None = None
    title: str = ""


class Content(BaseModel):
    """A written report, base64-encoded."""

    content: str


class Question(BaseModel):
    """Request for the Markdown documents of an ended run in several languages."""

    material: Material
    languages: tuple[ReportLanguage, ...]


class Written(BaseModel):
    """Base64-encoded Markdown documents by language."""

    contents: dict[ReportLanguage, str]
