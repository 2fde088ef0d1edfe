"""Checks that a pipeline, its task kind and its dataset match, and errors of task kinds that break the contract."""

from __future__ import annotations

from azuraforge.errors import InvalidInput


def check_config(name: str, config: type, required: type, task: str) -> None:
    """Raise InvalidInput if the ``Config`` of pipeline ``name`` does not extend the ``Config`` of its task kind.

    Args:
        name: name of the pipeline.
        config: ``Config`` of the pipeline.
        required: ``Config`` of the task kind.
        task: name of the task kind.
    """
    if not issubclass(config, required):
        raise InvalidInput(
            "the Config of {name} does not extend {required}, the base class of the task {task}",
            where="pipeline {name}",
            next_step="derive Config from {module}.{required}",
            code="other_config",
            name=name,
            required=required.__name__,
            task=task,
            module=required.__module__,
        )


def check_data(name: str, found: str, needed: str, task: str) -> None:
    """Raise InvalidInput if the dataset's kind ``found`` is not the kind ``needed`` by pipeline ``name``."""
    if found != needed:
        raise InvalidInput(
            "the dataset is of kind {found!r}, but {name} ({task}) learns from kind {needed!r}",
            where="dataset",
            next_step="choose a dataset of kind {needed!r}, or another pipeline",
            code="other_kind",
            found=found,
            name=name,
            task=task,
            needed=needed,
        )


def not_explained(kind: str, explanation: str) -> InvalidInput:
    """Return the error for a task kind that declares an explanation but does not implement ``explain``."""
    return InvalidInput(
        "the task kind {kind} declares the explanation {explanation!r} but does not implement explain",
        where="task kind {kind}",
        next_step="implement explain in the task kind",
        kind=kind,
        explanation=explanation,
    )


def undeclared_figure(kind: str, name: str, figure: str) -> InvalidInput:
    """Return the error for a task kind that draws a figure without declaring it in ``figures``."""
    return InvalidInput(
        "the task kind {kind} drew the figure {name!r} as {figure} without declaring it",
        where="task kind {kind}",
        next_step="declare the figure: figures = {{{name!r}: {figure}}}",
        kind=kind,
        name=name,
        figure=figure,
    )
