"""Task kinds for tests: the built-in ones without a catalogue, and one with other baselines."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from azuraforge.plugins.contract.task_kind import TaskKindFacts
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.plugins.kinds.classify.kind import Classify
from azuraforge.plugins.kinds.forecast.kind import Forecast


def built_in_kinds() -> Mapping[str, TaskKindFacts]:
    """Return the built-in task kinds by name."""
    return {kind.name: kind.facts() for kind in (Forecast, Classify)}


def use_baselines(patch: pytest.MonkeyPatch, task: str, *names: str) -> None:
    """Have every run of ``task`` compared with these baselines only: fitting all of them takes seconds."""
    real = Catalogue.task_kinds

    def task_kinds(self: Catalogue) -> Mapping[str, TaskKindFacts]:
        return {
            name: kind.model_copy(update={"baselines": names}) if name == task else kind
            for name, kind in real(self).items()
        }

    patch.setattr(Catalogue, "task_kinds", task_kinds)
