"""What the engine's tests share: a finite-difference check that works on any function of tensors."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from azuraforge import engine

sys.path.append(str(Path(__file__).parent))  # drawing.py, op_cases.py

GradientCheck = Callable[..., None]


def numeric_gradient(
    function: Callable[..., engine.Tensor],
    arrays: Sequence[np.ndarray],
    index: int,
    weights: np.ndarray,
    step: float = 1e-6,
) -> np.ndarray:
    """Differentiate ``sum(function(*arrays) * weights)`` by ``arrays[index]`` with central differences."""

    def value(changed: np.ndarray) -> float:
        inputs = [engine.Tensor(changed if i == index else array) for i, array in enumerate(arrays)]
        with engine.no_grad():
            return float((function(*inputs).data * weights).sum())

    gradient = np.zeros_like(arrays[index])
    for position in np.ndindex(arrays[index].shape):
        higher, lower = arrays[index].copy(), arrays[index].copy()
        higher[position] += step
        lower[position] -= step
        gradient[position] = (value(higher) - value(lower)) / (2 * step)
    return gradient


@pytest.fixture
def check_gradients() -> GradientCheck:
    """A function that compares backward with finite differences in float64, for every floating input."""

    def check(function: Callable[..., engine.Tensor], *arrays: np.ndarray, tolerance: float = 1e-6) -> None:
        inputs = [engine.Tensor(array, requires_grad=array.dtype.kind == "f") for array in arrays]
        output = function(*inputs)
        # Random weights, so that errors of opposite sign cannot cancel.
        weights = np.random.default_rng(99).normal(size=output.shape)
        output.backward(weights)
        for index, item in enumerate(inputs):
            if not item.requires_grad:
                continue
            assert item.grad is not None, f"input {index} got no gradient"
            expected = numeric_gradient(function, arrays, index, weights)
            np.testing.assert_allclose(
                item.grad.numpy(), expected, rtol=tolerance, atol=tolerance, err_msg=f"gradient of input {index}"
            )

    return check


@pytest.fixture(scope="session")
def kernel_cache() -> Path:
    """The folder in which the kernels of these sources are compiled once for all tests of this machine. What compiling
    does is tested in folders of their own (``processes/test_kernels.py``, ``platform/test_kernels.py``)."""
    return Path(os.environ["AZURAFORGE_ENGINE__KERNELS"])


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator."""
    return np.random.default_rng(1234)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes long to ``make proof`` (``-m proof``)."""
    if "proof" in (config.option.markexpr or ""):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.get_closest_marker("proof"):
            item.add_marker(pytest.mark.skip(reason="takes long: make proof"))
