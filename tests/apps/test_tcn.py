"""The convolutions of the TCN against plain dilated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from azuraforge.apps.forecasting.tcn import TcnConfig, TcnNetwork, dilations
from azuraforge.engine import Tensor
from azuraforge.engine.nn.functional import conv1d, pad, silu
from azuraforge.plugins.forecasting.windows import Inputs


@pytest.mark.parametrize("rows", [2, 7, 24, 25])
@pytest.mark.parametrize("kernel", [2, 3, 5])
def test_the_convolutions_are_dilated_ones_computed_only_where_they_are_read(rows: int, kernel: int) -> None:
    network = TcnNetwork(Inputs(rows, 5, 2, 0, 3), 4, TcnConfig(kernel_size=kernel, channels=6, tcn_rows=rows)).eval()
    x = Tensor(np.random.default_rng(0).normal(size=(4, rows, 5)).astype(np.float32))
    whole = x.swapaxes(1, 2)
    blocks: list[Any] = list(network.blocks)
    for block, dilation in zip(blocks, dilations(rows, kernel), strict=True):
        kept = whole if block.same else block.shortcut(whole)
        before = pad(whole, ((0, 0), (0, 0), ((kernel - 1) * dilation, 0)))
        whole = kept + silu(conv1d(before, block.convolution.weight, block.convolution.bias, dilation=dilation))
    assert np.abs(network.summary(x).numpy() - whole.numpy()[:, :, -1]).max() < 1e-5
    changed = x.numpy().copy()
    changed[:, 0] += 1  # the oldest row is still seen
    assert np.abs(network.summary(Tensor(changed)).numpy() - network.summary(x).numpy()).max() > 0
