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


@dataclass(frozen=True)
class ImageRead:
    """What a source of pictures read.

    Attributes:
        frame: ``image`` (raw uint8, row-major height × width × channels), ``label`` (text), and where they are known
            ``part`` (``"train"``, ``"test"`` or null) and ``name``.
        height: of every picture, in pixels.
        width: of every picture, in pixels.
        channels: 1 (grey) or 3 (red, green, blue).
        provenance: address, licence, citation …, stored with the dataset version.
    """

    frame: pl.DataFrame
    height: int
    width: int
    channels: int
    provenance: Mapping[str, Any] = field(default_factory=dict)


class Source(ABC):
    """Reads rows from somewhere. ``Options`` becomes the form, the flags and the validation."""

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def read(self, options: Any) -> SourceRead | ImageRead:
        """Read everything ``options`` ask for; raise ``UserError`` or ``TransientError`` with one clear sentence."""
