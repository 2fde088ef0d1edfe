"""Each op: its values against NumPy, its gradient against finite differences."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from azuraforge import engine
from azuraforge.engine import Tensor
from azuraforge.engine.nn import functional as F
from azuraforge.engine.ops.registry import OPS


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + sum(shape)).normal(size=shape)


def away_from_zero(*shape: int, seed: int = 0) -> np.ndarray:
    values = normal(*shape, seed=seed)
    return values + np.sign(values) * 0.2


def positive(*shape: int) -> np.ndarray:
    return np.abs(normal(*shape)) + 0.3


apply, apply_many = engine.autograd.apply, engine.autograd.apply_many
BLOCKED = np.triu(np.ones((3, 3), bool), 1)
KEEP = np.random.default_rng(3).integers(0, 2, (2, 2, 3, 3)) * 2.0
W = np.array([0.1, 0.5, 0.9])

# One line per case: id, function, inputs. Kinks are avoided, since there the derivative does not exist.
CASES = [
    ("add", lambda a, b: a + b, (normal(3, 4), normal(4))),
    ("sub", lambda a, b: a - b, (normal(1, 4), normal(3, 1))),
    ("mul", lambda a, b: a * b, (normal(2, 3, 4), normal(3, 1))),
    ("mul_by_itself", lambda a: a * a, (normal(3),)),
    ("div", lambda a, b: a / b, (normal(3, 4), away_from_zero(4))),
    ("pow", lambda a, b: a**b, (positive(3, 4), normal(4))),
    ("pow_number", lambda a: a**3, (normal(5),)),
    ("rpow", lambda a: 2.0**a, (normal(5),)),
    ("neg", lambda a: -a, (normal(3),)),
    ("abs", lambda a: a.abs(), (away_from_zero(3, 4),)),
    ("exp", lambda a: a.exp(), (normal(3, 4),)),
    ("log", lambda a: a.log(), (positive(3, 4),)),
    ("sqrt", lambda a: a.sqrt(), (positive(3, 4),)),
    ("clip", lambda a: a.clip(-0.5, 0.5), (normal(3, 4),)),
    ("maximum", F.maximum, (normal(3, 4), normal(4, seed=1))),
    ("minimum", F.minimum, (normal(3, 4), normal(4, seed=1))),
    ("where", lambda a, b: F.where(np.array([True, False, True]), a, b), (normal(2, 3), normal(3))),
    ("astype", lambda a: a.astype(np.float64), (normal(3),)),
    ("sum", lambda a: a.sum(), (normal(3, 4),)),
    ("sum_axis", lambda a: a.sum(axis=1), (normal(3, 4, 2),)),
    ("sum_axes_kept", lambda a: a.sum(axis=(0, -1), keepdims=True), (normal(3, 4, 2),)),
    ("mean", lambda a: a.mean(axis=-1), (normal(3, 4),)),
    ("mean_all", lambda a: a.mean(), (normal(3, 4),)),
    ("var", lambda a: a.var(axis=0), (normal(5, 3),)),
    ("max", lambda a: a.max(axis=1), (normal(3, 4),)),
    ("min", lambda a: a.min(), (normal(3, 4),)),
    ("logsumexp", lambda a: F.logsumexp(a, axis=1), (normal(3, 4),)),
    ("reshape", lambda a: a.reshape(2, -1) * 2, (normal(3, 4),)),
    ("transpose", lambda a: a.transpose(2, 0, 1), (normal(2, 3, 4),)),
    ("transpose_all", lambda a: a.T, (normal(2, 3, 4),)),
    ("getitem", lambda a: a[1:, ::2], (normal(3, 4),)),
    ("getitem_negative_step", lambda a: a[::-1], (normal(3, 4),)),
    ("getitem_repeated", lambda a: a[np.array([0, 2, 0])], (normal(3, 4),)),
    ("getitem_mask", lambda a: a[np.array([True, False, True])], (normal(3, 4),)),
    ("broadcast_to", lambda a: a.broadcast_to(5, 3, 4), (normal(3, 1),)),
    ("concat", lambda a, b: F.concat([a, b], axis=1), (normal(3, 4), normal(3, 2))),
    ("stack", lambda a, b: F.stack([a, b], axis=1), (normal(3, 4), normal(3, 4, seed=1))),
    ("pad", lambda a: F.pad(a, [(1, 0), (0, 2)]), (normal(3, 4),)),
    ("matmul", lambda a, b: a @ b, (normal(3, 4), normal(4, 2))),
    ("matmul_batched", lambda a, b: a @ b, (normal(2, 3, 4), normal(4, 2))),
    ("matmul_broadcast", lambda a, b: a @ b, (normal(2, 1, 3, 4), normal(5, 4, 2))),
    ("matmul_vectors", lambda a, b: a @ b, (normal(4), normal(4, seed=1))),
    ("matmul_vector_matrix", lambda a, b: a @ b, (normal(4), normal(2, 4, 3))),
    ("matmul_matrix_vector", lambda a, b: a @ b, (normal(2, 3, 4), normal(4))),
    ("linear", F.linear, (normal(2, 3, 4), normal(5, 4), normal(5))),
    ("linear_without_bias", lambda x, w: F.linear(x, w), (normal(3, 4), normal(5, 4))),
    ("linear_relu", F.linear_relu, (normal(2, 3, 4), normal(5, 4), normal(5))),
    ("linear_relu_without_bias", lambda x, w: F.linear_relu(x, w), (normal(3, 4), normal(5, 4))),
    ("relu", F.relu, (away_from_zero(3, 4),)),
    ("leaky_relu", lambda a: F.leaky_relu(a, 0.1), (away_from_zero(3, 4),)),
    ("tanh", F.tanh, (normal(3, 4),)),
    ("sigmoid", F.sigmoid, (normal(3, 4) * 3,)),
    ("silu", F.silu, (normal(3, 4) * 3,)),
    ("gelu", F.gelu, (normal(3, 4) * 3,)),
    ("softplus", F.softplus, (normal(3, 4) * 3,)),
    ("softmax", lambda a: F.softmax(a, axis=1), (normal(3, 4, 2),)),
    ("log_softmax", lambda a: F.log_softmax(a), (normal(3, 4),)),
    ("layer_norm", lambda x, w, b: F.layer_norm(x, (4,), w, b), (normal(2, 3, 4), normal(4), normal(4, seed=1))),
    ("layer_norm_two_axes", lambda x: F.layer_norm(x, (3, 4), None, None), (normal(2, 3, 4),)),
    ("mse_loss", lambda a: F.mse_loss(a, normal(3, 4, seed=5)), (normal(3, 4),)),
    ("mse_loss_sum", lambda a: F.mse_loss(a, normal(3, 4, seed=5), reduction="sum"), (normal(3, 4),)),
    ("mse_loss_none", lambda a: F.mse_loss(a, normal(3, 4, seed=5), reduction="none"), (normal(3, 4),)),
    ("l1_loss", lambda a: F.l1_loss(a, np.zeros((3, 4))), (away_from_zero(3, 4),)),
    ("huber_loss", lambda a: F.huber_loss(a, np.zeros((3, 4)), delta=0.7), (normal(3, 4) * 2,)),
    ("embedding", lambda w: F.embedding(np.array([[0, 2], [2, 1]]), w), (normal(3, 4),)),
    ("embedding_padding", lambda w: F.embedding(np.array([[0, 0], [2, 1]]), w[:], 0)[1], (normal(3, 4),)),
    *[
        (
            f"embedding_bag_{mode}",
            lambda w, mode=mode: apply(
                "embedding_bag", w, Tensor(np.array([0, 2, 1, 1])), Tensor(np.array([0, 2, 2])), mode=mode
            ),
            (normal(3, 4),),
        )
        for mode in ("sum", "mean", "max")
    ],
    (
        "conv2d",
        lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 0)),
        (normal(2, 3, 5, 4), normal(4, 3, 3, 2), normal(4)),
    ),
    ("conv2d_groups", lambda x, w: F.conv2d(x, w, dilation=2, groups=2), (normal(2, 4, 5, 5), normal(6, 2, 2, 2))),
    ("conv1d", lambda x, w, b: F.conv1d(x, w, b, padding=1), (normal(2, 3, 6), normal(4, 3, 3), normal(4))),
    (
        "conv_relu_pool",
        lambda x, w, b: F.conv_relu_pool(x, w, b, padding=1),
        (normal(2, 3, 4, 6), normal(4, 3, 3, 3), normal(4)),
    ),
    ("max_pool2d", lambda x: F.max_pool2d(x, 2), (normal(2, 3, 4, 5),)),
    ("max_pool2d_overlapping", lambda x: F.max_pool2d(x, 3, stride=1, padding=1), (normal(2, 2, 4, 5),)),
    ("avg_pool2d", lambda x: F.avg_pool2d(x, (2, 3), stride=1, padding=(1, 0)), (normal(2, 3, 4, 5),)),
    ("max_pool1d", lambda x: F.max_pool1d(x, 2), (normal(2, 3, 5),)),
    ("avg_pool1d", lambda x: F.avg_pool1d(x, 3, stride=2), (normal(2, 3, 7),)),
    (
        "batch_norm",
        lambda x, w, b: apply_many("batch_norm", x, w, b, eps=1e-5)[0],
        (normal(4, 3, 2), normal(3), normal(3, seed=1)),
    ),
    ("attention", lambda q, k, v: F.attention(q, k, v, heads=2), (normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 4))),
    (
        "attention_blocked",
        lambda q, k, v: F.attention(q, k, v, 1, BLOCKED),
        (normal(2, 3, 4), normal(2, 3, 4, seed=1), normal(2, 3, 4, seed=2)),
    ),
    ("self_attention", lambda p: apply("self_attention", p, heads=2, blocked=None, keep=KEEP), (normal(2, 3, 12),)),
    ("cross_entropy", lambda a: F.cross_entropy(a, np.array([0, 2, 1])), (normal(3, 4),)),
    (
        "cross_entropy_options",
        lambda a: F.cross_entropy(
            a, np.array([[0, 2], [1, -100], [3, 3]]), np.array([1.0, 2.0, 0.0, 0.5]), label_smoothing=0.2
        ),
        (normal(3, 4, 2),),
    ),
    ("bce_loss", lambda a: F.bce_loss(a.sigmoid(), np.eye(3)), (normal(3, 3),)),
    ("bce_with_logits", lambda a: F.bce_with_logits(a, np.eye(3)), (normal(3, 3),)),
    (
        "gaussian_nll_loss",
        lambda m, v: F.gaussian_nll_loss(m, np.zeros((3, 4)), v, full=True),
        (normal(3, 4), positive(3, 4)),
    ),
    ("quantile_loss", lambda a: F.quantile_loss(a, np.zeros(5), W), (away_from_zero(5, 3),)),
]


@pytest.mark.parametrize(("function", "arrays"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_gradient_equals_finite_differences(function, arrays, check_gradients):
    check_gradients(function, *arrays)


RECURRENT = [{}, {"reverse": True}, {"lengths": np.array([4, 2])}, {"reverse": True, "lengths": np.array([1, 4])}]


@pytest.mark.parametrize("options", RECURRENT, ids=["plain", "reverse", "lengths", "both"])
@pytest.mark.parametrize(("name", "gates", "states"), [("lstm", 4, 2), ("gru", 3, 1)])
def test_recurrent_gradients_through_all_outputs_and_inputs(name, gates, states, options, rng, check_gradients):
    def run(*inputs):
        output, *last = apply_many(name, *inputs, **options)
        total = (output * Tensor(mix)).sum(axis=1)
        for weight, one in enumerate(last, start=2):
            total = total + one * one * weight
        return total

    batch, time, features, hidden = 2, 4, 3, 2
    mix = rng.normal(size=(batch, time, hidden))
    rows = gates * hidden
    shapes = [(batch, time, features), *[(batch, hidden)] * states, (rows, features), (rows, hidden), (rows,), (rows,)]
    check_gradients(run, *[rng.normal(size=shape) for shape in shapes])


def test_erf_is_exact():
    from azuraforge.engine.ops.activation import erf_array

    x = np.linspace(-7, 7, 1501)
    expected = np.array([math.erf(value) for value in x])
    np.testing.assert_allclose(erf_array(x), expected, rtol=0, atol=5e-16)


def test_values_of_losses_by_hand():
    prediction, target = Tensor([0.0, 2.0, -3.0]), np.array([0.0, 1.0, 1.0])
    assert F.mse_loss(prediction, target).item() == pytest.approx(17 / 3)
    assert F.l1_loss(prediction, target).item() == pytest.approx(5 / 3)
    assert F.huber_loss(prediction, target, delta=1.0).item() == pytest.approx((0 + 0.5 + 3.5) / 3)
    # Pinball loss: 0.9 for each unit below the target, 0.1 for each above.
    assert F.quantile_loss(Tensor([[1.0], [5.0]]), np.array([3.0, 3.0]), [0.9]).item() == pytest.approx(1.0)


def test_quantile_loss_is_smallest_at_the_quantile(rng):
    target = rng.normal(size=2000)
    candidates = np.linspace(-2, 2, 81)
    losses = [F.quantile_loss(Tensor(np.full((2000, 1), c)), target, [0.8]).item() for c in candidates]
    assert candidates[int(np.argmin(losses))] == pytest.approx(np.quantile(target, 0.8), abs=0.06)


def test_saturated_activations_stay_finite():
    x = Tensor(np.array([-1e4, -100.0, 0.0, 100.0, 1e4], dtype=np.float32), requires_grad=True)
    for function in (F.sigmoid, F.tanh, F.softplus, F.gelu, F.silu, F.softmax, F.log_softmax):
        x.grad = None
        output = function(x)
        output.sum().backward()
        assert np.isfinite(output.numpy()).all(), function.__name__
        assert np.isfinite(x.grad.numpy()).all(), function.__name__


def test_pow_zero_and_zero_base_have_finite_gradients():
    x = Tensor([0.0, 2.0], requires_grad=True)
    (x**0 + x**2).sum().backward()
    assert x.grad.numpy().tolist() == [0.0, 4.0]


def test_a_number_keeps_the_dtype_of_the_tensor():
    x = Tensor([1.0])
    for result in (x * 2.5, 2.5 * x, x + 1, 1 - x, 1 / x, x**0.5, 2**x):
        assert result.dtype == np.float32


def test_numpy_on_the_left_gives_a_tensor():
    result = np.ones(3, np.float32) * Tensor([1.0, 2.0, 3.0], requires_grad=True)
    assert isinstance(result, Tensor)
    assert result.requires_grad


shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=4)


@settings(max_examples=60, deadline=None)
@given(shapes)
def test_broadcasting_matches_numpy_and_gradients_return_to_each_shape(pair):
    rng = np.random.default_rng(0)
    a, b = (Tensor(rng.normal(size=shape), requires_grad=True) for shape in pair.input_shapes)
    result = a * b
    np.testing.assert_array_equal(result.numpy(), a.numpy() * b.numpy())
    result.backward(np.ones(result.shape))
    broadcast_b = np.broadcast_to(b.numpy(), result.shape)
    added = result.ndim - a.ndim
    axes = (*range(added), *(added + i for i, size in enumerate(a.shape) if size == 1 and result.shape[added + i] != 1))
    expected = broadcast_b.sum(axis=axes, keepdims=True).reshape(a.shape)
    np.testing.assert_allclose(a.grad.numpy(), expected, rtol=1e-12, atol=1e-12)
    assert b.grad.shape == b.shape


UNARY = ["exp", "tanh", "sigmoid", "relu", "silu", "gelu", "softplus", "neg", "abs"]


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(UNARY),
    array=hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5),
                     elements=st.floats(-20, 20, width=32)),
    step=st.sampled_from([1, 2, -1, -2]),
)  # fmt: skip
def test_elementwise_ops_do_not_care_about_strides(name, array, step):
    apply = engine.autograd.apply
    strided = apply(name, Tensor(array.T[::step])).numpy()
    plain = apply(name, Tensor(np.ascontiguousarray(array.T[::step]))).numpy()
    np.testing.assert_array_equal(strided, plain)


@pytest.mark.parametrize("name", UNARY)
def test_nan_goes_in_and_comes_out(name):
    output = engine.autograd.apply(name, Tensor([float("nan"), 1.0])).numpy()
    assert np.isnan(output[0])
    assert np.isfinite(output[1])


def test_forward_changes_no_input(rng):
    for name, function, arrays in CASES:
        before = [array.copy() for array in arrays]
        inputs = [Tensor(array, requires_grad=True) for array in arrays]
        output = function(*inputs)
        output.backward(np.ones(output.shape))
        for array, original in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, original, err_msg=name)


def test_every_op_has_a_gradient_case(monkeypatch):
    """A new op without a case in CASES (or its own test here) fails this."""
    used: set[str] = set()

    class Watched(dict):
        def __getitem__(self, name):
            used.add(name)
            return super().__getitem__(name)

    monkeypatch.setattr(engine.backends, "active", Watched(OPS))
    for _, function, arrays in CASES:
        function(*(Tensor(array) for array in arrays))
    assert set(OPS) - used == {"lstm", "gru"}
