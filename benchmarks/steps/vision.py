"""One side of bench-vision: trains vision.cnn's network on augmented MNIST, some batches at a time, on request.

A program of its own: `python -m benchmarks.steps.vision ours|pytorch THREADS DATA BATCHES`. For each line on its input
it trains on and answers with one line of JSON: seconds, of which were spent on drawing batches, and the mean loss.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.apps.vision.augmentation import Augmented, Ranges

SEED, BATCH, IMAGES = 7, 128, 20_000
CHANNELS, HIDDEN, DROPOUT = (16, 32), 128, 0.25
PEAK, DECAY, SMOOTHING, AVERAGING = 4e-3, 1e-2, 0.05, 0.995
STEPS = 3000  # of the schedule; the comparison runs its first part

Step = Callable[[Any, Any], float]


def idx(path: Path) -> Any:
    raw = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(raw[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def examples(folder: Path) -> Augmented:
    pixels = idx(folder / "mnist" / "train-images-idx3-ubyte.gz")[:IMAGES]
    labels = idx(folder / "mnist" / "train-labels-idx1-ubyte.gz")[:IMAGES].astype(np.int64)
    images = (pixels.astype(np.float32) / np.float32(pixels.std()))[:, None]
    return Augmented(images, labels, Ranges(10, 0.1, 0.07 * 28), SEED)


def batches(source: Augmented) -> Iterator[Any]:
    rng = np.random.default_rng(SEED)
    while True:
        order = rng.permutation(len(source))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            yield source.gather(order[start : start + BATCH])


def ours(threads: int) -> Step:
    from azuraforge import engine
    from azuraforge.apps.vision.cnn import CnnClassifier, CnnConfig
    from azuraforge.engine import Tensor, nn, optim
    from azuraforge.plugins.vision.config import ImageSchema

    engine.set_backend("cpu", threads=threads)
    engine.manual_seed(SEED)
    config = CnnConfig(channels=CHANNELS, hidden_size=HIDDEN, dropout=DROPOUT)
    network = CnnClassifier().build(config, ImageSchema(28, 28, 1, tuple("0123456789")))
    optimizer = optim.AdamW(network.parameters(), lr=PEAK, weight_decay=DECAY)
    schedule = optim.schedules.OneCycle(optimizer, PEAK, STEPS)
    average = optim.MovingAverage(network, decay=AVERAGING)
    network.train()

    def step(images: Any, labels: Any) -> float:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(Tensor(images)), labels, label_smoothing=SMOOTHING)
        value = loss.item()
        loss.backward()
        optimizer.step()
        schedule.step()
        average.update()
        return value

    return step


def pytorch(threads: int) -> Step:
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    layers: list[Any] = []
    inputs, side = 1, 28
    for channels in CHANNELS:
        layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(channels)]
        inputs, side = channels, side // 2
    layers += [nn.Flatten(), nn.Linear(inputs * side * side, HIDDEN), nn.ReLU()]
    layers += [nn.BatchNorm1d(HIDDEN), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, 10)]
    network = nn.Sequential(*layers).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=PEAK, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, STEPS, cycle_momentum=False)
    mean = torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGING)
    average = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=mean, use_buffers=True)
    criterion = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)

    def step(images: Any, labels: Any) -> float:
        optimizer.zero_grad()
        loss = criterion(network(torch.from_numpy(images)), torch.from_numpy(labels))
        value = loss.item()
        loss.backward()
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
        return value

    return step


def main() -> None:
    side, threads, folder, count = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    step = {"ours": ours, "pytorch": pytorch}[side](threads)
    drawn = batches(examples(folder))
    for _ in sys.stdin:
        losses, drawing, began, worked = [], 0.0, time.perf_counter(), time.process_time()
        for _ in range(count):
            before = time.perf_counter()
            images, labels = next(drawn)
            drawing += time.perf_counter() - before
            losses.append(step(images, labels))
        seconds, processor = time.perf_counter() - began, time.process_time() - worked
        told = {"seconds": seconds, "processor": processor, "drawing": drawing, "loss": sum(losses) / count}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
