"""Datasets that hold the same data under other names, or in other versions."""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge.database import Session
from azuraforge.datasets import store


@dataclass(frozen=True)
class SameData:
    """Ids of datasets with the same data, and the contents (fingerprints, hashes of files) of their versions."""

    datasets: frozenset[str]
    contents: frozenset[str]


def find_same_data(session: Session, known: SameData) -> SameData:
    """Return all datasets of the project that share a content with a known one, directly or through others.

    A purged dataset has no rows left; its contents are known only through ``known``.
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
