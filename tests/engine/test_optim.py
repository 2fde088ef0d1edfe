"""Optimizers against their equations, clipping, schedules, and resuming bit for bit."""

import math

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import EngineError, Tensor, io, nn, optim
from azuraforge.engine.nn import functional as F


def parameter(*values: float) -> nn.Parameter:
    return nn.Parameter(np.array(values))


def run_steps(optimizer: optim.Optimizer, weights: nn.Parameter, gradients: list[list[float]]) -> np.ndarray:
    for gradient in gradients:
        weights.grad = np.array(gradient)
        optimizer.step()
    return weights.numpy().copy()


GRADIENTS = [[0.5, -1.0], [0.1, 2.0], [-0.3, 0.0]]


@pytest.mark.parametrize("decoupled", [False, True])
def test_adam_follows_its_equations(decoupled):
    weights = parameter(1.0, -2.0)
    kind = optim.AdamW if decoupled else optim.Adam
    result = run_steps(kind([weights], lr=0.1, betas=(0.8, 0.9), eps=1e-6, weight_decay=0.05), weights, GRADIENTS)
    w, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for step, gradient in enumerate(np.array(GRADIENTS), start=1):
        if decoupled:
            w = w * (1 - 0.1 * 0.05)
        else:
            gradient = gradient + 0.05 * w
        m = 0.8 * m + 0.2 * gradient
        v = 0.9 * v + 0.1 * gradient**2
        w = w - 0.1 * (m / (1 - 0.8**step)) / (np.sqrt(v / (1 - 0.9**step)) + 1e-6)
    np.testing.assert_allclose(result, w, rtol=1e-12)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_with_momentum_follows_its_equations(nesterov):
    weights = parameter(1.0, -2.0)
    optimizer = optim.SGD([weights], lr=0.1, momentum=0.9, nesterov=nesterov, weight_decay=0.01)
    result = run_steps(optimizer, weights, GRADIENTS)
    w, velocity = np.array([1.0, -2.0]), np.zeros(2)
    for gradient in np.array(GRADIENTS):
        gradient = gradient + 0.01 * w
        velocity = 0.9 * velocity + gradient
        w = w - 0.1 * (gradient + 0.9 * velocity if nesterov else velocity)
    np.testing.assert_allclose(result, w, rtol=1e-12)


def test_a_parameter_without_gradient_stays():
    used, unused = parameter(1.0), parameter(2.0)
    optimizer = optim.Adam([used, unused], lr=0.1)
    (used * used).sum().backward()
    optimizer.step()
    assert unused.item() == 2.0
    assert used.item() != 1.0


def test_late_parameters_count_their_own_steps():
    late, alone = parameter(1.0), parameter(1.0)
    other = parameter(1.0)
    together, single = optim.Adam([other, late], lr=0.1), optim.Adam([alone], lr=0.1)
    other.grad = np.ones(1)
    together.step()
    for one in (late, alone):
        one.grad = np.full(1, 0.3)
    together.step()
    single.step()
    assert late.item() == alone.item()


def test_the_learning_rate_can_be_set():
    weights = parameter(1.0)
    optimizer = optim.SGD([weights], lr=0.1)
    optimizer.lr = 1.0
    weights.grad = np.ones(1)
    optimizer.step()
    assert weights.item() == 0.0


def test_a_second_optimizer_takes_the_parameters_over_without_loss():
    weights = parameter(1.0, 2.0)
    first = optim.SGD([weights], lr=0.5)
    optim.SGD([weights], lr=0.5)
    (weights * weights).sum().backward()
    first.step()
    assert weights.numpy().tolist() == [0.0, 0.0]


@pytest.mark.parametrize("scale", [1.0, 1e25, 1e-25])
def test_the_norm_is_exact_whatever_the_scale(scale):
    values = np.random.default_rng(0).normal(size=10_000)
    parameters = [nn.Parameter(np.zeros(shape, np.float32)) for shape in ((5000,), (1, 4999), (1,))]
    for parameter, part in zip(parameters, np.split(values, [5000, 9999]), strict=True):
        parameter.grad = (part.reshape(parameter.shape) * scale).astype(np.float32)
    expected = float(np.sqrt((values**2).sum()) * scale)
    assert optim.clip_grad_norm_(parameters, 1e30) == pytest.approx(expected, rel=1e-6)


def test_clipping_by_norm_and_by_value():
    a, b = parameter(0.0), parameter(0.0, 0.0)
    a.grad, b.grad = np.array([3.0]), np.array([0.0, 4.0])
    assert optim.clip_grad_norm_([a, b], 1.0) == pytest.approx(5.0)
    np.testing.assert_allclose(b.grad.numpy(), [0, 0.8], rtol=1e-5)
    assert optim.clip_grad_norm_([a, b], 1.0) == pytest.approx(1.0, rel=1e-5)
    optim.clip_grad_value_([a, b], 0.5)
    np.testing.assert_allclose(b.grad.numpy(), [0, 0.5])


def test_a_norm_that_is_not_a_number_stops():
    a = parameter(0.0)
    a.grad = np.array([np.nan])
    with pytest.raises(EngineError, match="norm of the gradients is nan"):
        optim.clip_grad_norm_([a], 1.0)


def test_warmup_then_cosine():
    optimizer = optim.SGD([parameter(0.0)], lr=1.0)
    schedule = optim.schedules.WarmupCosine(optimizer, warmup_steps=4, total_steps=12, min_lr=0.1)
    rates = [optimizer.lr]
    for _ in range(13):
        schedule.step()
        rates.append(optimizer.lr)
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4] == pytest.approx(1.0)
    assert rates[8] == pytest.approx(0.55)
    assert rates[12] == rates[13] == pytest.approx(0.1)


