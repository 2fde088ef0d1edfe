"""Material of a report: the stored data of a run."""

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
from azuraforge.runs.schemas import MetricSeries, ReportFormat, ReportLanguage, RunDetail

FigureT = TypeVar("FigureT")


def _drawable(value: object, parse: ValidatorFunctionWrapHandler) -> object:
    """Return the figure; None for one of a plugin that has a built-in figure's name and another shape."""
    try:
        return parse(value)
    except ValidationError:
        return None


Drawable = Annotated[FigureT | None, WrapValidator(_drawable)]


class Figures(BaseModel):
    """The figures that a report draws; a run may hold others."""

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
    """The contents of the run's file ``evaluation.json``."""

    evaluation: Evaluation
    verdict: VerdictRecord


class Material(BaseModel):
    """A run with its evaluation and verdict (None if it was never evaluated), its figures and its curves."""

    model_config = ConfigDict(frozen=True)

    run: RunDetail
    evaluation: Evaluation | None = None
    verdict: VerdictRecord | None = None
    figures: Figures = Figures()
    curves: tuple[MetricSeries, ...] = ()


class WriteInput(BaseModel):
    """Request for a report: from ``material``, or as a page from an existing Markdown ``document``."""

    language: ReportLanguage
    format: ReportFormat
    material: Material | None = None
    document: str | None = None
    title: str = ""


class Content(BaseModel):
    """A written report, as base64."""

    content: str


class Question(BaseModel):
    """Request for the documents of an ended run."""

    material: Material
    languages: tuple[ReportLanguage, ...]


class Written(BaseModel):
    """Markdown documents by language, as base64."""

    contents: dict[ReportLanguage, str]
