"""Batches of a dataset, in order or shuffled, resumable at any batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from queue import Full, Queue
from typing import Any

import numpy as np

from azuraforge.engine.data.datasets import Dataset
from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.random import default_generator, generator_state, restore_generator
from azuraforge.engine.tensor import Tensor


class Batches:
    """Batches of a dataset; each ``iter`` is one epoch.

    Args:
        dataset: dataset of the examples.
        batch_size: examples per batch.
        shuffle: whether each epoch has a new random order.
        drop_last: whether to omit a last batch that is not full.
        prefetch: number of batches gathered ahead in a thread; 0 gathers each batch on request. The order is the same.
        generator: source of the order; the module-level one by default. Give it one of its own, so that
            shuffling and dropout do not disturb each other.

    ``state_dict`` in the middle of an epoch remembers the order and the position: after ``load_state_dict`` the
    next ``iter`` continues with the batch that would have followed.

    Raises:
        EngineError: ``batch_size`` is below 1, ``prefetch`` is negative, the dataset is empty, or ``drop_last`` leaves
            no batch.

    >>> from azuraforge.engine.data import Arrays
    >>> [batch[0].shape for batch in Batches(Arrays(np.zeros((5, 3))), 2)]
    [(2, 3), (2, 3), (1, 3)]
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        shuffle: bool = False,
        drop_last: bool = False,
        prefetch: int = 0,
        generator: np.random.Generator | None = None,
    ) -> None:
        if batch_size < 1 or prefetch < 0:
            raise EngineError(f"batch_size must be at least 1 and prefetch not negative, got {batch_size}, {prefetch}")
        if not len(dataset):
            raise EngineError("the dataset is empty")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.prefetch = prefetch
        self.generator = generator if generator is not None else default_generator()
        self._position = 0  # batches of this epoch already returned
        self._before_epoch: dict[str, Any] | None = None  # the generator's state that made this epoch's order
        self._order = np.arange(len(dataset))
        if not len(self):
            raise EngineError(f"{len(dataset)} examples make no full batch of {batch_size}")

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (1 if rest and not self.drop_last else 0)

    @property
    def at_start(self) -> bool:
        """Return whether the next batch begins an epoch."""
        return self._position == 0

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        if self._position == 0 and self.shuffle:
            self._before_epoch = generator_state(self.generator)
            self._order = self.generator.permutation(len(self.dataset))
        source = self._ahead() if self.prefetch else self._gathered()
        for arrays in source:
            # Counted before the batch is used: a checkpoint taken after the step continues with the next one.
            self._position += 1
            if self._position == len(self):
                self._position = 0
                self._before_epoch = None
            yield tuple(Tensor(array) for array in arrays)

    def _gathered(self) -> Iterator[tuple[Array, ...]]:
        for batch in range(self._position, len(self)):
            yield self.dataset.gather(self._order[batch * self.batch_size : (batch + 1) * self.batch_size])

    def _ahead(self) -> Iterator[tuple[Array, ...]]:
        ready: Queue[tuple[Array, ...] | BaseException | None] = Queue(self.prefetch)
        stopped = threading.Event()

        def put(item: tuple[Array, ...] | BaseException | None) -> bool:
            while not stopped.is_set():
                try:
                    ready.put(item, timeout=0.1)
                    return True
                except Full:
                    continue
            return False

        def gather() -> None:
            try:
                for arrays in self._gathered():
                    if not put(arrays):
                        return
                put(None)
            except Exception as error:  # raised again in the thread that iterates
                put(error)

        thread = threading.Thread(target=gather, name="engine-prefetch", daemon=True)
        thread.start()
        try:
            while True:
                item = ready.get()
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stopped.set()
            thread.join()

    def state_dict(self) -> dict[str, Any]:
        """Return position and random state as values that JSON can hold."""
        return {
            "position": self._position,
            "examples": len(self.dataset),
            "batch_size": self.batch_size,
            "before_epoch": self._before_epoch,
            "generator": generator_state(self.generator),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore ``state``, a result of :meth:`state_dict`.

        Raises:
            EngineError: the state belongs to another number of examples, batch size or kind of generator.
        """
        if state["examples"] != len(self.dataset) or state["batch_size"] != self.batch_size:
            raise EngineError(
                f"the state is of {state['examples']} examples in batches of {state['batch_size']}, "
                f"these are {len(self.dataset)} in batches of {self.batch_size}"
            )
        self._position = int(state["position"])
        self._order = np.arange(len(self.dataset))
        self._before_epoch = state["before_epoch"]
        if self._before_epoch is not None:
            restore_generator(self._before_epoch, self.generator)
            self._order = self.generator.permutation(len(self.dataset))
        restore_generator(state["generator"], self.generator)
