"""Training loop with callbacks and exact resume."""

from azuraforge.engine.training.callbacks import BestCheckpoint, Callback, EarlyStopping, History, Progress
from azuraforge.engine.training.trainer import StepReport, Trainer

__all__ = ["BestCheckpoint", "Callback", "EarlyStopping", "History", "Progress", "StepReport", "Trainer"]
