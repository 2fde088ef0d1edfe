"""What the child that tries a bundle's version is asked."""

from __future__ import annotations

from azuraforge.models.serving.messages import Folders, Opening
from azuraforge.strict_json import JsonObject


class TrialFacts(Opening):
    """A bundle's version as its ``bundle.json`` states it, and the bytes of its files."""

    kind: str
    learned_from: JsonObject
    bytes: int


class TrialOpening(TrialFacts, Folders):
    """Everything that the child needs to try a version."""
