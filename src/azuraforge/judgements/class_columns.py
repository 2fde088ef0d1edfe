"""Predictions of classes, read from a file: labels, predicted classes and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from azuraforge.datasets.reading.delimited import ROW, RawTable, require_column
from azuraforge.datasets.reading.limits import Text
from azuraforge.errors import InvalidInput
from azuraforge.judgements.columns import LABEL, PREDICTIONS, first_of
from azuraforge.judgements.files import columns_of, is_numeric, numbers, words
from azuraforge.judgements.options import Options
from azuraforge.plugins.contract.arrays import Floats, Indices

MOST_CLASSES = 1000
_PREFIXES = ("", "p_", "prob_", "proba_", "probability_")
_SUM = 0.01


@dataclass(frozen=True)
class Answers:
    """One classifier's predictions: ``classes``, ``(example,)``; ``probabilities``, ``(example, class)`` or None."""

    name: str
    classes: Indices
    probabilities: Floats | None = None


@dataclass(frozen=True)
class ReadClasses:
    """The contents of a file of predicted classes.

    Attributes:
        names: names of the classes.
        labels: index in ``names`` of each example's true class, ``(example,)``.
        models: predictions of each classifier, with classes as indices in ``names``.
        without_label: number of rows without a label, which are not judged.
        unused: names of columns that are not used.
        lacking: classes without a column of probabilities if other classes have one; then no probabilities are used.
    """

    names: tuple[str, ...]
    labels: Indices
    models: tuple[Answers, ...]
    without_label: int
    unused: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def read_classes(table: RawTable, options: Options) -> ReadClasses:
    """Read labels and predictions.

    Raises InvalidInput if a column is missing or contains a wrong value, or if there are more than ``MOST_CLASSES``
    classes.
    """
    label = first_of(columns_of(table), (LABEL,)) or LABEL
    known = words(table, label).is_not_null()
    if not known.any():
        raise InvalidInput(
            "the column {label!r} is empty",
            where="{place}",
            next_step="fill in the true classes",
            label=label,
            place=table.name,
        )
    without = int((~known).sum())
    table = replace(table, frame=table.frame.filter(known))
    labels = words(table, label)
    classes = sorted(labels.unique().to_list())
    _check_count(classes, table.name)
    rest = [name for name in columns_of(table) if name != label]
    probable = _probability_columns(classes, rest)
    chosen = _chosen(table, rest, probable, classes, options)
    partial = {} if probable else _partial(table, classes, [name for name in rest if name not in chosen])
    lacking = tuple(name for name in classes if partial and name not in partial)
    if not chosen and lacking:
        prefix = next(column.removesuffix(name) for name, column in partial.items())
        raise InvalidInput(
            "{count} [class has|classes have] no column of probabilities: {classes}; the file only has {columns}",
            where="{place}",
            next_step="add the column {column!r}, or rename the column of predicted classes to 'prediction'",
            code="no_such_column",
            count=len(lacking),
            classes=_list(lacking),
            columns=_list(list(partial.values())),
            place=table.name,
            column=prefix + lacking[0],
        )
    if not chosen and not probable:
        raise InvalidInput(
            "{table} has neither a column of predicted classes nor a column of probabilities for each class",
            where="{table}",
            next_step="rename the column of predicted classes to 'prediction', or add a column of probabilities for "
            "each class",
            code="no_such_column",
            table=table.name,
        )
    if len(chosen) == 1 and not probable and _is_probability(table, chosen[0], classes):
        unused = tuple(name for name in rest if name not in chosen)
        return replace(_binary(table, chosen[0], classes, labels, without, options), unused=unused)
    said = {name: words(table, name) for name in chosen}
    for name, values in said.items():
        if len(holes := values.is_null().arg_true()):
            raise InvalidInput(
                "{name!r} has no prediction in {count:,} [row|rows] with a label",
                where="{place}",
                next_step="fill in the predictions, or remove these rows",
                name=name,
                count=len(holes),
                place=table.place(int(table.frame[ROW][int(holes[0])]), name),
            )
    names = sorted({*classes, *probable, *(value for values in said.values() for value in values.unique().to_list())})
    _check_count(names, table.name)
    place = {name: index for index, name in enumerate(names)}
    probabilities = _probabilities(table, probable, names, options) if probable else None
    models = [Answers(name, _places(values, place)) for name, values in said.items()]
    if probabilities is not None:
        first = models[0] if models else Answers("prediction", np.asarray(probabilities.argmax(axis=1)))
        models = [Answers(first.name, first.classes, probabilities), *models[1:]]
    unused = tuple(name for name in rest if name not in chosen and name not in probable.values())
    return ReadClasses(tuple(names), _places(labels, place), tuple(models), without, unused, lacking)


