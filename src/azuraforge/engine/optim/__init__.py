"""Optimizers, gradient clipping and learning-rate schedules."""

from azuraforge.engine.optim import schedules
from azuraforge.engine.optim.adam import Adam, AdamW
from azuraforge.engine.optim.averaging import MovingAverage
from azuraforge.engine.optim.clipping import clip_grad_norm_, clip_grad_value_
from azuraforge.engine.optim.optimizer import Optimizer
from azuraforge.engine.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "MovingAverage", "Optimizer", "clip_grad_norm_", "clip_grad_value_", "schedules"]
