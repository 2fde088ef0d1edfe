"""Child process that checks a space before its study exists: the pipeline must accept every corner of the space."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from azuraforge.errors import InvalidInput
from azuraforge.pipelines.shapes import DatasetFile, SplitInput
from azuraforge.pipelines.steps import split_dataset
from azuraforge.plugins.contract.evaluation import PartSummary
from azuraforge.plugins.discovery.describing import Asked, parse_config
from azuraforge.plugins.discovery.loading import load_plugin, load_task_kind
from azuraforge.studies.records import CheckedSpace, Params, StoredSpace
from azuraforge.studies.space import corners, dimensions_of, extremes

T = TypeVar("T")
#: Maximum number of corners for which the dataset is split; each split reads the dataset.
_CUT = 24


class SpaceQuestion(BaseModel):
    """Input of the check: a pipeline with its fixed config, the stored space, and the dataset."""

    model_config = ConfigDict(extra="forbid")

    plugins_folder: str | None = None
    plugin: str
    config: Params
    space: StoredSpace
    dataset: DatasetFile


def check(child: Asked) -> CheckedSpace:
    """Check the corners of a space. ``SpaceQuestion`` → ``CheckedSpace``.

    Raises NotFound if the pipeline is not installed, and InvalidInput if a field is both fixed and searched, if a
    corner is not valid, or if the corners would be scored on different rows.
    """
    question = SpaceQuestion.model_validate(child.payload)
    name, space = question.plugin, dimensions_of(question.space)
    if both := sorted(space.keys() & question.config.keys()):
        raise InvalidInput(
            "{field} is both in the config and in the space, but a field is either fixed or searched",
            where="space.{field}",
            next_step="remove the field from one of them",
            field=both[0],
        )
    plugin = load_plugin("pipeline", name, question.plugins_folder)
    for corner in corners(space):
        _at(corner, lambda config: parse_config(plugin.Config, config, name), question)
    # The task kind's own settings may change the contents of the parts, not only their row ranges.
    kind = load_task_kind(plugin.kind, question.plugins_folder)
    same_parts = not space.keys() & kind.Config.model_fields.keys()
    first: tuple[dict[str, PartSummary], Params] | None = None
    for corner in islice(extremes(space), _CUT):
        parts, config = _at(corner, lambda config: _cut(question, config), question)
        if first is None:
            first = parts, config
        elif any(parts[part] != first[0][part] for part in ("validation", "test")):
            raise InvalidInput(
                "with {config}, the trials would be scored on different rows and could not be compared",
                where="space",
                next_step="search fields that do not change the validation and test sets",
                config=_corner_text(corner),
            )
        same_parts = same_parts and parts["train"] == first[0]["train"]
    assert first is not None
    fixed = {field: value for field, value in first[1].items() if field not in space}
    return CheckedSpace(config=fixed, task=plugin.kind, same_parts=same_parts)


def _cut(question: SpaceQuestion, config: Params) -> tuple[dict[str, PartSummary], Params]:
    """Return the parts that result from a config, and the config with its defaults filled in."""
    wanted = SplitInput(
        plugins_folder=question.plugins_folder, plugin=question.plugin, config=config, dataset=question.dataset
    )
    found, parsed = split_dataset(wanted, None)
    return found.parts, parsed.model_dump(mode="json")


def _at(corner: Params, work: Callable[[Params], T], question: SpaceQuestion) -> T:
    """Call ``work`` with the config at a corner. Raises InvalidInput that names the corner."""
    try:
        return work({**question.config, **corner})
    except InvalidInput as error:
        _sentence, place, step = error.parts()
        raise InvalidInput(
            "the config is not valid with {config}: {reason}",
            where="space: {place}" if error.where else "space",
            next_step="{step}" if error.next_step else "narrow the range",
            config=_corner_text(corner),
            reason=error,
            place=place,
            step=step,
        ).with_details(error.details) from error


def _corner_text(corner: Params) -> str:
    return ", ".join(f"{name}={value}" for name, value in corner.items())
