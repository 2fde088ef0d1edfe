"""Messages to the child that tries a bundle's version."""

from __future__ import annotations

from azuraforge.models.serving.messages import Folders, Opening
from azuraforge.strict_json import JsonObject


class TrialFacts(Opening):
    """A bundle's version as its ``bundle.json`` states it, and the bytes of its files."""

    kind: str
    learned_from: JsonObject
    bytes: int


class TrialOpening(TrialFacts, Folders):
    """Data with which the child tries a version."""
