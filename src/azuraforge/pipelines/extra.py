"""Data of training, trial and batch runs that is not part of their config."""

from __future__ import annotations

from pydantic import Field

from azuraforge.errors import InvalidInput
from azuraforge.runs.handlers import RunExtra


class TrainExtra(RunExtra):
    """Data of a training run: its task kind and, for a study's winner, facts about the search that the gate needs."""

    task: str
    trials: int = Field(default=1, ge=1, description="number of configs tried before this one was selected")
    retrained: bool = Field(
        default=False,
        description="whether a study's winner is retrained, with most validation rows added to its training set",
    )


class TrialExtra(RunExtra):
    """Data of a trial of a study."""

    task: str
    baselines: bool = Field(default=False, description="whether the trial also scores the baselines")
    same_parts: bool = Field(
        default=False, description="whether all trials of the study have the same rows in each set"
    )

    @property
    def study_id(self) -> str:
        """Id of the study. Raises InvalidInput if the run belongs to no study."""
        if self.study is None:
            raise InvalidInput(
                "the trial specifies no study", where="extra", next_step="create a study with azuraforge studies create"
            )
        return self.study.id


class BatchExtra(RunExtra):
    """Data of a batch prediction: the alias that selected the version, and the hash of the version's content.

    ``alias`` is None if the request specified the version by its number.
    """

    alias: str | None = None
    content_hash: str
