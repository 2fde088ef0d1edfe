"""Comparison with a dataset's incumbent forecast, on the targets that it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from azuraforge.models.gate.comparability import needed_origins
from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.evidence import Comparison, compare, tightened_level
from azuraforge.models.gate.outlook import would_decide
from azuraforge.models.gate.reasons import Reason


@dataclass(frozen=True)
class AgainstIncumbent:
    """The candidate and the best baseline, each compared with the incumbent forecast.

    The best of several baselines was chosen on the same test set, so each baseline counts as one more trial.

    Attributes:
        candidate: comparison of the candidate with the incumbent.
        best: comparison of the best baseline with the incumbent.
        needed: minimum number of origins or examples for a decision.
        estimated: reason that states how many more would decide an open comparison of the candidate; may be empty.
    """

    candidate: Comparison
    best: Comparison
    needed: int
    estimated: Sequence[Reason] = ()

    @classmethod
    def of(
        cls,
        incumbent: Contender,
        candidate: Contender,
        best: Contender,
        level: float,
        baselines: int,
        how: Mapping[str, int],
    ) -> AgainstIncumbent:
        """Compare ``candidate`` and ``best`` with ``incumbent``, each on the targets that both sides have.

        Args:
            incumbent: incumbent forecast.
            candidate: candidate.
            best: best baseline.
            level: confidence level, which is tightened for ``best``.
            baselines: number of baselines from which ``best`` was chosen.
            how: horizon, season, resamples and seed.
        """
        needed = needed_origins(how["horizon"], how["season"], in_time=candidate.in_time)
        mine, present = _same_rows(candidate, incumbent)
        rival, reference = _same_rows(best, incumbent)
        found = compare(mine, present, level=level, **how)
        return cls(
            found,
            compare(rival, reference, level=tightened_level(level, trials=baselines), **how),
            needed,
            would_decide(found, mine, present, how["horizon"], needed),
        )

    @property
    def comparisons(self) -> list[Comparison]:
        """Comparisons of the candidate and of the best baseline."""
        return [self.candidate, self.best]

    @property
    def reasons(self) -> list[Reason]:
        """Reasons that state whether the candidate beats the incumbent forecast."""
        return [self._reason(self.candidate), *self.estimated]

    @property
    def best_reason(self) -> Reason:
        """Reason that states whether the best baseline beats the incumbent forecast."""
        return self._reason(self.best)

    def _reason(self, found: Comparison) -> Reason:
        if found.unknown is not None:
            return Reason("incumbent_unknown", {**found.params, "needed": self.needed})
        return Reason("beats_incumbent" if found.better else "not_better_than_incumbent", found.params)


def _same_rows(contender: Contender, incumbent: Contender) -> tuple[Contender, Contender]:
    """Return both contenders, restricted to the targets that both have; rows without such targets are removed."""
    there = ~np.isnan(incumbent.losses) & ~np.isnan(contender.losses)
    rows = np.asarray(there.any(axis=1), dtype=np.bool_)
    mine, present = (each.where(there).at(rows) for each in (contender, incumbent))
    return mine, present
