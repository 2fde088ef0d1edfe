"""The contract of a source: where the rows of a dataset come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class SourceRead:
    """What a source read: a raw frame, and what its columns mean.

    ``provenance`` (address, licence, citation …) is stored with the dataset version.
    """

    frame: pl.DataFrame
    time: str | None
    target: str
    features: tuple[str, ...] = ()
    unit: str = ""
    timezone: str = "UTC"
    provenance: Mapping[str, Any] = field(default_factory=dict)


class Source(ABC):
    """Reads rows from somewhere. ``Options`` becomes the form, the flags and the validation."""

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]
    secrets: ClassVar[tuple[str, ...]] = ()
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def read(self, options: Any) -> SourceRead:
        """Read everything ``options`` ask for; raise ``UserError`` or ``TransientError`` with one clear sentence."""
