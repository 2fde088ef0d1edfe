"""Prepared versions: read and checked, but not stored yet."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from azuraforge.datasets.reading.canonical import block_hashes, fingerprint_of
from azuraforge.datasets.schemas import Finding, Json
from azuraforge.plugins.contract.dataset_schema import DatasetSchema


@dataclass(frozen=True)
class Prepared:
    """A version before it is stored, with ``frame`` in canonical form and the block hashes of its fingerprint."""

    frame: pl.DataFrame
    schema: DatasetSchema
    options: Json
    findings: list[Finding]
    fingerprint: str
    blocks: tuple[str, ...] = ()


def prepared_series(frame: pl.DataFrame, schema: DatasetSchema, options: Json, findings: list[Finding]) -> Prepared:
    """Return canonical rows of series data with their fingerprint."""
    blocks = block_hashes(frame)
    found = fingerprint_of(schema, options, frame.columns, frame.height, blocks)
    return Prepared(frame, schema, options, findings, found, blocks)
