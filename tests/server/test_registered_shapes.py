"""Each event and each kind of run has a shape that the API's document states."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from typing import get_args

import azuraforge
from azuraforge.events.body import EventBody
from azuraforge.runs.handlers import Handler
from azuraforge.runs.schemas import ExternalSummary, RunSummary
from azuraforge.server.packages import PACKAGES
from tests.api_document import api_document


def declared(base: type) -> set[type]:
    """Return the subclasses of the platform, those of subclasses included."""
    for module in pkgutil.walk_packages(azuraforge.__path__, "azuraforge."):
        if module.name.rsplit(".", 1)[-1] in (
            "events",
            "handler",
            "training",
            "forecasting",
            "refreshing",
            "collecting",
        ):
            importlib.import_module(module.name)
    found, open_ = set(), [base]
    while open_:
        subclasses = open_.pop().__subclasses__()
        open_ += subclasses
        found |= {each for each in subclasses if each.__module__.startswith("azuraforge.")}
    return found


def names(shape: type[EventBody]) -> tuple[str, ...]:
    return get_args(shape.model_fields["type"].annotation)


def test_each_shape_of_an_event_is_registered_once():
    registered = [shape for package in PACKAGES for shape in package.events()]
    assert set(registered) == {each for each in declared(EventBody) if names(each)}
    assert not [
        name for name, count in Counter(name for each in registered for name in names(each)).items() if count > 1
    ]


def test_the_summary_of_each_kind_of_run_is_registered():
    registered = {shape.model_fields["kind"].default: shape for package in PACKAGES for shape in package.summaries()}
    handlers = {each.kind: each.summary for each in declared(Handler)}
    assert registered == {**handlers, "external": ExternalSummary}
    assert set(registered.values()) == declared(RunSummary)


def test_the_document_states_them():
    schemas = api_document()["components"]["schemas"]
    assert schemas["RunWaitsEvent"]["properties"]["type"] == {"type": "string", "enum": ["run.waiting"]}
    assert {"$ref": "#/components/schemas/RunWaitsEvent"} in schemas["Event"]["oneOf"]
    assert schemas["RunWaits"]["properties"].keys() == {"waiting_on"}
    assert {"$ref": "#/components/schemas/RunSummary"} in schemas["RunOut"]["properties"]["summary"]["anyOf"]
    assert "kind" in schemas["TrainSummary"]["required"]
