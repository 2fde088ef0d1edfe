"""Make torch_vectors.safetensors: what real PyTorch modules compute, for the tests to hold ours against.

Run it with an environment that has torch: ``python tests/engine/make_torch_vectors.py``. For each case it
stores input, weights, output and the gradients of ``sum(output * mix)``, all in float64.
"""

# mypy: ignore-errors
from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

T = torch.float64
LENGTHS = torch.tensor([5, 3, 1])


def packed(layer):
    def call(x):
        sequence = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
        output, state = layer(sequence)
        return nn.utils.rnn.pad_packed_sequence(output, batch_first=True)[0], state

    return call


def main() -> None:
    torch.manual_seed(0)
    store: dict[str, np.ndarray] = {}

    def record(name, layer, x, call=None):
        layer = layer.to(T)
        with torch.no_grad():
            for parameter in layer.parameters():
                if parameter.dim() == 1:
                    parameter.normal_(std=0.5)  # biases that PyTorch starts at zero would hide errors
        floating = x.is_floating_point()
        x = x.clone().requires_grad_(floating)
        for key, value in layer.state_dict().items():
            store[f"{name}/state/{key}"] = value.detach().numpy().copy()
        output = (call or layer)(x)
        state = None
        if isinstance(output, tuple):
            output, state = output
        mix = torch.randn(output.shape, dtype=T)
        total = (output * mix).sum()
        for index, one in enumerate([] if state is None else state if isinstance(state, tuple) else (state,)):
            store[f"{name}/last{index}"] = one.detach().numpy()
            total = total + (one * one).sum()
        total.backward()
        store[f"{name}/input"] = x.detach().numpy()
        store[f"{name}/mix"] = mix.numpy()
        store[f"{name}/output"] = output.detach().numpy()
        if floating:
            store[f"{name}/grad_input"] = x.grad.numpy()
        for key, value in layer.named_parameters():
            if value.grad is not None:
                store[f"{name}/grad/{key}"] = value.grad.numpy()
        for key, value in layer.named_buffers():
            store[f"{name}/after/{key}"] = value.numpy()

    sequence = torch.randn(3, 5, 4, dtype=T)
    image = torch.randn(2, 4, 7, 6, dtype=T)
    record("linear", nn.Linear(4, 3), sequence)
    record("lstm", nn.LSTM(4, 3, batch_first=True), sequence)
    record("lstm_deep", nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True), sequence)
    layer = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
    record("lstm_lengths", layer, sequence, packed(layer))
    record("gru", nn.GRU(4, 3, batch_first=True), sequence)
    record("gru_deep", nn.GRU(4, 3, num_layers=2, bidirectional=True, batch_first=True), sequence)
    layer = nn.GRU(4, 3, bidirectional=True, batch_first=True)
    record("gru_lengths", layer, sequence, packed(layer))
    record("layer_norm", nn.LayerNorm(4), sequence)
    record("batch_norm_1d", nn.BatchNorm1d(5), sequence)
    record("batch_norm_2d", nn.BatchNorm2d(4), image)
    record("batch_norm_eval", nn.BatchNorm2d(4).eval(), image)
    record("conv2d", nn.Conv2d(4, 6, 3, stride=2, padding=1), image)
    record("conv2d_groups", nn.Conv2d(4, 6, (3, 2), padding=(1, 0), dilation=(2, 1), groups=2), image)
    record("conv1d", nn.Conv1d(5, 6, 2, stride=2, padding=1, dilation=1), sequence)
    record("max_pool_2d", nn.MaxPool2d(3, stride=2, padding=1), image)
    record("avg_pool_2d", nn.AvgPool2d(2, stride=2, padding=1), image)
    record("max_pool_1d", nn.MaxPool1d(2), sequence)
    record("avg_pool_1d", nn.AvgPool1d(2, stride=1), sequence)
    indices = torch.tensor([[0, 2, 2], [1, 0, 4]])
    record("embedding", nn.Embedding(5, 3, padding_idx=0), indices)
    for mode in ("sum", "mean", "max"):
        record(f"embedding_bag_{mode}", nn.EmbeddingBag(5, 3, mode=mode), indices)
    for name, make in (("relu", nn.ReLU()), ("leaky_relu", nn.LeakyReLU(0.1)), ("gelu", nn.GELU()), ("silu", nn.SiLU()),
                       ("tanh", nn.Tanh()), ("sigmoid", nn.Sigmoid()), ("softplus", nn.Softplus()),
                       ("softmax", nn.Softmax(-1))):  # fmt: skip
        record(name, make, sequence)
    causal = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1)
    padding = torch.arange(5)[None, :] >= LENGTHS[:, None]
    for name, options in (("attention", {}), ("attention_causal", {"attn_mask": causal}),
                          ("attention_padding", {"key_padding_mask": padding})):  # fmt: skip
        layer = nn.MultiheadAttention(4, 2, batch_first=True)
        record(name, layer, sequence, lambda x, a=layer, o=options: a(x, x, x, need_weights=False, **o)[0])
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    record("attention_cross", layer, sequence, lambda x, a=layer: a(x, x[:, :2], x[:, 1:3], need_weights=False)[0])
    for first in (False, True):
        record(f"encoder_{'pre' if first else 'post'}",
               nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True, norm_first=first,
                                          activation="gelu" if first else "relu"), sequence)  # fmt: skip

    class Loss(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def forward(self, x):
            return self.function(x)

    f = nn.functional
    target = torch.randn(3, 5, 4, dtype=T)
    store["loss_target"] = target.numpy()
    classes = torch.tensor([[0, 3, 1, 2, -100], [1, 1, -100, 0, 2], [3, 3, 3, 0, 1]])
    weights = torch.tensor([0.5, 1.0, 2.0, 3.0], dtype=T)
    truth = (target > 0).to(T)
    for reduction in ("mean", "sum", "none"):
        r = {"reduction": reduction}
        record(f"mse_{reduction}", Loss(lambda x, r=r: f.mse_loss(x, target, **r)), sequence)
        record(f"l1_{reduction}", Loss(lambda x, r=r: f.l1_loss(x, target, **r)), sequence)
        record(f"huber_{reduction}", Loss(lambda x, r=r: f.huber_loss(x, target, delta=0.7, **r)), sequence)
        record(
            f"cross_entropy_{reduction}",
            Loss(lambda x, r=r: f.cross_entropy(x.transpose(1, 2), classes, weights, label_smoothing=0.1, **r)),
            sequence,
        )
        record(f"bce_{reduction}", Loss(lambda x, r=r: f.binary_cross_entropy(torch.sigmoid(x), truth, **r)), sequence)
        record(
            f"bce_logits_{reduction}", Loss(lambda x, r=r: f.binary_cross_entropy_with_logits(x, truth, **r)), sequence
        )
        record(
            f"gaussian_nll_{reduction}",
            Loss(lambda x, r=r: f.gaussian_nll_loss(x, target, f.softplus(x) + 0.1, full=True, **r)),
            sequence,
        )

    for name, make in (
        ("sgd", lambda p: torch.optim.SGD(p, lr=0.1)),
        ("sgd_momentum", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
        ("adam", lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.8, 0.95), weight_decay=0.01)),
        ("adamw", lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.1)),
    ):
        p = nn.Parameter(torch.tensor([1.0, -2.0, 3.0], dtype=T))
        optimizer, path = make([p]), []
        for step in range(6):
            optimizer.zero_grad()
            ((p - step) ** 2).sum().backward()
            optimizer.step()
            path.append(p.detach().numpy().copy())
        store[f"optimizer_{name}"] = np.stack(path)
    p = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([p], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2.0, total_steps=20, cycle_momentum=False)
    rates = []
    for _ in range(20):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step() if len(rates) < 20 else None
    store["schedule_one_cycle"] = np.array(rates)

    target_file = Path(__file__).with_name("torch_vectors.safetensors")
    save_file({key: np.array(value, order="C") for key, value in store.items()}, target_file,
              metadata={"torch": torch.__version__})  # fmt: skip


if __name__ == "__main__":
    main()
