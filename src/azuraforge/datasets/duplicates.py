"""Which datasets hold the same data under other names, or in other versions."""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge.database import Session
from azuraforge.datasets import store


@dataclass(frozen=True)
class Kin:
    """Ids of datasets, and the contents (fingerprints, hashes of files) that some version of one of them has."""

    datasets: frozenset[str]
    contents: frozenset[str]


def kin_of(session: Session, project_id: str, known: Kin) -> Kin:
    """Everything of the project that shares a content with what is known, and so on until nothing is added.

    A dataset that was purged has no lines left; its contents are known where somebody wrote them down.
    """
    while True:
        found = store.sharing(session, known.datasets, known.contents)
        grown = Kin(
            known.datasets | {dataset_id for dataset_id, _, _ in found},
            known.contents | {each for _, *contents in found for each in contents if each},
        )
        if grown == known:
            return grown
        known = grown