def read_labels(table: RawTable) -> list[str]:
    """Return the labels in a history file, without missing labels.

    Raises InvalidInput if the file has no column of labels.
    """
    require_column(columns_of(table), table.name, LABEL, "--history")
    return words(table, LABEL).drop_nulls().to_list()


def _chosen(
    table: RawTable, names: list[str], probable: dict[str, str], classes: list[str], options: Options
) -> list[str]:
    """Return the columns of predicted classes: as requested, with a known name, or all that contain only ``classes``.

    Raises InvalidInput if a requested column does not exist.
    """
    if options.models:
        for each in options.models:
            require_column(names, table.name, each, "--model")
        return list(dict.fromkeys(options.models))
    if (single := first_of(names, PREDICTIONS)) is not None:
        return [single]
    rest = [name for name in names if name not in probable.values()]
    known = set(classes)
    return [
        name for name in rest if set(words(table, name).drop_nulls().unique().head(MOST_CLASSES + 1).to_list()) <= known
    ]


def _probability_columns(classes: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Return the column of each class's probability; empty unless every class that occurs has one."""
    for prefix in _PREFIXES:
        found = {each: f"{prefix}{each}" for each in classes if f"{prefix}{each}" in names}
        if len(found) == len(classes) > 1:
            if prefix:  # include classes that do not occur among the labels
                found |= {name.removeprefix(prefix): name for name in names if name.startswith(prefix)}
            return found
    return {}


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:8])) + (" …" if len(names) > 8 else "")


def _partial(table: RawTable, classes: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Return the numeric columns that are named after some of ``classes``, with one prefix, by class."""
    for prefix in _PREFIXES:
        found = {each: f"{prefix}{each}" for each in classes if f"{prefix}{each}" in names}
        if found and all(is_numeric(table, name) for name in found.values()):
            return found
    return {}


def _is_probability(table: RawTable, column: str, classes: list[str]) -> bool:
    """Return whether a column contains probabilities of the class 1."""
    if set(classes) - {"0", "1"} or not is_numeric(table, column):
        return False
    values = table.frame[column].cast(pl.String).str.replace(",", ".").cast(pl.Float64, strict=False).drop_nulls()
    return len(values) > 0 and bool((values != values.round()).any())


def _binary(
    table: RawTable, column: str, classes: list[str], labels: pl.Series, without: int, options: Options
) -> ReadClasses:
    names = ["0", "1"]
    yes = _shares(table, column, options)
    probabilities = np.stack([1 - yes, yes], axis=1)
    place = {name: index for index, name in enumerate(names)}
    answers = Answers(column, np.asarray(probabilities.argmax(axis=1)), probabilities)
    return ReadClasses(tuple(names), _places(labels, place), (answers,), without)


def _probabilities(table: RawTable, columns: dict[str, str], names: list[str], options: Options) -> Floats:
    found = np.zeros((table.frame.height, len(names)))
    for name, column in columns.items():
        found[:, names.index(name)] = _shares(table, column, options)
    sums = found.sum(axis=1)
    if len(bad := np.flatnonzero(np.abs(sums - 1) > _SUM)):
        raise InvalidInput(
            "the probabilities add up to {total:.4g} instead of 1; {count:,} such [row|rows] in total",
            where="{place}",
            next_step="write one column of probabilities for each class, with the name of the class",
            total=sums[bad[0]],
            count=len(bad),
            place=table.place(int(table.frame[ROW][int(bad[0])])),
        )
    return np.asarray(found / sums[:, None])


def _shares(table: RawTable, column: str, options: Options) -> Floats:
    values = numbers(table, column, options)
    if len(bad := np.flatnonzero(~((values >= 0) & (values <= 1)))):
        raise InvalidInput(
            "a probability is missing; {count:,} [row has|rows have] a missing or wrong probability"
            if np.isnan(values[bad[0]])
            else "the probability {value:g} is not between 0 and 1; {count:,} [row has|rows have] a missing or wrong "
            "probability",
            where="{place}",
            next_step="write probabilities as numbers between 0 and 1",
            value=values[bad[0]],
            count=len(bad),
            place=table.place(int(table.frame[ROW][int(bad[0])]), column),
        )
    return values


def _places(values: pl.Series, place: dict[str, int]) -> Indices:
    return np.asarray(values.replace_strict(place, return_dtype=pl.Int64).to_numpy(), dtype=np.int64)


def _check_count(names: Sequence[str], file: Text) -> None:
    if len(names) > MOST_CLASSES:
        raise InvalidInput(
            "{file} has {count:,} classes; at most {most:,} can be judged",
            where="{file}",
            next_step="the column 'label' must contain classes; rename a column of measured values to 'actual'",
            file=file,
            count=len(names),
            most=MOST_CLASSES,
        )
