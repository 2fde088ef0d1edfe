"""A dataset version between reading and storing."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from azuraforge.datasets.schemas import Finding, Json
from azuraforge.plugins.contract.dataset_schema import DatasetSchema


@dataclass(frozen=True)
class Prepared:
    """A dataset version before it is stored: ``frame`` in canonical form."""

    frame: pl.DataFrame
    schema: DatasetSchema
    options: Json
    findings: list[Finding]
    fingerprint: str
