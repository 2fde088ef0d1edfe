"""Gradients that must not be lost and integers that must not be cut: as in PyTorch, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import EngineError, Tensor, nn, optim
from azuraforge.engine.nn import functional as F

try:
    from azuraforge.engine.backends.cpu import runtime  # noqa: F401

    BACKENDS = ["reference", "cpu"]
except ImportError:
    BACKENDS = ["reference"]


@pytest.fixture(params=BACKENDS)
def backend(request, kernel_cache):
    """The backend that the parameter names."""
    engine.set_backend(request.param, **({"cache": kernel_cache} if request.param == "cpu" else {}))
    yield request.param
    engine.set_backend("reference")


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.huber_loss])
def test_a_target_in_the_graph_learns_the_opposite_of_the_prediction(loss, reduction, backend, rng):
    left, right = (Tensor(rng.normal(size=(6, 5)).astype(np.float32), requires_grad=True) for _ in range(2))
    result = loss(left * 2, right * 3, reduction=reduction)
    (result if reduction == "none" else result * 1).backward(np.ones(result.shape, np.float32))
    assert np.abs(left.grad.numpy()).max() > 0
    np.testing.assert_allclose(right.grad.numpy() / 3, -left.grad.numpy() / 2, rtol=1e-6)


def test_every_loss_differentiates_its_target(check_gradients, rng):
    probability, truth = rng.uniform(0.1, 0.9, (2, 4, 3))
    values, target = rng.normal(size=(2, 4, 3))
    check_gradients(F.bce_loss, probability, truth)
    check_gradients(F.bce_with_logits, values, truth)
    check_gradients(F.gaussian_nll_loss, values, target, probability)
    check_gradients(lambda a, b: F.quantile_loss(a, b, [0.2, 0.5, 0.9]), values, target[:, 0])


def test_an_assignment_that_would_lose_a_gradient_is_refused():
    weight = Tensor(np.ones(3, np.float32), requires_grad=True)
    buffer = Tensor(np.zeros((2, 3), np.float32))
    for change in (lambda: buffer.__setitem__(0, weight * 3), lambda: buffer.copy_(weight)):
        with pytest.raises(EngineError, match="gradient of the values would be lost"):
            change()
    assert not buffer.numpy().any()
    with engine.no_grad():
        buffer[0] = weight * 3
    buffer[1] = (weight * 2).detach()
    assert buffer.numpy().tolist() == [[3.0] * 3, [2.0] * 3]


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "exp", "log", "sqrt"])
@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, bool])
def test_functions_of_integers_give_float32(name, dtype, backend):
    values = np.array([1, 0, 1, 1]).astype(dtype)
    result = getattr(Tensor(values), name)()
    assert result.dtype == np.float32
    expected = getattr(Tensor(values.astype(np.float32)), name)()
    np.testing.assert_array_equal(result.numpy(), expected.numpy())


def test_limits_between_integers_make_float32():
    values = Tensor(np.array([-3, 0, 3]))
    assert values.clip(-0.5, 1.5).numpy().tolist() == [-0.5, 0.0, 1.5]
    assert values.clip(0).dtype == np.int64
    assert values.clip(0).numpy().tolist() == [0, 0, 3]


@pytest.mark.parametrize(
    "call",
    [
        F.gelu, F.silu, F.softplus, F.leaky_relu, F.softmax, F.log_softmax, F.logsumexp,
        lambda x: F.dropout(x, 0.5), lambda x: F.mse_loss(x, x), lambda x: F.layer_norm(x, (3,), None, None),
        lambda x: F.max_pool1d(x.reshape(1, 1, 3), 2),
    ],
)  # fmt: skip
def test_what_would_cut_its_results_to_integers_is_refused(call, backend):
    with pytest.raises(EngineError, match=r"floating point numbers, got int64.*astype\(numpy.float32\)"):
        call(Tensor(np.array([1, 2, 3])))


def rows(count: int, columns: int) -> np.ndarray:
    return np.full((count, columns), 0.1, np.float32)


def off(actual: Tensor, expected: float) -> float:
    return float(np.abs(actual.numpy().astype(np.float64) / expected - 1).max())


@pytest.mark.parametrize("instruction_set", [None, "avx512", "avx2", "portable"])
def test_gradients_over_millions_of_equal_rows_keep_their_digits(instruction_set, kernel_cache):
    """One total that all rows join one by one was 1 to 1.8 % off."""
    if instruction_set is not None:
        try:
            engine.set_backend("cpu", instruction_set=instruction_set, cache=kernel_cache)
        except EngineError as error:
            pytest.skip(str(error))
    try:
        count, exact = 2_000_000, float(np.float32(0.1))
        x = Tensor(rows(count, 3))
        layer = nn.Linear(3, 2)
        layer(x).backward(rows(count, 2))
        assert off(layer.bias.grad, count * exact) < 1e-5
        assert off(layer.weight.grad, count * exact * exact) < 3e-4
        added = Tensor(np.zeros(2, np.float32), requires_grad=True)
        (Tensor(rows(count, 2)) + added).backward(rows(count, 2))
        assert off(added.grad, count * exact) < 1e-5
        norm = nn.LayerNorm(2)
        norm(Tensor(rows(count, 2))).backward(rows(count, 2))
        assert off(norm.bias.grad, count * exact) < 1e-5
    finally:
        engine.set_backend("reference")


def test_infinity_stays_infinite_in_a_sum_that_keeps_its_digits(backend):
    gradient = np.ones((1000, 3), np.float32)
    gradient[300, 0], gradient[700, 1] = np.inf, np.nan
    layer = nn.Linear(2, 3)
    layer(Tensor(np.ones((1000, 2), np.float32))).backward(gradient)
    np.testing.assert_array_equal(layer.bias.grad.numpy(), [np.inf, np.nan, 1000.0])


def test_an_image_read_backwards_is_compared_where_it_lies(backend, rng):
    """Pixels lie as a convolution leaves them, the images in another order: only whole images may be read through."""
    pixels = rng.normal(size=(4, 5, 6, 8)).astype(np.float32)
    prediction = Tensor(pixels.transpose(0, 3, 1, 2)[::-1])
    target = rng.normal(size=prediction.shape).astype(np.float32)
    expected = ((prediction.numpy().astype(np.float64) - target) ** 2).mean()
    assert F.mse_loss(prediction, target).item() == pytest.approx(expected, rel=1e-5)


def test_a_gradient_buffer_that_a_kernel_cannot_fill_is_filled_by_numpy(backend, rng):
    layer, x = nn.Linear(3, 4), Tensor(rng.normal(size=(5, 3)).astype(np.float32))
    layer(x).sum().backward()
    expected = {name: one.grad.numpy().copy() for name, one in layer.named_parameters()}
    wide = np.full((8, 6), 7.0, np.float32)
    layer.weight.grad = None
    layer.weight.set_gradient_buffer(wide[::2, ::2])
    layer(x).sum().backward()
    np.testing.assert_array_equal(wide[::2, ::2], expected["weight"])
    assert (wide[1::2] == 7).all()
    assert (wide[:, 1::2] == 7).all()
    with pytest.raises(EngineError, match="must not share memory"):
        layer.weight.set_gradient_buffer(layer.weight.data)


def test_data_replaced_between_forward_and_backward_is_noticed(backend):
    x = Tensor(np.ones((5, 3), np.float32))
    weight = Tensor(np.ones((4, 3), np.float32), requires_grad=True)
    middle = F.linear(x, weight)
    result = F.linear(middle, Tensor(np.ones((2, 4), np.float32)))
    middle.data = np.ones((500, 40), np.float32)
    with pytest.raises(EngineError, match=r"data was replaced|changed in place|for an output"):
        result.sum().backward()


def test_an_optimizer_refuses_parameters_that_became_others(backend):
    layer = nn.Linear(3, 2)
    optimizer = optim.Adam(layer.parameters())
    layer(Tensor(np.ones((1, 3), np.float32))).sum().backward()
    layer.weight.data = np.zeros((200, 300), np.float32)
    with pytest.raises(EngineError, match="make a new optimizer"):
        optimizer.step()


@pytest.mark.skipif("cpu" not in BACKENDS, reason="the cpu backend needs llvmlite")
def test_adams_kernel_refuses_buffers_of_different_sizes(kernel_cache):
    from azuraforge.engine.backends.cpu import adam

    engine.set_backend("cpu", cache=kernel_cache)
    try:
        good = [np.ones(64, np.float32) for _ in range(4)]
        options = {"keep": 1.0, "penalty": 0.0, "betas": (0.9, 0.99), "step_size": 0.1, "root": 1.0, "eps": 1e-8}
        wrong = [np.ones(32, np.float32), np.ones(64), np.ones(128, np.float32)[::2], np.ones((1, 64), np.float32)]
        for place in range(1, 4):
            for bad in wrong:
                with pytest.raises(EngineError, match="flat float32 buffers of 64"):
                    adam.update(*[bad if index == place else one for index, one in enumerate(good)], **options)
        with pytest.raises(EngineError, match="too large for float32"):
            adam.update(*good, **{**options, "step_size": 1e300})
    finally:
        engine.set_backend("reference")
