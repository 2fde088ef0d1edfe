"""Full training steps of the engine and of PyTorch on the same numbers, from the same weights.

A step is forward, backward and Adam through the public API. A case is name → sides; the first two sides are always
``ours`` and ``pytorch``, others are there for the reader.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

Step = Callable[[], Any]
SEED = 0
CHANNELS_LAST = "PyTorch channels-last, fused Adam"
ROUND = "the round size"  # our own step at the neighbouring round size
# What one step of LSTM or GRU computes grows with batch x time x hidden x (features + hidden).
ODD, EVEN = (7, 37, 8, 50), (8, 36, 8, 48)


def work(batch: int, time: int, features: int, hidden: int) -> int:
    """Return the multiplications per gate of one pass over a sequence."""
    return batch * time * hidden * (features + hidden)


class Cases:
    """Builder of the steps, one by one on request, so that the memory of one case does not affect the next."""

    def __init__(self, np: Any, torch: Any, engine: Any) -> None:
        self.np, self.torch, self.engine = np, torch, engine
        self.builders: dict[str, Callable[[], dict[str, Step]]] = {
            "lstm b32 t60 f8 h64": lambda: self.recurrent("LSTM", 32, 60, 8, 64),
            "lstm two layers": lambda: self.recurrent("LSTM", 32, 60, 8, 64, 2),
            "lstm b64 t24 h128": lambda: self.recurrent("LSTM", 64, 24, 8, 128),
            "lstm odd b7 t37 h50": lambda: self.odd("LSTM"),
            "gru b32 t60 f8 h64": lambda: self.recurrent("GRU", 32, 60, 8, 64),
            "gru odd b7 t37 h50": lambda: self.odd("GRU"),
            "cnn 28x28 b64": self.cnn,
            "dense conv 32→64": self.dense_convolution,
            "mlp 784-128-128-10 b64": self.mlp,
            "encoder d64 h4 t60 b32": lambda: self.encoder(1),
            "encoder two layers": lambda: self.encoder(2),
            "adam 19k": lambda: self.adam(19_000),
            "adam 1M": lambda: self.adam(1_000_000),
            "lstm inference b1": self.inference,
            "mlp 512-1024-1024-10 b256": self.large_mlp,
        }

    def normal(self, *shape: int) -> Any:
        return self.np.random.default_rng(SEED + sum(shape)).normal(size=shape).astype(self.np.float32)

    def labels(self, count: int) -> Any:
        return self.np.random.default_rng(SEED).integers(0, 10, count)

    def supervised(self, ours: Any, theirs: Any, x: Any, y: Any, *, images: bool = False) -> dict[str, Step]:
        """Return the sides of a model that maps x to y."""
        engine, torch = self.engine, self.torch
        ours.load_state_dict({name: value.numpy().copy() for name, value in theirs.state_dict().items()})
        optimizer = engine.optim.Adam(ours.parameters(), lr=1e-3)
        our_x, our_y = engine.Tensor(x), engine.Tensor(y)
        kind = "cross_entropy" if y.dtype.kind == "i" else "mse_loss"
        our_loss, their_loss = getattr(engine.nn.functional, kind), getattr(torch.nn.functional, kind)

        def step() -> Any:
            optimizer.zero_grad()
            loss = our_loss(ours(our_x), our_y)
            loss.backward()
            optimizer.step()
            return loss

        def pytorch(model: Any, their_x: Any, their_y: Any, **options: Any) -> Step:
            their_optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, **options)

            def their_step() -> Any:
                their_optimizer.zero_grad()
                loss = their_loss(model(their_x), their_y)
                loss.backward()
                their_optimizer.step()
                return loss.detach()

            return their_step

        sides = {"ours": step}
        if images:
            import copy

            last = torch.channels_last
            model = copy.deepcopy(theirs).to(memory_format=last)
            their_y = torch.tensor(y)
            if their_y.ndim == 4:
                their_y = their_y.contiguous(memory_format=last)
            their_x = torch.tensor(x).contiguous(memory_format=last)
            sides[CHANNELS_LAST] = pytorch(model, their_x, their_y, fused=True)
        sides["pytorch"] = pytorch(theirs, torch.tensor(x), torch.tensor(y))
        return sides

    def recurrent(
        self, kind: str, batch: int, time: int, features: int, hidden: int, layers: int = 1
    ) -> dict[str, Step]:
        nn, theirs = self.engine.nn, self.torch.nn

        class Ours(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.core, self.head = getattr(nn, kind)(features, hidden, layers), nn.Linear(hidden, 1)

            def forward(self, x: Any) -> Any:
                return self.head(self.core(x)[0][:, -1])

        class Theirs(theirs.Module):
            def __init__(self) -> None:
                super().__init__()
                self.core = getattr(theirs, kind)(features, hidden, layers, batch_first=True)
                self.head = theirs.Linear(hidden, 1)

            def forward(self, x: Any) -> Any:
                return self.head(self.core(x)[0][:, -1])

        return self.supervised(Ours(), Theirs(), self.normal(batch, time, features), self.normal(batch, 1))

    def odd(self, kind: str) -> dict[str, Step]:
        sides = self.recurrent(kind, *ODD)
        return {**sides, ROUND: self.recurrent(kind, *EVEN)["ours"]}

    def both(self, *layers: tuple[Any, ...]) -> tuple[Any, Any]:
        ours, theirs = (
            side.Sequential(*[getattr(side, kind)(*arguments) for kind, *arguments in layers])
            for side in (self.engine.nn, self.torch.nn)
        )
        return ours, theirs

    def cnn(self) -> dict[str, Step]:
        layers = (("Conv2d", 1, 16, 3, 1, 1), ("ReLU",), ("MaxPool2d", 2), ("Conv2d", 16, 32, 3, 1, 1), ("ReLU",),
                  ("MaxPool2d", 2), ("Flatten",), ("Linear", 1568, 10))  # fmt: skip
        return self.supervised(*self.both(*layers), self.normal(64, 1, 28, 28), self.labels(64), images=True)

    def dense_convolution(self) -> dict[str, Step]:
        x, y = self.normal(16, 32, 28, 28), self.normal(16, 64, 28, 28)
        return self.supervised(*self.both(("Conv2d", 32, 64, 3, 1, 1)), x, y, images=True)

    def layers(self, *sizes: int, batch: int) -> dict[str, Step]:
        pairs = [(("Linear", a, b), ("ReLU",)) for a, b in itertools.pairwise(sizes)]
        flat = [layer for pair in pairs for layer in pair][:-1]
        return self.supervised(*self.both(*flat), self.normal(batch, sizes[0]), self.labels(batch))

    def mlp(self) -> dict[str, Step]:
        return self.layers(784, 128, 128, 10, batch=64)

    def large_mlp(self) -> dict[str, Step]:
        """Large matrices, where PyTorch's products are the best there are."""
        return self.layers(512, 1024, 1024, 10, batch=256)

    def encoder(self, count: int) -> dict[str, Step]:
        nn, theirs = self.engine.nn, self.torch.nn
        ours = nn.Sequential(*[nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0) for _ in range(count)])
        other = theirs.Sequential(
            *[theirs.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True) for _ in range(count)]
        )
        return self.supervised(ours, other, self.normal(32, 60, 64), self.normal(32, 60, 64))

    def adam(self, size: int) -> dict[str, Step]:
        """Return the optimizer's step alone, against PyTorch's fused one."""
        values = [self.normal(part) for part in (size // 4, size // 4, size // 2)]
        ours = [self.engine.nn.Parameter(value.copy()) for value in values]
        theirs = [self.torch.nn.Parameter(self.torch.tensor(value)) for value in values]
        our_optimizer, their_optimizer = self.engine.optim.Adam(ours), self.torch.optim.Adam(theirs, fused=True)
        for mine, other, value in zip(ours, theirs, values, strict=True):
            mine.accumulate_gradient(value)
            other.grad = self.torch.tensor(value)
        return {"ours": our_optimizer.step, "pytorch": their_optimizer.step}

    def inference(self) -> dict[str, Step]:
        core, other = self.engine.nn.LSTM(8, 64), self.torch.nn.LSTM(8, 64, batch_first=True)
        core.load_state_dict({name: value.numpy().copy() for name, value in other.state_dict().items()})
        x = self.normal(1, 60, 8)
        our_x, their_x = self.engine.Tensor(x), self.torch.tensor(x)

        def ours() -> Any:
            with self.engine.no_grad():
                return core(our_x)[0][0, -1, 0]

        def pytorch() -> Any:
            with self.torch.no_grad():
                return other(their_x)[0][0, -1, 0]

        return {"ours": ours, "pytorch": pytorch}