def test_one_cycle_rises_and_falls():
    optimizer = optim.SGD([parameter(0.0)], lr=1.0)
    schedule = optim.schedules.OneCycle(optimizer, max_lr=2.0, total_steps=10)
    rates = [optimizer.lr]
    for _ in range(9):
        schedule.step()
        rates.append(optimizer.lr)
    assert rates[0] == pytest.approx(2.0 / 25)
    assert rates[2] == max(rates) == pytest.approx(2.0)
    assert rates[9] == pytest.approx(2.0 / 25 / 1e4)


@pytest.mark.parametrize(("rise", "total"), [(0.5, 2), (0.1, 10), (0.25, 4)])
def test_one_cycle_whose_rise_has_one_step_starts_at_its_peak(rise, total):
    optimizer = optim.SGD([parameter(0.0)], lr=1.0)
    schedule = optim.schedules.OneCycle(optimizer, max_lr=2.0, total_steps=total, rise=rise)
    assert optimizer.lr == pytest.approx(2.0)
    for _ in range(total - 1):
        schedule.step()
    assert optimizer.lr == pytest.approx(2.0 / 25 / 1e4)


def test_plateau_waits_then_lowers():
    optimizer = optim.SGD([parameter(0.0)], lr=1.0)
    schedule = optim.schedules.Plateau(optimizer, factor=0.1, patience=1)
    for metric in (5.0, 4.0, 4.0):
        schedule.step(metric)
    assert optimizer.lr == 1.0
    schedule.step(4.5)
    assert optimizer.lr == pytest.approx(0.1)


def test_schedules_continue_from_their_state():
    def make() -> tuple[optim.Optimizer, optim.schedules.Schedule]:
        optimizer = optim.SGD([parameter(0.0)], lr=0.3)
        return optimizer, optim.schedules.WarmupCosine(optimizer, 3, 20)

    optimizer, schedule = make()
    for _ in range(7):
        schedule.step()
    other, continued = make()
    continued.load_state_dict(schedule.state_dict())
    assert other.lr == optimizer.lr
    schedule.step()
    continued.step()
    assert other.lr == optimizer.lr


class Net(nn.Module):
    def __init__(self, generator: np.random.Generator) -> None:
        super().__init__()
        self.core = nn.LSTM(3, 6, num_layers=2, dropout=0.3, generator=generator)
        self.head = nn.Linear(6, 1, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.core(x)[0][:, -1])


def train(net: Net, optimizer: optim.Optimizer, generator: np.random.Generator, steps: int) -> None:
    for _ in range(steps):
        x = generator.normal(size=(8, 5, 3)).astype(np.float32)
        optimizer.zero_grad()
        F.mse_loss(net(Tensor(x)), x.sum(axis=(1, 2))[:, None]).backward()
        optim.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()


def test_a_resumed_training_ends_with_the_same_bits(tmp_path):
    generator = np.random.Generator(np.random.PCG64(42))
    net = Net(generator)
    optimizer = optim.AdamW(net.parameters(), lr=0.01)
    train(net, optimizer, generator, 7)
    io.save_safetensors(tmp_path / "weights.safetensors", net.state_dict())
    io.save_safetensors(tmp_path / "optimizer.safetensors", optimizer.state_dict())
    random = engine.generator_state(generator)
    train(net, optimizer, generator, 9)

    other_generator = np.random.Generator(np.random.PCG64(0))
    other = Net(other_generator)
    other_optimizer = optim.AdamW(other.parameters(), lr=0.5)
    other.load_state_dict(io.load_safetensors(tmp_path / "weights.safetensors")[0])
    other_optimizer.load_state_dict(io.load_safetensors(tmp_path / "optimizer.safetensors")[0])
    engine.restore_generator(random, other_generator)
    train(other, other_optimizer, other_generator, 9)
    assert io.hash_tensors(other.state_dict()) == io.hash_tensors(net.state_dict())
    assert io.hash_tensors(other_optimizer.state_dict()) == io.hash_tensors(optimizer.state_dict())


def test_a_foreign_optimizer_state_is_refused():
    optimizer = optim.Adam([parameter(0.0, 1.0)])
    with pytest.raises(EngineError, match="Adam state holds"):
        optimizer.load_state_dict({"lr": np.array(1.0)})
    state = optim.Adam([parameter(0.0, 1.0, 2.0)]).state_dict()
    with pytest.raises(EngineError, match="'exp_avg' holds 3 numbers, expected 2"):
        optimizer.load_state_dict(state)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.Adam([]), "got no parameters"),
        (lambda: optim.SGD([parameter(0.0)], lr=-1), "must not be negative"),
        (lambda: optim.SGD([parameter(0.0)], lr=math.nan), "must not be negative, got nan"),
        (lambda: optim.Adam([parameter(0.0)], betas=(1.0, 0.9)), "below 1"),
        (lambda: optim.SGD([parameter(0.0)], nesterov=True), "nesterov needs momentum"),
        (lambda: optim.Adam([parameter(0.0), nn.Parameter(np.zeros(1, np.float32))]), "one dtype"),
        (lambda: optim.Adam([np.zeros(3)]), "takes tensors, got ndarray"),
        (lambda: optim.Adam([parameter(0.0) * 2]), "leaf tensors"),
        (lambda: optim.clip_grad_norm_([], 0), "max_norm must be above 0"),
    ],
)
def test_wrong_settings_are_refused(make, message):
    with pytest.raises(EngineError, match=message):
        make()
