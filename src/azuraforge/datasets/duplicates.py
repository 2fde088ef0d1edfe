"""Datasets that contain the same data under other names or in other versions."""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge.database import Session
from azuraforge.datasets import store


@dataclass(frozen=True)
class SameData:
    """Ids of datasets with the same data, and the fingerprints and file hashes of their versions."""

    datasets: frozenset[str]
    contents: frozenset[str]


def find_same_data(session: Session, known: SameData) -> SameData:
    """Return all datasets of the project that share content with ``known``, directly or through other datasets.

    A purged dataset has no rows left, so only ``known`` can contribute its contents.
    """
    while True:
        found = store.sharing(session, known.datasets, known.contents)
        grown = SameData(
            known.datasets | {dataset_id for dataset_id, _, _ in found},
            known.contents | {each for _, *contents in found for each in contents if each},
        )
        if grown == known:
            return grown
        known = grown
