"""Detection of cycles: automations whose steps cause the events that fire them, directly or indirectly.

Each step is described by the events that it may append. Automation A may fire automation B if one of A's events
has the type that B awaits and no filter of B excludes the event. A field whose value is not known in advance excludes
nothing, so no cycle is missed. False cycles are excluded by filters on fields that a step determines, such as the
dataset, the model or the kind of a run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from azuraforge.automations.triggers.causes import field_of, holds
from azuraforge.automations.triggers.definition import (
    NotifyStep,
    OnEvent,
    PromoteStep,
    RollBackStep,
    RunStep,
    Step,
    StudyStep,
    When,
    subject_of,
)
from azuraforge.errors import InvalidInput


@dataclass(frozen=True)
class Emission:
    """Event that a step may cause, with the fields that are known in advance."""

    type: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """An automation as a node of the graph."""

    name: str
    when: When
    steps: Sequence[Step]


#: Events that follow new rows of a dataset: predictions are judged and monitored.
_AFTER_ROWS = ("prediction.judged", "prediction.judged_again", "model.drift", "model.canary_rolled_back")
_AFTER_TRAINING = (
    "model.version_added",
    "model.promoted",
    "model.promotion_waiting",
    "model.alias_removed",
    "model.deployment_ended",
)
#: Fields of events by which automations are looked up.
SUBJECTS = ("dataset", "model", "name", "target")
_LONGEST_SUBJECT = 100
_ID = re.compile(r"[a-z0-9]{16}")


def emissions(name: str, steps: Sequence[Step]) -> Iterator[Emission]:
    """Yield the events that an automation and its steps may append to the project's stream."""
    for type_ in ("automation.fired", "automation.finished"):
        yield Emission(type_, {"name": name})
    for step in steps:
        yield from _of_step(step)


def subject(when: When) -> str | None:
    """Return the subject to which a filter restricts a cause, such as ``dataset=co2``; None if there is no such filter.

    The subject is stored, so that the automations for a dataset or a model are found without reading all others.
    """
    for each in when.where if isinstance(when, OnEvent) else ():
        if each.field in SUBJECTS and isinstance(each.equals, str) and len(each.equals) <= _LONGEST_SUBJECT:
            return f"{each.field}={each.equals}"
    return None


#: Function that returns all automations that may listen to one of the events, and possibly others.
Listeners = Callable[[Sequence[Emission]], Iterable[Node]]


def check(new: Node, listeners: Listeners) -> None:
    """Raise InvalidInput, with the path of the cycle, if ``new`` could fire itself.

    The cost grows with the number of automations that ``new`` can fire.
    """
    if not isinstance(new.when, OnEvent):
        return  # no event fires it
    paths, layer = {new.name: [new.name]}, [new]
    while layer:
        caused = [(node, event) for node in layer for event in emissions(node.name, node.steps)]
        index = _Index([new, *(each for each in listeners([event for _, event in caused]) if each.name != new.name)])
        layer = []
        for node, event in caused:
            for other in index.reached(event):
                found = [*paths[node.name], event.type, other.name]
                if other is new:
                    raise InvalidInput(
                        "the automation would fire itself: {found}",
                        where="steps",
                        next_step="add a filter to `when` that excludes the events of its own steps, or remove a step",
                        code="cycle",
                        found=" → ".join(found),
                    )
                if other.name not in paths:
                    paths[other.name] = found
                    layer.append(other)


class _Index:
    """Index of automations by the type and the subject of the events that they listen to."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._of: dict[str, dict[str | None, list[Node]]] = defaultdict(lambda: defaultdict(list))
        for node in nodes:
            if isinstance(node.when, OnEvent):
                self._of[node.when.type][subject(node.when)].append(node)

    def reached(self, event: Emission) -> Iterator[Node]:
        """Yield the automations that an event may fire."""
        if event.type not in self._of:
            return
        for about, nodes in self._of[event.type].items():
            field_, _, value = (about or "").partition("=")
            if field_ in event.fields and event.fields[field_] != value:
                continue
            for node in nodes:
                assert isinstance(node.when, OnEvent)
                if _may_fire(event, node.when):
                    yield node


def _may_fire(emission: Emission, when: OnEvent) -> bool:
    if emission.type != when.type:
        return False
    for condition in when.where:
        known = condition.field.split(".")[0] in emission.fields
        if known and not holds(condition, field_of(emission.fields, condition.field)):
            return False
    return True


def _of_step(step: Step) -> Iterator[Emission]:
    if isinstance(step, RunStep):
        yield from _of_run(step)
    elif isinstance(step, StudyStep):
        yield from (Emission(f"study.{what}") for what in ("created", "trial", "rests", "ended", "retrained"))
        yield Emission("run.state")
        yield Emission("run.followed_up")
        model = _model_of(step)
        yield from (Emission(type_, _named("model", model)) for type_ in _AFTER_TRAINING)
    elif isinstance(step, PromoteStep):
        yield Emission("model.promoted", {**_named("model", _fixed(step.model)), "alias": step.alias})
        yield Emission("model.promotion_waiting", {**_named("model", _fixed(step.model)), "alias": step.alias})
        yield Emission("model.alias_removed", _named("model", _fixed(step.model)))
        yield Emission("model.deployment_ended", _named("model", _fixed(step.model)))
    elif isinstance(step, RollBackStep):
        yield Emission("model.rolled_back", {**_named("model", _fixed(step.model)), "alias": step.alias})
        yield Emission("model.deployment_ended", _named("model", _fixed(step.model)))
    else:
        assert isinstance(step, NotifyStep)
        yield from (Emission("notification.failed", {"target": target}) for target in step.to)


def _of_run(step: RunStep) -> Iterator[Emission]:
    model = None if step.do == "refresh" else _model_of(step)
    for type_ in ("run.state", "run.followed_up"):
        name = _fixed(step.run.name)
        yield Emission(type_, {"kind": step.do, **_named("model", model), **_named("name", name)})
    if step.do == "refresh":
        yield Emission("dataset.version_added", _named("dataset", _fixed_name(step.run.dataset)))
        yield from (Emission(type_) for type_ in _AFTER_ROWS)
    elif step.do == "train":
        yield from (Emission(type_, _named("model", model)) for type_ in _AFTER_TRAINING)
    elif step.do in ("forecast", "predict"):
        yield Emission("prediction.made", _named("model", model))
        yield Emission("model.drift", _named("model", model))
    elif step.do != "agent":  # an agent changes neither data nor models; a kind of another package may change both
        changed = ("dataset.version_added", *_AFTER_ROWS, *_AFTER_TRAINING, "prediction.made")
        yield from (Emission(type_) for type_ in changed)


def _fixed(value: str | None) -> str | None:
    """Return a text if it is known in advance, or None if it contains a value of the cause."""
    return value if value is not None and "{cause." not in value else None


def _fixed_name(value: str | None) -> str | None:
    """Return the name of a dataset if it is known in advance; None for an id, since events contain the name."""
    found = _fixed(value)
    return None if found is None or _ID.fullmatch(found) else found


def _model_of(step: Step) -> str | None:
    """Return the model of a run or a study if it is known in advance; its default is the dataset's name."""
    asked = subject_of(step)
    return _fixed(asked.model) if asked.model else _fixed_name(asked.dataset)


def _named(name: str, value: str | None) -> dict[str, JsonValue]:
    return {} if value is None else {name: value}
