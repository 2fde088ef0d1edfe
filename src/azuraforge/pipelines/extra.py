"""Data of training, trial and batch runs that is not part of their config."""

from __future__ import annotations

from pydantic import Field

from azuraforge.errors import InvalidInput
from azuraforge.runs.handlers import RunExtra


class TrainExtra(RunExtra):
    """Data of a training run: its task kind and, for a study's winner, facts about the search that the gate needs."""

    task: str
    trials: int = Field(default=1, ge=1, description="configs that were tried before this one was chosen")
    retrained: bool = Field(default=False, description="a study's winner: learns most validation rows too")


class TrialExtra(RunExtra):
    """Data of a trial of a study."""

    task: str
    baselines: bool = Field(default=False, description="scores the baselines too")
    same_parts: bool = Field(default=False, description="every trial of the study has the same rows in its parts")

    @property
    def study_id(self) -> str:
        """Id of the study. Raises InvalidInput if the run belongs to no study."""
        if self.study is None:
            raise InvalidInput(
                "the trial specifies no study", where="extra", next_step="create a study with azuraforge studies create"
            )
        return self.study.id


class BatchExtra(RunExtra):
    """Data of a batch prediction: the alias that selected the version, and the hash of the version's content."""

    alias: str | None = None
    content_hash: str
