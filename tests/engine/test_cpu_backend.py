"""The cpu backend against the reference: every kernel, every instruction set, odd sizes, threads, the cache."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytest.importorskip("llvmlite", reason="the cpu backend needs llvmlite")

from azuraforge import engine
from azuraforge.engine import EngineError, Tensor, backends, io, nn, optim
from azuraforge.engine.backends.cpu import compiler
from azuraforge.engine.backends.cpu.kernels import adam
from azuraforge.engine.nn import functional as F
from azuraforge.engine.ops.registry import OPS

compiler.initialize()
BEST = compiler.host_target().name
SETS = {"avx512": ["avx512", "avx2", "portable"], "avx2": ["avx2", "portable"], "portable": ["portable"]}[BEST]
THREADS = [1, 2] if (os.cpu_count() or 1) > 1 else [1]
apply, apply_many = engine.autograd.apply, engine.autograd.apply_many


@pytest.fixture
def use(kernel_cache):
    """Choose the cpu backend; the reference comes back after the test."""

    def choose(instruction_set: str = BEST, threads: int = 1) -> None:
        engine.set_backend("cpu", threads=threads, instruction_set=instruction_set, cache=kernel_cache)

    yield choose
    engine.set_backend("reference")


def run(function, arrays, dtype) -> list[np.ndarray]:
    """Outputs, and the gradients of a fixed random mix of them, as float64."""
    inputs = [Tensor(a.astype(dtype) if a.dtype.kind == "f" else a) for a in arrays]
    for item in inputs:
        item.requires_grad = item.dtype.kind == "f"
    outputs = function(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    rng = np.random.default_rng(5)
    total = None
    for output in outputs:
        part = (output * Tensor(rng.normal(size=output.shape).astype(dtype))).sum()
        total = part if total is None else total + part
    total.backward()
    results = [output.numpy() for output in outputs]
    results += [item.grad.numpy() for item in inputs if item.requires_grad]
    return [np.asarray(one, np.float64) for one in results]


def assert_equal_to_reference(function, arrays, choose, instruction_set, threads, tolerance=3e-5) -> None:
    """Compare float32 by kernels with float64 by the reference, relative to the largest value of each array."""
    engine.set_backend("reference")
    expected = run(function, arrays, np.float64)
    choose(instruction_set, threads)
    actual = run(function, arrays, np.float32)
    for index, (got, wanted) in enumerate(zip(actual, expected, strict=True)):
        scale = max(np.abs(wanted).max(initial=0), 1e-2)
        np.testing.assert_allclose(got / scale, wanted / scale, rtol=0, atol=tolerance, err_msg=f"array {index}")


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + sum(shape)).normal(size=shape)


LINEAR_SIZES = [(1, 1, 1), (2, 3, 5), (7, 37, 50), (13, 64, 16), (65, 784, 129), (300, 20, 33)]


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("size", LINEAR_SIZES, ids=str)
def test_linear(size, instruction_set, threads, use):
    rows, inner, columns = size
    arrays = [normal(rows, inner), normal(columns, inner), normal(columns)]
    assert_equal_to_reference(F.linear, arrays, use, instruction_set, threads)
    assert_equal_to_reference(lambda x, w: F.linear(x, w), arrays[:2], use, instruction_set, threads)
    assert_equal_to_reference(F.linear_relu, arrays, use, instruction_set, threads)


def test_a_relu_behind_linear_keeps_nan(use):
    use()
    x, weight = Tensor(np.array([[np.nan], [-1.0], [2.0]], np.float32)), Tensor(np.ones((2, 1), np.float32))
    output = F.linear_relu(x, weight).numpy()
    assert np.isnan(output[0]).all()
    assert output[1:].tolist() == [[0.0, 0.0], [2.0, 2.0]]


def test_a_frozen_weight_or_an_unwanted_input_costs_no_gradient(use):
    x, w, b = (normal(9, 6).astype(np.float32), normal(5, 6).astype(np.float32), normal(5).astype(np.float32))
    for wanted in ((True, False, False), (False, True, False), (False, False, True), (True, False, True)):
        found = []
        for choose in (lambda: engine.set_backend("reference"), use):
            choose()
            inputs = [Tensor(a.copy(), requires_grad=need) for a, need in zip((x, w, b), wanted, strict=True)]
            (F.linear_relu(*inputs) * Tensor(normal(9, 5, seed=3).astype(np.float32))).sum().backward()
            found.append([None if one.grad is None else one.grad.numpy().copy() for one in inputs])
        for got, expected in zip(found[1], found[0], strict=True):
            assert (got is None) == (expected is None)
            if got is not None:
                np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def test_linear_takes_any_strides(use):
    x, w = normal(3, 8, 6), normal(5, 6)
    assert_equal_to_reference(lambda a, b: F.linear(a.transpose(2, 1, 0)[::-1, ::2], b.T[:3].T), [x, w], use, BEST, 1)


RECURRENT_SIZES = [
    (32, 9, 8, 64), (7, 11, 8, 50), (1, 3, 1, 1), (5, 4, 20, 16), (3, 2, 16, 33), (13, 1, 2, 5), (6, 40, 3, 20)
]  # fmt: skip


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("size", RECURRENT_SIZES, ids=str)
@pytest.mark.parametrize(("name", "gates"), [("lstm", 4), ("gru", 3)])
def test_recurrent(name, gates, size, instruction_set, threads, use):
    batch, time, features, hidden = size
    scale = 1 / np.sqrt(hidden)
    arrays = [normal(batch, time, features)]
    arrays += [normal(batch, hidden, seed=k) * 0.5 for k in range(2 if name == "lstm" else 1)]
    rows = gates * hidden
    arrays += [normal(rows, features) * scale, normal(rows, hidden) * scale, normal(rows), normal(rows, seed=1)]
    for reverse in (False, True):
        function = lambda *inputs, back=reverse: apply_many(name, *inputs, reverse=back)  # noqa: E731
        assert_equal_to_reference(function, arrays, use, instruction_set, threads)


CONVOLUTIONS = [
    (2, 1, 6, 8, 16, 1),
    (3, 5, 4, 6, 7, 1),
    (2, 16, 14, 14, 32, 1),
    (1, 3, 8, 30, 40, 0),
    (2, 2, 4, 4, 3, 2),
    (2, 19, 6, 10, 40, 0),
    (3, 9, 4, 4, 3, 2),
    (2, 8, 5, 7, 9, 1),
]


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("size", CONVOLUTIONS, ids=str)
def test_convolution_with_and_without_pooling(size, instruction_set, threads, use):
    batch, inputs, height, width, outputs, padding = size
    arrays = [
        normal(batch, inputs, height, width),
        normal(outputs, inputs, 3, 3) / np.sqrt(9 * inputs),
        normal(outputs),
    ]
    convolve = lambda x, w, b: F.conv2d(x, w, b, padding=padding)  # noqa: E731
    assert_equal_to_reference(convolve, arrays, use, instruction_set, threads)
    pooled = lambda x, w, b: F.conv_relu_pool(x, w, b, padding=padding)  # noqa: E731
    assert_equal_to_reference(pooled, arrays, use, instruction_set, threads)
    strided = lambda x, w: F.conv2d(x.transpose(0, 1, 3, 2)[::-1], w, padding=padding)  # noqa: E731
    assert_equal_to_reference(strided, arrays[:2], use, instruction_set, threads)


@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("outputs", [16, 5])
def test_errors_of_images_and_their_flattening(outputs, instruction_set, use):
    """What convolution leaves lies pixel by pixel; the target of the loss and what follows Flatten do not."""
    arrays = [normal(60, 9, 6, 4), normal(outputs, 9, 3, 3) / 9, normal(60, outputs, 6, 4)]
    loss = lambda x, w, y: F.mse_loss(F.conv2d(x, w, padding=1), y.detach())  # noqa: E731
    flat = lambda x, w, y: F.conv2d(x, w, padding=1).reshape(60, -1) * y.detach().reshape(60, -1)  # noqa: E731
    for threads in THREADS:
        for function in (loss, flat):
            inputs = lambda x, w, f=function: f(x, w, Tensor(arrays[2].astype(x.dtype)))  # noqa: E731
            assert_equal_to_reference(inputs, arrays[:2], use, instruction_set, threads)


def test_infinity_comes_out_where_it_went_in(use):
    """Squares would turn it into NaN: the direct kernels take over, forward and for the weights."""
    x, w = normal(2, 16, 6, 6).astype(np.float32), normal(4, 16, 3, 3).astype(np.float32)
    x[0, 3, 2, 2] = np.inf
    results = []
    for backend in ("reference", "cpu"):
        use() if backend == "cpu" else engine.set_backend("reference")
        weight = Tensor(w, requires_grad=True)
        output = F.conv2d(Tensor(x), weight, padding=1)
        output.sum().backward()
        results.append([output.numpy(), weight.grad.numpy()])
    for got, wanted in zip(results[1], results[0], strict=True):
        assert np.isinf(wanted).any()
        np.testing.assert_array_equal(np.where(np.isinf(got), got, 0), np.where(np.isinf(wanted), wanted, 0))
        np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted))


def test_convolutions_without_a_kernel_fall_back(use):
    x, w = normal(2, 4, 9, 7), normal(6, 2, 3, 3)
    for options in ({"stride": 2, "groups": 2}, {"dilation": 2, "groups": 2}, {"padding": (1, 0), "groups": 2}):
        assert_equal_to_reference(lambda a, b, o=options: F.conv2d(a, b, **o), [x, w], use, BEST, 1)
    odd = normal(2, 2, 7, 5)
    assert_equal_to_reference(lambda a, b: F.conv_relu_pool(a, b), [odd, normal(3, 2, 3, 3)], use, BEST, 1)


def test_pooling_keeps_nan_and_the_first_of_equals(use):
    use()
    weight = np.zeros((1, 1, 3, 3), np.float32)
    weight[0, 0, 1, 1] = 1
    x = Tensor(np.ones((1, 1, 4, 4), np.float32), requires_grad=True)
    F.conv_relu_pool(x, Tensor(weight), padding=1).sum().backward()
    assert x.grad.numpy()[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]] * 2
    poisoned = F.conv_relu_pool(Tensor(np.full((1, 1, 4, 4), np.nan, np.float32)), Tensor(weight), padding=1)
    assert np.isnan(poisoned.numpy()).all()


ATTENTION = [(2, 7, 12, 3), (1, 1, 4, 4), (3, 60, 64, 4), (2, 17, 20, 1)]


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("size", ATTENTION, ids=str)
def test_self_attention(size, instruction_set, threads, use):
    batch, time, width, heads = size
    attend = lambda p: apply("self_attention", p, heads=heads, blocked=None, keep=None)  # noqa: E731
    assert_equal_to_reference(attend, [normal(batch, time, 3 * width)], use, instruction_set, threads)


@pytest.mark.parametrize("instruction_set", SETS)
def test_attention_to_one_far_key_is_exact(instruction_set, use):
    use(instruction_set)
    packed = np.zeros((1, 3, 12), np.float32)
    packed[0, :, :4] = 30
    packed[0, 1, 4:8] = 30
    packed[0, :, 8:] = np.arange(12).reshape(3, 4)
    output = apply("self_attention", Tensor(packed), heads=1, blocked=None, keep=None).numpy()
    np.testing.assert_allclose(output[0], np.tile(packed[0, 1, 8:], (3, 1)), rtol=1e-6)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("shape", [(3, 5), (2, 7, 64), (1, 1), (2000, 33)], ids=str)
def test_layer_norm_and_relu(shape, instruction_set, threads, use):
    arrays = [normal(*shape) * 3 + 1, normal(shape[-1]), normal(shape[-1], seed=1)]
    normalise = lambda x, w, b: F.layer_norm(x, shape[-1:], w, b)  # noqa: E731
    assert_equal_to_reference(normalise, arrays, use, instruction_set, threads, tolerance=1e-4)
    assert_equal_to_reference(F.relu, arrays[:1], use, instruction_set, threads)
    assert_equal_to_reference(lambda x: F.relu(x.T), arrays[:1], use, instruction_set, threads)


def test_relu_keeps_nan(use):
    use()
    assert np.isnan(F.relu(Tensor(np.full(37, np.nan, np.float32))).numpy()).all()


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_only_the_last_state_is_used(name, use):
    kind = {"lstm": nn.LSTM, "gru": nn.GRU}[name]
    engine.manual_seed(0)
    layer, x = kind(3, 20, num_layers=2), Tensor(normal(4, 6, 3).astype(np.float32))
    gradients = []
    for backend in ("reference", "cpu"):
        use() if backend == "cpu" else engine.set_backend("reference")
        layer.zero_grad()
        state = layer(x)[1]
        ((state[0] if name == "lstm" else state) ** 2).sum().backward()
        gradients.append([parameter.grad.numpy().copy() for parameter in layer.parameters()])
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-6)


def test_a_leaf_that_goes_in_twice_collects_both_gradients(use):
    """Optimizers give leaves a buffer that kernels write into; two gradients must not overwrite each other there."""
    gradients = []
    for backend in ("reference", "cpu"):
        use() if backend == "cpu" else engine.set_backend("reference")
        x = Tensor(normal(2, 3, 16).astype(np.float32))
        state, weight = Tensor(np.zeros((2, 16), np.float32)), nn.Parameter(normal(64, 16).astype(np.float32) * 0.2)
        bias = nn.Parameter(normal(64).astype(np.float32))
        optim.SGD([weight, bias], lr=0.1)
        apply_many("lstm", x, state, state, weight, weight, bias, bias)[0].sum().backward()
        gradients.append([weight.grad.numpy().copy(), bias.grad.numpy().copy()])
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("instruction_set", SETS)
def test_gates_saturate_without_nan(instruction_set, use):
    use(instruction_set)
    for layer in (nn.LSTM(2, 3), nn.GRU(2, 3)):
        output, _ = layer(Tensor(np.full((2, 5, 2), 1e6, np.float32)))
        assert np.isfinite(output.numpy()).all()
        poisoned, _ = layer(Tensor(np.full((2, 5, 2), np.nan, np.float32)))
        assert np.isnan(poisoned.numpy()).all()


@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("hidden", [5, 16])
@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_infinite_inputs_saturate_as_in_the_reference(name, hidden, instruction_set, use):
    """The units that pad a vector meet them with weights of zero, which must not become NaN and spread."""
    engine.manual_seed(3)
    layer = {"lstm": nn.LSTM, "gru": nn.GRU}[name](2, hidden)
    x = normal(3, 6, 2).astype(np.float32)
    x[0, 2, 1], x[1, 0, 1], x[1, 4, 1] = np.inf, -np.inf, np.inf
    results = []
    for backend in ("reference", "cpu"):
        use(instruction_set) if backend == "cpu" else engine.set_backend("reference")
        layer.zero_grad()
        output, _ = layer(Tensor(x))
        (output * output).sum().backward()
        gradients = {key: parameter.grad.numpy().copy() for key, parameter in layer.named_parameters()}
        gradients["weight_ih_l0"] = gradients["weight_ih_l0"][:, 0]  # the other feature is the infinite one
        results.append([output.numpy(), *gradients.values()])
    for got, wanted in zip(results[1], results[0], strict=True):
        assert np.isfinite(wanted).all()
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=2e-5)


def test_what_kernels_do_not_cover_falls_back(use):
    use()
    layer = nn.LSTM(3, 5)
    x = normal(2, 6, 3)
    padded, _ = layer(Tensor(x.astype(np.float32)), lengths=[6, 4])
    assert (padded.numpy()[1, 4:] == 0).all()
    precise = layer.astype(np.float64)
    output, _ = precise(Tensor(x))
    assert output.dtype == np.float64
    output.sum().backward()
    assert backends.active["exp"] is OPS["exp"]


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("decoupled", [False, True])
def test_adam(decoupled, instruction_set, threads, use):
    paths = []
    for backend in ("reference", "cpu"):
        use(instruction_set, threads) if backend == "cpu" else engine.set_backend("reference")
        parameters = [nn.Parameter(normal(*shape).astype(np.float32)) for shape in ((37,), (5, 3), (1,), (600, 400))]
        kind = optim.AdamW if decoupled else optim.Adam
        optimizer = kind(parameters, lr=0.01, betas=(0.8, 0.95), weight_decay=0.1)
        for step in range(5):
            for parameter in parameters:
                parameter.grad = normal(*parameter.shape, seed=step).astype(np.float32)
            optimizer.step()
        paths.append([parameter.numpy().copy() for parameter in parameters])
    for a, b in zip(*paths, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("eps", [1e-8, 1e-25])
def test_what_is_not_a_number_in_adam_stays_with_its_own_weight(eps, instruction_set, use):
    gradient = normal(300).astype(np.float32)
    gradient[[5, 70, 133]] = np.inf, np.nan, 1e18  # in vectors whose neighbours share a division
    gradient[200:240] = 0  # divided by eps alone
    weights = []
    for backend in ("reference", "cpu"):
        use(instruction_set) if backend == "cpu" else engine.set_backend("reference")
        parameter = nn.Parameter(normal(300, seed=1).astype(np.float32))
        optimizer = optim.Adam([parameter], lr=0.01, eps=eps)
        for _ in range(3):
            parameter.grad = gradient
            with np.errstate(all="ignore"):
                optimizer.step()
        weights.append(parameter.numpy().copy())
    assert np.isnan(weights[0]).sum() == 2
    np.testing.assert_allclose(weights[1], weights[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("instruction_set", SETS)
@pytest.mark.parametrize("size", [(60, 8, 64), (1, 1, 1), (7, 3, 50), (5, 20, 17)], ids=str)
def test_a_single_sequence_is_predicted_as_the_reference_does(size, instruction_set, use):
    time, features, hidden = size
    engine.manual_seed(4)
    layer = nn.LSTM(features, hidden, num_layers=2, bidirectional=True)
    x = Tensor(normal(1, time, features).astype(np.float32))
    state = tuple(Tensor(normal(4, 1, hidden, seed=k).astype(np.float32)) for k in range(2))
    for before in (None, state):
        found = []
        for choose in (lambda: engine.set_backend("reference"), lambda: use(instruction_set)):
            choose()
            with engine.no_grad():
                output, (h_n, c_n) = layer(x, before)
            found.append([output.numpy(), h_n.numpy(), c_n.numpy()])
        for got, expected in zip(*reversed(found), strict=True):
            assert got.shape == expected.shape
            np.testing.assert_allclose(got, expected, rtol=0, atol=3e-6)


def test_a_prediction_sees_every_change_of_the_weights(use):
    """Whatever a fast path may keep of the weights, no way of changing them may go by unseen."""
    use()
    engine.manual_seed(2)
    model = nn.Sequential(nn.LSTM(3, 20), Last(), nn.Linear(20, 4), nn.ReLU(), nn.Linear(4, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    average = optim.MovingAverage(model, decay=0.5)
    x = Tensor(normal(1, 9, 3).astype(np.float32))

    def predict() -> bytes:
        with engine.no_grad():
            here = model(x).numpy().copy()
            engine.set_backend("reference")
            np.testing.assert_allclose(here, model(x).numpy(), rtol=1e-4, atol=1e-5)
        use()
        return here.tobytes()

    def step() -> None:
        optimizer.zero_grad()
        F.mse_loss(model(x), np.full((1, 1), 7, np.float32)).backward()
        optimizer.step()

    seen = [predict()]
    step()
    seen.append(predict())
    average.update()
    step()
    seen.append(predict())
    with average.applied():
        swapped = predict()
    assert predict() == seen[-1], "the trained weights are back"
    model.load_state_dict({name: value * 0.5 for name, value in model.state_dict().items()})
    seen += [swapped, predict()]
    with engine.no_grad():
        model[0].weight_hh_l0[3] = 0.25
    seen.append(predict())
    model[0].weight_ih_l0.numpy()[:] *= 1.5  # by the array that a tensor hands out
    seen.append(predict())
    model[0].bias_hh_l0.data = model[0].bias_hh_l0.data + 1
    seen.append(predict())
    assert len(set(seen)) == len(seen)


class Last(nn.Module):
    def forward(self, x: tuple[Tensor, tuple[Tensor, Tensor]]) -> Tensor:
        return x[0][:, -1]


def test_cross_entropy_hands_back_what_comes_in(use):
    logits, target = normal(7, 5).astype(np.float32), np.arange(7) % 5
    for reduction in ("mean", "sum", "none"):
        found = []
        for choose in (lambda: engine.set_backend("reference"), use):
            choose()
            x = Tensor(logits.copy(), requires_grad=True)
            loss = F.cross_entropy(x, target, reduction=reduction)
            total = (loss * 3.0).sum() if reduction == "none" else loss
            total.backward(retain_graph=True)
            total.backward()  # adds the same again: the first must have changed nothing that was saved
            found.append((loss.numpy().copy(), x.grad.numpy().copy()))
        for got, expected in zip(*reversed(found), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


class Forecaster(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.core = getattr(nn, kind)(3, 18, num_layers=2)
        self.head = nn.Linear(18, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.core(x)[0][:, -1])


def losses(make, shape, steps: int = 25) -> tuple[list[float], str]:
    engine.manual_seed(1)
    model = make()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    x = normal(*shape).astype(np.float32)
    target = np.tanh(x.reshape(shape[0], -1).sum(axis=1, keepdims=True) * 0.3)
    result = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(model(Tensor(x)), target)
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return result, io.hash_tensors(model.state_dict())


FAMILIES = {
    "lstm": (lambda: Forecaster("LSTM"), (13, 8, 3)),
    "gru": (lambda: Forecaster("GRU"), (13, 8, 3)),
    "mlp": (lambda: nn.Sequential(nn.Linear(20, 33), nn.ReLU(), nn.Linear(33, 1)), (17, 20)),
    "cnn": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 6, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(24, 1),
        ),
        (9, 1, 8, 8),
    ),
    "encoder": (
        lambda: nn.Sequential(
            nn.TransformerEncoderLayer(12, 3, 20, dropout=0.0), nn.Flatten(), nn.Linear(84, 1)
        ),
        (6, 7, 12),
    ),
}  # fmt: skip


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("name", FAMILIES)
def test_training_follows_the_reference_and_repeats_its_bits(name, threads, use):
    make, shape = FAMILIES[name]
    engine.set_backend("reference")
    expected, _ = losses(make, shape)
    use(BEST, threads)
    first, bits = losses(make, shape)
    np.testing.assert_allclose(first, expected, rtol=1e-3, atol=1e-4)
    assert first[-1] < first[0]
    assert losses(make, shape)[1] == bits


@pytest.mark.skipif(len(SETS) < 2, reason="this CPU has one instruction set")
@pytest.mark.parametrize("name", ["lstm", "gru", "cnn"])
def test_a_graph_ends_on_the_instruction_set_it_began_with(name, use):
    make, shape = FAMILIES[name]
    gradients = []
    for later in (SETS[-1], SETS[0]):
        use(SETS[-1])
        engine.manual_seed(0)
        model = make()
        loss = (model(Tensor(normal(*shape).astype(np.float32))) ** 2).sum()
        use(later)
        loss.backward()
        gradients.append([parameter.grad.numpy().copy() for parameter in model.parameters()])
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_what_a_run_must_repeat_is_stated(use):
    assert engine.backend_info() == {"backend": "reference", "instruction_set": "numpy", "threads": 1, "kernels": ""}
    use(SETS[-1])
    told = engine.backend_info()
    assert (told["backend"], told["instruction_set"], told["threads"]) == ("cpu", SETS[-1], 1)
    assert len(told["kernels"]) == 32


def test_kernels_are_prepared_without_choosing_the_backend(kernel_cache):
    engine.prepare_kernels(cache=kernel_cache)
    assert engine.backend() == "reference"
    told: list[str] = []
    engine.prepare_kernels(cache=kernel_cache, progress=told.append)
    assert told == []


ARRAYS = hnp.arrays(
    np.float32, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=40), elements=st.floats(-8, 8, width=32)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(array=ARRAYS, step=st.sampled_from([1, 2, -1]))
def test_any_shape_and_stride(array, step, use):
    x = array[..., ::step]
    results = []
    for backend in ("reference", "cpu"):
        use() if backend == "cpu" else engine.set_backend("reference")
        item = Tensor(x, requires_grad=True)
        size = x.shape[-1]
        ones = Tensor(np.linspace(0.5, 1.5, size, dtype=np.float32))
        parts = [F.relu(item)]
        if size:
            parts.append(F.layer_norm(item, (size,), ones, ones))
            parts.append(F.linear(item, Tensor(np.linspace(-1, 1, 7 * size, dtype=np.float32).reshape(7, size))))
        total = parts[0].sum()
        for part in parts[1:]:
            total = total + (part * part).sum() * 0.01
        total.backward()
        results.append([*(part.numpy() for part in parts), item.grad.numpy()])
    for a, b in zip(*results, strict=True):
        scale = max(1.0, float(np.abs(a).max(initial=0)))
        np.testing.assert_allclose(a / scale, b / scale, atol=2e-3)


def test_compiled_kernels_are_kept_and_a_damaged_file_is_made_again(tmp_path):
    told: list[str] = []

    def build() -> int:
        told.clear()
        kernels = compiler.build(compiler.host_target(), adam.DEFINITIONS, tmp_path, told.append)
        assert set(kernels) == {"adam"}
        return len(told)

    assert build() == 2
    assert build() == 0
    (file,) = tmp_path.glob("*.o")
    content = file.read_bytes()
    for damage in (content[:-5], b"", content[:100] + bytes([content[100] ^ 255]) + content[101:]):
        file.write_bytes(damage)
        assert build() == 2
        assert len(file.read_bytes()) == len(content)
    file.chmod(0o666)
    assert build() == 2, "code that others could have written is not run"


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert set(compiler.build(compiler.host_target(), adam.DEFINITIONS, blocked / "kernels")) == {"adam"}


def test_what_this_machine_cannot_do_is_refused():
    with pytest.raises(EngineError, match=r"can use 1 to \d+ threads on this machine, got 100000"):
        engine.set_backend("cpu", threads=100_000)
    with pytest.raises(EngineError, match="instruction set 'mmx' is not available"):
        engine.set_backend("cpu", instruction_set="mmx")
    with pytest.raises(EngineError, match="unknown backend 'gpu': choose 'reference' or 'cpu'"):
        engine.set_backend("gpu")
    assert engine.backend() == "reference"


def test_without_llvmlite_the_reference_still_works():
    code = (
        "import sys; sys.modules['llvmlite'] = None\n"
        "from azuraforge import engine\n"
        "try:\n    engine.set_backend('cpu')\n"
        "except engine.EngineError as error:\n    print(error)\n"
        "print(engine.backend(), engine.Tensor([2.0]).sum().item())"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "needs the package llvmlite" in output
    assert output.endswith("reference 2.0\n")
