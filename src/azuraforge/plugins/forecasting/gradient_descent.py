"""Training loop of a network forecaster, with early stopping or a fixed number of epochs. It resumes bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from azuraforge import engine
from azuraforge.engine import Tensor, data, nn, optim
from azuraforge.engine.training import Callback, EarlyStopping, Trainer
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.pipeline import RunContext
from azuraforge.plugins.forecasting.intervals import TRAINED_LEVELS
from azuraforge.plugins.forecasting.training_config import TimeSeriesConfig
from azuraforge.plugins.forecasting.windows import Examples
from azuraforge.plugins.training import BestAverage, Reporter

PREDICT_BATCH = 512


def descend(
    run: RunContext[TimeSeriesConfig],
    network: nn.Module,
    learning: Examples,
    checking: Examples | None,
    prepare: Callable[[], None],
    *,
    fixed_epochs: int | None = None,
) -> int:
    """Train ``network`` in place and return the epoch whose weights were kept.

    Args:
        run: run context with the config, and the checkpoint from which to resume.
        network: network with random initial weights.
        learning: windows of the training set.
        checking: windows of the validation set, which decide when to stop; None requires a fixed number of epochs.
        prepare: function that sets weights without gradient descent; not called if training resumes.
        fixed_epochs: number of epochs after which the last weights are kept; if None, ``stop_after`` of the config.

    Raises:
        InvalidInput: if the loss became NaN or infinite.
        ValueError: if ``checking`` is None and the number of epochs is not fixed.
    """
    config = run.config
    fixed = config.stop_after if fixed_epochs is None else fixed_epochs
    if checking is None and fixed is None:
        raise ValueError("without windows to check on, the number of epochs must be fixed")
    found = run.resume()
    if found is None:
        prepare()
    # Shuffling has its own generator, so that the dropout of a network does not change the order.
    batches = data.Batches(
        learning, config.batch_size, shuffle=True, generator=np.random.Generator(np.random.PCG64([run.seed, 1]))
    )
    total_steps = min(config.epochs * len(batches), config.max_steps)
    # With a fixed number of epochs, the validation set chooses nothing and only calibrates. The schedule is that of the
    # maximum number of epochs, as in the training on fewer rows that determined the fixed number.
    epochs = min(-(-total_steps // len(batches)), config.epochs if fixed is None else fixed)
    optimizer = optim.AdamW(
        [parameter for parameter in network.parameters() if parameter.requires_grad],
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
    )
    average = optim.MovingAverage(network, decay=0.995)
    best = BestAverage(average)
    callbacks: list[Callback] = [] if checking is None else [best]
    callbacks += [EarlyStopping(config.patience)] if fixed is None else []
    trainer = Trainer(
        network,
        optimizer,
        _loss_of(config.loss),
        batches,
        schedule=optim.schedules.WarmupCosine(
            optimizer,
            warmup_steps=min(200, total_steps // 10),
            total_steps=total_steps,
            min_lr=config.learning_rate / 50,
        ),
        clip_norm=config.clip_norm,
        average=average,
        callbacks=(*callbacks, Reporter(run, total_steps)),
    )
    looks = None if checking is None else data.Batches(checking, PREDICT_BATCH)
    if found is not None:
        trainer.load(found.folder)
    elif looks is not None:
        # The initial weights are a candidate too: a network that only got worse falls back to them.
        best.consider(trainer, trainer.evaluate(looks))
    try:
        trainer.fit(epochs, validation=looks, total_steps=total_steps)
    except engine.EngineError as error:
        raise InvalidInput(
            "training failed at step {step}: {reason}",
            where="config.learning_rate",
            next_step="choose a lower learning_rate or clip_norm, or check the data for outliers",
            step=trainer.steps + 1,
            reason=str(error),
        ) from error
    if fixed is None:
        network.load_state_dict(best.weights)
        return best.epoch
    with average.applied():
        last = network.state_dict()
    network.load_state_dict(last)
    return trainer.epoch


def _loss_of(name: Literal["mse", "huber"]) -> Callable[[Tensor, Tensor], Tensor]:
    point_loss = nn.functional.mse_loss if name == "mse" else nn.functional.huber_loss

    def loss(answer: Tensor, target: Tensor) -> Tensor:
        return point_loss(answer[:, :, 0], target) + nn.functional.quantile_loss(
            answer[:, :, 1:], target, TRAINED_LEVELS
        )

    return loss
