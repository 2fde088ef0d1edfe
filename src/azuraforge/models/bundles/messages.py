"""Messages to the child process that loads a bundle's version on trial."""

from __future__ import annotations

from azuraforge.models.serving.messages import Folders, Opening
from azuraforge.strict_json import JsonObject


class TrialFacts(Opening):
    """Version of a bundle as its ``bundle.json`` describes it, and the size of its files in bytes."""

    kind: str
    learned_from: JsonObject
    bytes: int


class TrialOpening(TrialFacts, Folders):
    """Message that opens the child process of a trial."""
