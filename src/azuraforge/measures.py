"""Measures: named numbers that an automation may watch. Any package adds its own to ``MEASURES``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from azuraforge.package import Extension


class Measure(Protocol):
    """A number about the platform, a dataset or a model, as it is now."""

    @property
    def name(self) -> str:
        """The measure's name, such as ``dataset.age_seconds``."""
        ...

    @property
    def about(self) -> Mapping[str, str]:
        """One sentence for each language: ``en`` and ``tr``."""
        ...

    def read(self, project_id: str, of: str | None) -> float | None:
        """Return the number, or None while there is none yet.

        ``of`` names the dataset or the model. Raises UserError where it does not exist, or is needed and missing.
        """
        ...


#: The measures that automations may watch.
MEASURES: Extension[Measure] = Extension("measures")
