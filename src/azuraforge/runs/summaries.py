"""The summary of a run: one shape for each kind of run, told apart by ``kind``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from azuraforge.strict_json import JsonObject

#: The marker by which the API's document finds the fields that hold a summary.
SUMMARY_MARKER = "x-run-summary"

#: A stored summary of any kind. The API's document states it as the union of all shapes in ``Package.summaries``.
AnySummary = Annotated[JsonObject, WithJsonSchema({SUMMARY_MARKER: True})]


class RunSummary(BaseModel):
    """The result of a run in a few values. A kind of run states a subclass, and narrows ``kind`` to its name.

    ``commit`` of a ``Finish`` may still set fields; fields that are never set are left out of the run's row.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str

    def stored(self) -> JsonObject:
        """Return the summary as the run's row holds it."""
        return {"kind": self.kind, **self.model_dump(mode="json", exclude={"kind"}, exclude_unset=True)}


class ExternalSummary(RunSummary):
    """The values that a client gave a run which it executed itself."""

    kind: Literal["external"] = "external"
    values: JsonObject
