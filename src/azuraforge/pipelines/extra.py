"""Facts that a run of this package carries in its row: what a study or the automation said when it asked for it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, JsonValue


class TrainExtra(BaseModel):
    """Of a training run: its task kind, and where its config comes from.

    Attributes:
        study: the study whose winner it is: id, name, trial.
        trials: that the config is the best of.
        refit: the winner is fitted again, on most of the validation part too.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str
    study: dict[str, JsonValue] | None = None
    trials: int = 1
    refit: bool = False

    @property
    def searched(self) -> dict[str, JsonValue]:
        """Return what the run's summary says of its study."""
        return self.model_dump(include=self.model_fields_set & {"study", "trials", "refit"})


class TrialExtra(BaseModel):
    """Of a trial: its study, whether the baselines are scored too, and whether all trials share the same parts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str
    study: dict[str, JsonValue]
    baselines: bool = False
    same_parts: bool = False

    @property
    def study_id(self) -> str:
        return str(self.study["id"])
