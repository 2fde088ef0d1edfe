"""Measures: named numbers that automations can watch. Each package adds its own to ``MEASURES``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from azuraforge.package import Extension


class Measure(Protocol):
    """A current number about the platform, a dataset or a model."""

    @property
    def name(self) -> str:
        """The measure's name, such as ``dataset.age_seconds``."""
        ...

    @property
    def about(self) -> Mapping[str, str]:
        """A one-sentence description in each language: ``en`` and ``tr``."""
        ...

    def read(self, project_id: str, of: str | None) -> float | None:
        """Return the current number, or None if there is none yet.

        ``of`` names the dataset or the model. Raises UserError if it does not exist, or if it is required and None.
        """
        ...


#: The measures that automations may watch.
MEASURES: Extension[Measure] = Extension("measures")
