"""Forecasts after the newest rows of a dataset, in a child."""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import BaseModel

from azuraforge.errors import InvalidInput, UserError
from azuraforge.models.forecasts.messages import ForecastInput, Forecasts, SeriesForecast
from azuraforge.models.serving.child import Predictor
from azuraforge.models.serving.messages import SeriesMessage, SeriesReply
from azuraforge.models.serving.opening import open_version
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.discovery.loading import load_plugin, load_task_kind

MessageT = TypeVar("MessageT", bound=BaseModel)


class Child(Protocol):
    """The part of a child that this entry point needs."""

    def asked(self, shape: type[MessageT], /) -> MessageT: ...


def forecast(child: Child) -> Forecasts:
    """Predict the rows after the end of a dataset, for each of its series. ``ForecastInput`` → ``Forecasts``.

    Raises InvalidInput where the version cannot read the dataset, or can forecast none of its series.
    """
    asked = child.asked(ForecastInput)
    opening, dataset = asked.opening, asked.dataset
    given = DatasetSchema.model_validate(dataset["schema"])
    _check_readable(
        opening["plugin"], opening["plugins_folder"], DatasetSchema.model_validate(opening["schema"]), given
    )
    version = open_version(opening)
    if not isinstance(version, Predictor):
        raise InvalidInput("this version predicts no series", where="model", next_step="ask it for single pictures")
    names: tuple[str | None, ...] = (None,) if given.series is None else given.series_names or ()
    made, problems = list[SeriesForecast](), list[str]()
    for name in names:
        question: SeriesMessage = {"rows": None, "dataset": dataset, "horizon": None, "series": name}
        try:
            made.append(SeriesForecast(series=name, reply=SeriesReply.model_validate(version.answer(question))))
        except UserError as error:
            if name is None:
                raise
            problems.append(f"{name}: {error.message}")
    if not made:
        raise InvalidInput(problems[0] if problems else "the dataset holds no series", where="dataset")
    return Forecasts(made=tuple(made), problems=tuple(problems))


def _check_readable(plugin: str, folder: str | None, learned: DatasetSchema, given: DatasetSchema) -> None:
    task = load_plugin("pipeline", plugin, folder).kind
    problem = load_task_kind(task, folder).unreadable(learned, given)
    if problem is not None:
        raise InvalidInput(
            f"the version cannot predict from this dataset: {problem}",
            where="dataset",
            next_step="train the model on the newest version of the dataset",
        )
