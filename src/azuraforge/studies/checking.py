"""The child that checks a space before its study exists: the pipeline can be trained at every corner of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from azuraforge.errors import InvalidInput
from azuraforge.pipelines import steps
from azuraforge.pipelines.shapes import to_json
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin, load_task_kind
from azuraforge.studies.space import corners, dimensions_of, extremes

#: So many corners are also cut into parts; each reads the dataset.
_CUT = 24


@dataclass
class _Asked:
    """A child's payload, changed for one corner."""

    payload: dict[str, Any]


def check(child: Any) -> dict[str, Any]:
    """Payload: plugin, plugins_folder, config, space (as stored), dataset (``steps.validate``'s).

    Result: ``{"config": the canonical config without the searched fields, "task", "same_parts"}``. Raises InvalidInput
    that names the field; also where corners would be scored on different rows.
    """
    payload = child.payload
    name, space = payload["plugin"], dimensions_of(payload["space"])
    if both := sorted(space.keys() & payload["config"].keys()):
        raise InvalidInput(
            f"{both[0]} stands in the config and in the space: it is either fixed or searched",
            where=f"space.{both[0]}",
            next_step="take it out of one of them",
        )
    plugin = load_plugin("pipeline", name, payload.get("plugins_folder"))
    for corner in corners(space):
        _at(corner, lambda corner=corner: parse_config(plugin.Config, {**payload["config"], **corner}, name))
    first: dict[str, Any] | None = None
    # Settings of the task itself may change what the parts hold, not only where they lie.
    kind = load_task_kind(plugin.kind, payload.get("plugins_folder"))
    same_parts = not space.keys() & kind.Config.model_fields.keys()
    learner = {key: value for key, value in payload.items() if key != "space"}
    for corner in islice(extremes(space), _CUT):
        asked = _Asked({**learner, "config": {**payload["config"], **corner}})
        cut = _at(corner, lambda asked=asked: to_json(steps.validate(asked)))
        rows = {part: cut["parts"][part] for part in ("validation", "test")}
        if first is None:
            first = {"rows": rows, "config": cut["config"], "train": cut["parts"]["train"]}
        elif rows != first["rows"]:
            raise InvalidInput(
                f"with {_said(corner)} the trials would be scored on other rows, and could not be compared",
                where="space",
                next_step="search fields that leave the parts as they are",
            )
        same_parts = same_parts and cut["parts"]["train"] == first["train"]
    assert first is not None
    config = {field: value for field, value in first["config"].items() if field not in space}
    return {"config": config, "task": plugin.kind, "same_parts": same_parts}


def _at(corner: dict[str, Any], work: Any) -> Any:
    try:
        return work()
    except InvalidInput as error:
        raise InvalidInput(
            f"no valid config at {_said(corner)}: {error.message}",
            where=f"space: {error.where}" if error.where else "space",
            next_step=error.next_step or "narrow the range",
            **error.details,
        ) from error


def _said(corner: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in corner.items())
