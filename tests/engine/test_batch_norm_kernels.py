"""Batch normalisation by kernels: the reference's numbers in every layout, and the same bits with any threads."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import Tensor, nn

SHAPES = [(7, 5, 3, 4), (128, 16, 14, 14), (64, 130), (33, 24, 7, 7), (2, 1, 1, 1)]


def _through(x: np.ndarray, gradient: np.ndarray) -> list[np.ndarray]:
    channels = x.shape[1]
    layer = nn.BatchNorm2d(channels) if x.ndim == 4 else nn.BatchNorm1d(channels)
    assert layer.weight is not None
    assert layer.bias is not None
    layer.weight.data[...] = np.linspace(0.5, 2, channels)
    layer.bias.data[...] = np.linspace(-1, 1, channels)
    given = Tensor(x, requires_grad=True)
    answer = layer(given)
    answer.backward(gradient)
    grads = [np.asarray(each.grad) for each in (given, layer.weight, layer.bias)]
    return [answer.numpy().copy(), *grads, *(layer.state_dict()[name] for name in ("running_mean", "running_var"))]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
def test_kernels_give_the_reference_numbers(shape: tuple[int, ...], last: bool) -> None:
    rng = np.random.default_rng(0)
    x = (3 * rng.normal(size=shape) + 5).astype(np.float32)
    gradient = rng.normal(size=shape).astype(np.float32)
    if last and len(shape) == 4:
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    engine.set_backend("reference")
    expected = _through(x, gradient)
    found = []
    for threads in (1, 2):
        engine.set_backend("cpu", threads=threads)
        found.append(_through(x, gradient))
    engine.set_backend("reference")
    for one, other, wanted in zip(*found, expected, strict=True):
        assert one.tobytes() == other.tobytes()
        np.testing.assert_allclose(one, wanted, rtol=1e-4, atol=1e-5 * float(np.abs(wanted).max() + 1))
