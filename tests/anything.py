"""The answer of a toy entry point, whatever its fields are."""

from __future__ import annotations

from typing import Any

from pydantic import RootModel


class Anything(RootModel[dict[str, Any]]):
    """Any JSON object; ``root`` is its fields."""
