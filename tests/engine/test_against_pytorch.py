"""Outputs and gradients of every layer, loss and optimizer against stored results of real PyTorch modules.

``make_torch_vectors.py`` alongside this file makes the stored results.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge.engine import Tensor, io, nn, optim
from azuraforge.engine.nn import functional as F

VECTORS, METADATA = io.load_safetensors(Path(__file__).with_name("torch_vectors.safetensors"))
LENGTHS = np.array([5, 3, 1])
CAUSAL = np.triu(np.ones((5, 5), bool), 1)
PADDING = np.arange(5)[None, :] >= LENGTHS[:, None]

Call = Callable[[Any, Tensor], Any]

LAYERS: dict[str, tuple[Callable[[], nn.Module], Call]] = {
    "linear": (lambda: nn.Linear(4, 3), lambda m, x: m(x)),
    "lstm": (lambda: nn.LSTM(4, 3), lambda m, x: m(x)),
    "lstm_deep": (lambda: nn.LSTM(4, 3, num_layers=2, bidirectional=True), lambda m, x: m(x)),
    "lstm_lengths": (lambda: nn.LSTM(4, 3, num_layers=2, bidirectional=True), lambda m, x: m(x, lengths=LENGTHS)),
    "gru": (lambda: nn.GRU(4, 3), lambda m, x: m(x)),
    "gru_deep": (lambda: nn.GRU(4, 3, num_layers=2, bidirectional=True), lambda m, x: m(x)),
    "gru_lengths": (lambda: nn.GRU(4, 3, bidirectional=True), lambda m, x: m(x, lengths=LENGTHS)),
    "layer_norm": (lambda: nn.LayerNorm(4), lambda m, x: m(x)),
    "batch_norm_1d": (lambda: nn.BatchNorm1d(5), lambda m, x: m(x)),
    "batch_norm_2d": (lambda: nn.BatchNorm2d(4), lambda m, x: m(x)),
    "batch_norm_eval": (lambda: nn.BatchNorm2d(4).eval(), lambda m, x: m(x)),
    "conv2d": (lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1), lambda m, x: m(x)),
    "conv2d_groups": (
        lambda: nn.Conv2d(4, 6, (3, 2), padding=(1, 0), dilation=(2, 1), groups=2),
        lambda m, x: m(x),
    ),
    "conv1d": (lambda: nn.Conv1d(5, 6, 2, stride=2, padding=1), lambda m, x: m(x)),
    "max_pool_2d": (lambda: nn.MaxPool2d(3, stride=2, padding=1), lambda m, x: m(x)),
    "avg_pool_2d": (lambda: nn.AvgPool2d(2, stride=2, padding=1), lambda m, x: m(x)),
    "max_pool_1d": (lambda: nn.MaxPool1d(2), lambda m, x: m(x)),
    "avg_pool_1d": (lambda: nn.AvgPool1d(2, stride=1), lambda m, x: m(x)),
    "embedding": (lambda: nn.Embedding(5, 3, padding_idx=0), lambda m, x: m(x)),
    "embedding_bag_sum": (lambda: nn.EmbeddingBag(5, 3, mode="sum"), lambda m, x: m(x)),
    "embedding_bag_mean": (lambda: nn.EmbeddingBag(5, 3, mode="mean"), lambda m, x: m(x)),
    "embedding_bag_max": (lambda: nn.EmbeddingBag(5, 3, mode="max"), lambda m, x: m(x)),
    "relu": (nn.ReLU, lambda m, x: m(x)),
    "leaky_relu": (lambda: nn.LeakyReLU(0.1), lambda m, x: m(x)),
    "gelu": (nn.GELU, lambda m, x: m(x)),
    "silu": (nn.SiLU, lambda m, x: m(x)),
    "tanh": (nn.Tanh, lambda m, x: m(x)),
    "sigmoid": (nn.Sigmoid, lambda m, x: m(x)),
    "softplus": (nn.Softplus, lambda m, x: m(x)),
    "softmax": (nn.Softmax, lambda m, x: m(x)),
    "attention": (lambda: nn.MultiheadAttention(4, 2), lambda m, x: m(x)),
    "attention_causal": (lambda: nn.MultiheadAttention(4, 2), lambda m, x: m(x, causal=True)),
    "attention_padding": (lambda: nn.MultiheadAttention(4, 2), lambda m, x: m(x, key_padding_mask=PADDING)),
    "attention_cross": (lambda: nn.MultiheadAttention(4, 2), lambda m, x: m(x, x[:, :2], x[:, 1:3])),
    "encoder_post": (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), lambda m, x: m(x)),
    "encoder_pre": (
        lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, norm_first=True, activation="gelu"),
        lambda m, x: m(x),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_computes_what_pytorch_computes(name):
    make, call = LAYERS[name]
    layer = make().astype(np.float64)
    stored = {key.removeprefix(f"{name}/"): value for key, value in VECTORS.items() if key.startswith(f"{name}/")}
    layer.load_state_dict({key.removeprefix("state/"): v for key, v in stored.items() if key.startswith("state/")})
    values = stored["input"]
    x = Tensor(values, requires_grad=values.dtype.kind == "f")
    output = call(layer, x)
    total = None
    if isinstance(output, tuple):
        output, state = output
        for index, one in enumerate(state if isinstance(state, tuple) else (state,)):
            np.testing.assert_allclose(one.numpy(), stored[f"last{index}"], rtol=1e-10, atol=1e-12)
            squares = (one * one).sum()
            total = squares if total is None else total + squares
    np.testing.assert_allclose(output.numpy(), stored["output"], rtol=1e-10, atol=1e-12)
    mixed = (output * Tensor(stored["mix"])).sum()
    (mixed if total is None else mixed + total).backward()
    if x.requires_grad:
        np.testing.assert_allclose(x.grad.numpy(), stored["grad_input"], rtol=1e-9, atol=1e-11)
    gradients = {key.removeprefix("grad/") for key in stored if key.startswith("grad/")}
    assert gradients == {key for key, _ in layer.named_parameters()}
    for key, parameter in layer.named_parameters():
        np.testing.assert_allclose(parameter.grad.numpy(), stored[f"grad/{key}"], rtol=1e-9, atol=1e-11, err_msg=key)
    for key, buffer in layer.named_buffers():
        np.testing.assert_allclose(buffer.numpy(), stored[f"after/{key}"], rtol=1e-6, atol=1e-7, err_msg=key)


TARGET = VECTORS["loss_target"]
TRUTH = (TARGET > 0).astype(float)
CLASSES = np.array([[0, 3, 1, 2, -100], [1, 1, -100, 0, 2], [3, 3, 3, 0, 1]])
CLASS_WEIGHTS = np.array([0.5, 1.0, 2.0, 3.0])
LOSSES = {
    "mse": lambda x, r: F.mse_loss(x, TARGET, reduction=r),
    "l1": lambda x, r: F.l1_loss(x, TARGET, reduction=r),
    "huber": lambda x, r: F.huber_loss(x, TARGET, delta=0.7, reduction=r),
    "cross_entropy": lambda x, r: F.cross_entropy(
        x.transpose(0, 2, 1), CLASSES, CLASS_WEIGHTS, label_smoothing=0.1, reduction=r
    ),
    "bce": lambda x, r: F.bce_loss(x.sigmoid(), TRUTH, reduction=r),
    "bce_logits": lambda x, r: F.bce_with_logits(x, TRUTH, reduction=r),
    "gaussian_nll": lambda x, r: F.gaussian_nll_loss(x, TARGET, F.softplus(x) + 0.1, full=True, reduction=r),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_computes_what_pytorch_computes(name, reduction):
    case = f"{name}_{reduction}"
    x = Tensor(VECTORS[f"{case}/input"], requires_grad=True)
    loss = LOSSES[name](x, reduction)
    np.testing.assert_allclose(loss.numpy(), VECTORS[f"{case}/output"], rtol=1e-10, atol=1e-12)
    loss.backward(VECTORS[f"{case}/mix"])
    np.testing.assert_allclose(x.grad.numpy(), VECTORS[f"{case}/grad_input"], rtol=1e-9, atol=1e-11)


OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "sgd_momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: optim.Adam(p, lr=0.1, betas=(0.8, 0.95), weight_decay=0.01),
    "adamw": lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_walks_pytorchs_path(name):
    p = nn.Parameter(np.array([1.0, -2.0, 3.0]))
    optimizer, path = OPTIMIZERS[name]([p]), []
    for step in range(6):
        optimizer.zero_grad()
        ((p - step) ** 2).sum().backward()
        optimizer.step()
        path.append(p.numpy().copy())
    np.testing.assert_allclose(np.stack(path), VECTORS[f"optimizer_{name}"], rtol=1e-10)


def test_one_cycle_is_pytorchs():
    optimizer = optim.SGD([nn.Parameter(np.zeros(1))], lr=1.0)
    schedule, rates = optim.schedules.OneCycle(optimizer, max_lr=2.0, total_steps=20), []
    for _ in range(20):
        rates.append(optimizer.lr)
        schedule.step()
    np.testing.assert_allclose(rates, VECTORS["schedule_one_cycle"], rtol=1e-10)


def test_every_stored_layer_is_compared():
    stored = {key.split("/")[0] for key in VECTORS if "/" in key}
    losses = {f"{name}_{reduction}" for name in LOSSES for reduction in ("mean", "sum", "none")}
    assert stored == set(LAYERS) | losses
    assert METADATA["torch"].startswith("2.")
