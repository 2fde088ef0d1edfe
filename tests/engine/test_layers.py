"""Each layer: shapes, weights move and loss falls, errors that say what does not fit."""

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import EngineError, Tensor, nn, optim
from azuraforge.engine.nn import functional as F


class MeanOutput(nn.Module):
    """A recurrent layer with a linear head on its mean output, which reaches every weight."""

    def __init__(self, core: nn.Module, size: int) -> None:
        super().__init__()
        self.core = core
        self.head = nn.Linear(size, 1)

    def forward(self, x: Tensor) -> Tensor:
        output, _ = self.core(x)
        return self.head(output.mean(axis=1))


MODELS = {
    "linear": (lambda: nn.Linear(3, 1), (16, 3)),
    "linear_without_bias": (lambda: nn.Linear(3, 1, bias=False), (16, 3)),
    "relu": (lambda: nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1)), (16, 3)),
    "leaky_relu": (lambda: nn.Sequential(nn.Linear(3, 8), nn.LeakyReLU(), nn.Linear(8, 1)), (16, 3)),
    "tanh": (lambda: nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)), (16, 3)),
    "sigmoid": (lambda: nn.Sequential(nn.Linear(3, 8), nn.Sigmoid(), nn.Linear(8, 1)), (16, 3)),
    "gelu": (lambda: nn.Sequential(nn.Linear(3, 8), nn.GELU(), nn.Linear(8, 1)), (16, 3)),
    "silu": (lambda: nn.Sequential(nn.Linear(3, 8), nn.SiLU(), nn.Linear(8, 1)), (16, 3)),
    "softplus": (lambda: nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 1)), (16, 3)),
    "softmax": (lambda: nn.Sequential(nn.Linear(3, 8), nn.Softmax(), nn.Linear(8, 1)), (16, 3)),
    "layer_norm": (lambda: nn.Sequential(nn.Linear(3, 8), nn.LayerNorm(8), nn.Linear(8, 1)), (16, 3)),
    "dropout": (lambda: nn.Sequential(nn.Linear(3, 32), nn.Dropout(0.1), nn.Linear(32, 1)), (16, 3)),
    "lstm": (lambda: MeanOutput(nn.LSTM(3, 8), 8), (16, 6, 3)),
    "gru": (lambda: MeanOutput(nn.GRU(3, 8), 8), (16, 6, 3)),
    "gru_bidirectional": (lambda: MeanOutput(nn.GRU(3, 4, num_layers=2, bidirectional=True), 8), (16, 6, 3)),
    "residual": (lambda: nn.Sequential(nn.Residual(nn.Linear(3, 3)), nn.Linear(3, 1)), (16, 3)),
    "batch_norm": (lambda: nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Linear(8, 1)), (16, 3)),
    "conv2d": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(4, 1),
        ),
        (16, 2, 4, 4),
    ),
    "conv1d": (
        lambda: nn.Sequential(
            nn.Conv1d(3, 4, 3), nn.ReLU(), nn.MaxPool1d(2), nn.AvgPool1d(2), nn.Flatten(), nn.Linear(8, 1)
        ),
        (16, 3, 10),
    ),
    "attention": (
        lambda: nn.Sequential(nn.Linear(3, 8), nn.MultiheadAttention(8, 2), nn.Flatten(), nn.Linear(48, 1)),
        (16, 6, 3),
    ),
    "encoder": (
        lambda: nn.Sequential(
            nn.Linear(3, 8), nn.TransformerEncoderLayer(8, 2, 16, dropout=0.05), nn.Flatten(), nn.Linear(48, 1)
        ),
        (16, 6, 3),
    ),
    "lstm_two_layers_dropout": (lambda: MeanOutput(nn.LSTM(3, 8, num_layers=2, dropout=0.1), 8), (16, 6, 3)),
}


@pytest.mark.parametrize("name", MODELS)
def test_weights_move_and_loss_falls(name, rng):
    engine.manual_seed(3)
    make, shape = MODELS[name]
    model = make()
    x = Tensor(rng.normal(size=shape).astype(np.float32))
    target = Tensor(x.numpy().reshape(shape[0], -1).sum(axis=1, keepdims=True) * 0.5)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    start = model.state_dict()
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0], losses[:: len(losses) - 1]
    for key, value in model.state_dict().items():
        assert (value != start[key]).any(), f"{key} did not move"


@pytest.mark.parametrize("name", ["embedding", "embedding_bag"])
def test_tables_learn(name, rng):
    engine.manual_seed(3)
    table = nn.Embedding(6, 4) if name == "embedding" else nn.EmbeddingBag(6, 4)
    head = nn.Linear(4, 1)
    indices = rng.integers(0, 6, (32, 3))
    target = rng.normal(size=6).astype(np.float32)[indices].mean(axis=1, keepdims=True)
    optimizer = optim.Adam([*table.parameters(), *head.parameters()], lr=0.05)
    start, losses = table.state_dict()["weight"], []
    for _ in range(60):
        rows = table(indices)
        loss = F.mse_loss(head(rows if name == "embedding_bag" else rows.mean(axis=1)), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    assert (table.weight.numpy() != start).any(axis=1).all()


def test_attention_masks_hide_what_they_say(rng):
    layer = nn.MultiheadAttention(8, 2)
    x = rng.normal(size=(2, 5, 8)).astype(np.float32)
    changed = x.copy()
    changed[:, 3:] += 1
    causal = [layer(Tensor(one), causal=True).numpy() for one in (x, changed)]
    np.testing.assert_array_equal(causal[0][:, :3], causal[1][:, :3])
    assert (causal[0][:, 3:] != causal[1][:, 3:]).any()
    padding = np.array([[False, False, False, True, True]] * 2)
    masked = [layer(Tensor(one), key_padding_mask=padding).numpy()[:, :3] for one in (x, changed)]
    np.testing.assert_array_equal(*masked)


def test_a_query_that_may_look_nowhere_gets_zeros_and_finite_gradients(rng):
    x = Tensor(rng.normal(size=(1, 3, 4)), requires_grad=True)
    output = F.attention(x, x, x, heads=1, blocked=np.ones((3, 3), bool))
    output.sum().backward()
    assert (output.numpy() == 0).all()
    assert np.isfinite(x.grad.numpy()).all()


def test_lengths_make_padding_invisible(rng):
    for layer in (nn.LSTM(3, 4, bidirectional=True), nn.GRU(3, 4, bidirectional=True)):
        x = rng.normal(size=(2, 6, 3)).astype(np.float32)
        padded, state = layer(Tensor(x), lengths=[6, 4])
        alone, alone_state = layer(Tensor(x[1:, :4]))
        np.testing.assert_allclose(padded.numpy()[1, :4], alone.numpy()[0], atol=1e-6)
        assert (padded.numpy()[1, 4:] == 0).all()
        first = (state[0], alone_state[0]) if isinstance(state, tuple) else (state, alone_state)
        np.testing.assert_allclose(first[0].numpy()[:, 1], first[1].numpy()[:, 0], atol=1e-6)


def test_batch_norm_uses_running_statistics_in_evaluation(rng):
    layer = nn.BatchNorm1d(3, momentum=0.5)
    for _ in range(30):
        layer(Tensor(rng.normal(2.0, 3.0, size=(500, 3)).astype(np.float32)))
    x = Tensor(rng.normal(2.0, 3.0, size=(4000, 3)).astype(np.float32))
    output = layer.eval()(x).numpy()
    assert np.abs(output.mean(axis=0)).max() < 0.15
    assert np.abs(output.std(axis=0) - 1).max() < 0.15
    assert int(layer.num_batches_tracked.item()) == 30


def unrolled_lstm(x: Tensor, weights: list[Tensor], hidden: int) -> tuple[Tensor, Tensor, Tensor]:
    """The LSTM written op by op, the oracle of the fused one."""
    weight_ih, weight_hh, bias_ih, bias_hh = weights
    h = Tensor(np.zeros((x.shape[0], hidden), x.dtype))
    c = Tensor(np.zeros((x.shape[0], hidden), x.dtype))
    outputs = []
    for step in range(x.shape[1]):
        gates = x[:, step] @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
        i, f, g, o = (gates[:, k * hidden : (k + 1) * hidden] for k in range(4))
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        outputs.append(h)
    return F.stack(outputs, axis=1), h, c


def test_fused_lstm_equals_the_one_written_op_by_op(rng):
    layer = nn.LSTM(3, 5).astype(np.float64)
    weights = list(layer.parameters())
    x = Tensor(rng.normal(size=(4, 7, 3)), requires_grad=True)
    mix = rng.normal(size=(4, 7, 5))
    results = []
    for run in (lambda: layer(x), lambda: unrolled_lstm(x, weights, 5)):
        for item in (x, *weights):
            item.grad = None
        result = run()
        output, h, c = (result[0], result[1][0][0], result[1][1][0]) if len(result) == 2 else result
        ((output * Tensor(mix)).sum() + (h * h).sum() + c.sum()).backward()
        results.append([output.numpy(), h.numpy(), c.numpy(), *(item.grad.numpy().copy() for item in (x, *weights))])
    for fused, plain in zip(*results, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-12, atol=1e-13)


def test_lstm_layouts_and_state_carry_over(rng):
    layer = nn.LSTM(3, 5, num_layers=2)
    x = Tensor(rng.normal(size=(4, 6, 3)).astype(np.float32))
    whole, (h_n, c_n) = layer(x)
    assert (whole.shape, h_n.shape, c_n.shape) == ((4, 6, 5), (2, 4, 5), (2, 4, 5))
    first, state = layer(x[:, :4])
    second, (h_2, c_2) = layer(x[:, 4:], state)
    np.testing.assert_allclose(np.concatenate([first.numpy(), second.numpy()], 1), whole.numpy(), atol=1e-6)
    np.testing.assert_allclose(h_2.numpy(), h_n.numpy(), atol=1e-6)
    np.testing.assert_allclose(c_2.numpy(), c_n.numpy(), atol=1e-6)
    layer.batch_first = False
    np.testing.assert_allclose(layer(x.swapaxes(0, 1))[0].numpy(), whole.numpy().swapaxes(0, 1), atol=1e-6)


def test_lstm_names_are_pytorchs():
    shapes = {name: value.shape for name, value in nn.LSTM(3, 5, num_layers=2).state_dict().items()}
    assert shapes == {
        "weight_ih_l0": (20, 3), "weight_hh_l0": (20, 5), "bias_ih_l0": (20,), "bias_hh_l0": (20,),
        "weight_ih_l1": (20, 5), "weight_hh_l1": (20, 5), "bias_ih_l1": (20,), "bias_hh_l1": (20,),
    }  # fmt: skip


def test_first_values_have_pytorchs_spread():
    engine.manual_seed(0)
    weight = nn.Linear(100, 200).weight.numpy()
    assert np.abs(weight).max() <= 0.1
    assert weight.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.02)


def test_dropout_keeps_the_mean_and_is_off_in_evaluation():
    engine.manual_seed(0)
    layer, x = nn.Dropout(0.25), Tensor(np.ones((200, 200), np.float32))
    output = layer(x).numpy()
    assert set(np.unique(output)) == {np.float32(0), np.float32(1 / 0.75)}
    assert output.mean() == pytest.approx(1, abs=0.01)
    assert layer.eval()(x) is x


def test_attention_with_a_dropout_of_one_attends_to_nothing():
    x = Tensor(np.ones((1, 3, 4), np.float32))
    assert not F.attention(x, x, x, heads=2, dropout_p=1.0).numpy().any()
    assert np.isfinite(nn.MultiheadAttention(4, 2, dropout=1.0)(x).numpy()).all()


def test_the_same_seed_gives_the_same_bits():
    def draw() -> list[np.ndarray]:
        engine.manual_seed(11)
        model = nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.5))
        return [*model.state_dict().values(), model(Tensor(np.ones((3, 4), np.float32))).numpy()]

    for first, second in zip(draw(), draw(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_given_generator_leaves_the_global_one_alone():
    engine.manual_seed(5)
    before = engine.generator_state()
    own = np.random.Generator(np.random.PCG64(1))
    nn.Dropout(0.5, generator=own)(nn.Linear(2, 2, generator=own)(Tensor(np.ones((1, 2), np.float32))))
    assert engine.generator_state() == before


def test_modules_find_what_is_inside():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1, bias=False)))
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "1.0.weight"]
    assert model.parameter_count() == 12
    model.eval()
    assert not any(module.training for module in model.modules())


def test_a_shared_module_counts_once_and_keeps_both_names_out_of_the_optimizer():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    assert model.parameter_count() == 6
    assert len(optim.SGD(model.parameters(), lr=0.1).params) == 2


def test_buffers_are_state_but_not_parameters():
    class Scaler(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", np.ones(2, np.float32))

    scaler = Scaler()
    assert list(scaler.parameters()) == []
    scaler.load_state_dict({"mean": np.array([3.0, 4.0], np.float32)})
    assert scaler.mean.numpy().tolist() == [3.0, 4.0]


def test_state_dict_is_a_copy():
    layer = nn.Linear(2, 1)
    layer.state_dict()["weight"][:] = 99
    assert not (layer.weight.numpy() == 99).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("bias"), "missing 'bias'"),
        (lambda s: s.update(extra=np.zeros(1)), "not known here 'extra'"),
        (lambda s: s.update(weight=np.zeros((3, 2), np.float32)), r"weight has shape \(1, 2\), .* \(3, 2\)"),
        (lambda s: s.update(weight=np.full((1, 2), np.nan)), "weight in the weights to load is not a number"),
        (lambda s: s.update(weight=np.zeros((1, 2), int)), "weight holds float32, the weights to load int64"),
    ],
)
def test_foreign_weights_are_refused_and_change_nothing(change, message):
    layer = nn.Linear(2, 1)
    before = layer.state_dict()
    state = {name: value + 1 for name, value in before.items()}
    change(state)
    with pytest.raises(EngineError, match=message):
        layer.load_state_dict(state)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def zeros(*shape: int, dtype: type = np.float32) -> Tensor:
    return Tensor(np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Linear(8, 2)(zeros(32, 60, 7)), r"Linear expects \(…, 8\), got \(32, 60, 7\)"),
        (lambda: nn.Linear(8, 2)(zeros(3, 8, dtype=np.float64)), "Linear has float32 weights, got float64"),
        (lambda: nn.Linear(8, 2)(zeros(3, 8, dtype=np.int64)), "Linear has float32 weights, got int64"),
        (lambda: nn.Linear(8, 2)(np.zeros((3, 8), np.float32)), "Linear expects a Tensor, got ndarray"),
        (lambda: nn.LSTM(8, 4)(zeros(32, 60, 7)), r"LSTM expects \(…, 8\), got \(32, 60, 7\)"),
        (lambda: nn.LSTM(8, 4)(zeros(60, 8)), r"LSTM expects \(batch, time, 8\), got \(60, 8\)"),
        (lambda: nn.LSTM(8, 4)(zeros(2, 0, 8)), "at least one time step"),
        (lambda: nn.LSTM(8, 4)(zeros(2, 3, 8), (zeros(1, 3, 4), zeros(1, 2, 4))), r"h_0 \(1, 2, 4\), got \(1, 3, 4\)"),
        (lambda: nn.LSTM(8, 4)(zeros(2, 3, 8), lengths=[3, 4]), r"2 lengths between 1 and 3, got \[3, 4\]"),
        (lambda: nn.GRU(8, 4)(zeros(2, 3, 7)), r"GRU expects \(…, 8\), got \(2, 3, 7\)"),
        (lambda: nn.Conv2d(3, 4, 3)(zeros(2, 4, 8, 8)), r"Conv2d expects \(batch, 3, height, width\), got \(2, 4, 8"),
        (lambda: nn.Conv2d(3, 4, 5)(zeros(2, 3, 4, 4)), r"window of \(5, 5\) does not fit"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "not multiples of 2 groups"),
        (lambda: nn.Conv1d(3, 4, 3)(zeros(2, 4, 8)), r"Conv1d expects \(batch, 3, time\)"),
        (lambda: nn.MaxPool2d(2)(zeros(3, 8, 8)), r"expects \(batch, channel, height, width\), got \(3, 8, 8\)"),
        (lambda: nn.MaxPool2d(2, padding=2)(zeros(1, 1, 8, 8)), "more than half"),
        (lambda: nn.BatchNorm1d(3)(zeros(5, 4)), r"BatchNorm1d expects \(batch, 3\) or"),
        (lambda: nn.BatchNorm1d(3)(zeros(1, 3)), "more than one value per channel"),
        (lambda: nn.BatchNorm2d(3)(zeros(5, 3)), r"BatchNorm2d expects \(batch, 3, height, width\)"),
        (lambda: nn.Embedding(5, 2)(np.array([5])), "Embedding has 5 rows, got indices from 5 to 5"),
        (lambda: nn.Embedding(5, 2)(np.array([1.0])), "expects integer indices, got float64"),
        (lambda: nn.EmbeddingBag(5, 2)(np.array([1, 2])), r"\(bag, size\), or \(total,\) with offsets"),
        (lambda: nn.EmbeddingBag(5, 2, mode="median"), "'mean', 'sum' or 'max'"),
        (lambda: nn.MultiheadAttention(6, 4), "6 is not a multiple of 4 heads"),
        (lambda: nn.MultiheadAttention(4, 2)(zeros(2, 3, 5)), r"MultiheadAttention expects \(…, 4\)"),
        (
            lambda: nn.MultiheadAttention(4, 2)(zeros(2, 3, 4), attn_mask=np.zeros((3, 3))),
            r"attn_mask must be boolean \(3, 3\), got float64",
        ),
        (lambda: F.cross_entropy(zeros(3, 4), np.zeros(4, int)), r"got \(3, 4\) and \(4,\)"),
        (lambda: F.cross_entropy(zeros(3, 4), np.zeros(3)), "class numbers, got a target of float64"),
        (lambda: F.cross_entropy(zeros(3, 4), np.array([0, 4, 1])), "has 4 classes, got targets 0 to 4"),
        (lambda: F.bce_loss(zeros(3) + 2, zeros(3)), "between 0 and 1; use bce_with_logits"),
        (lambda: nn.LayerNorm(8)(zeros(3, 7)), r"LayerNorm expects \(…, 8\), got \(3, 7\)"),
        (lambda: nn.Dropout(1.5), "between 0 and 1, got 1.5"),
        (lambda: nn.MultiheadAttention(4, 2, dropout=-0.5), "between 0 and 1, got -0.5"),
        (lambda: F.attention(*[zeros(1, 2, 4)] * 3, dropout_p=1.5), "between 0 and 1, got 1.5"),
        (lambda: nn.Linear(0, 2), "sizes must be at least 1"),
        (lambda: F.mse_loss(zeros(3, 1), zeros(3)), r"one shape, got \(3, 1\) and \(3,\)"),
        (lambda: F.mse_loss(zeros(3), zeros(3), reduction="avg"), "'mean', 'sum' or 'none', got 'avg'"),
        (lambda: F.mse_loss(zeros(0), zeros(0)), "mean loss of no elements"),
        (lambda: F.huber_loss(zeros(3), zeros(3), delta=0), "delta must be above 0"),
        (lambda: F.quantile_loss(zeros(4, 2), zeros(4), [0.5]), r"expects prediction \(4, 1\)"),
        (lambda: F.quantile_loss(zeros(4, 1), zeros(4), [1.5]), "between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(call, message):
    with pytest.raises(EngineError, match=message):
        call()


def test_repr_shows_the_tree_with_parameter_counts():
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.LSTM(8, 16, num_layers=2))
    assert repr(model).split("\n") == [
        "Sequential()  # 3,880 parameters",
        "  0: Linear(4 → 8)  # 40 parameters",
        "  1: Dropout(p=0.2)",
        "  2: LSTM(8 → 16, layers=2)  # 3,840 parameters",
    ]


def test_linear_and_relu_in_a_row_are_one_op_with_the_same_numbers():
    engine.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2))
    x = Tensor(np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32))
    names: list[str] = []
    with engine.autograd.watch(lambda name, arrays, results: names.append(name)):
        model(x).sum().backward()
    assert names == ["linear_relu", "linear_relu", "linear", "sum"]
    fused = [parameter.grad.numpy().copy() for parameter in model.parameters()]
    model.zero_grad()
    y = x
    for module in model:
        y = module(y)
    y.sum().backward()
    for parameter, gradient in zip(model.parameters(), fused, strict=True):
        np.testing.assert_allclose(gradient, parameter.grad.numpy(), rtol=1e-6, atol=1e-7)


def test_a_module_that_is_watched_or_changed_is_called():
    class Doubled(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * 2

    x = Tensor(np.ones((2, 3), np.float32))
    model = nn.Sequential(Doubled(3, 3), nn.ReLU())
    assert np.array_equal(model(x).numpy(), np.maximum(model[0](x).numpy(), 0))
    model, seen = nn.Sequential(nn.Linear(3, 3), nn.ReLU()), []
    plain = model[1].forward
    object.__setattr__(model[1], "forward", lambda x: seen.append(x.shape) or plain(x))
    model(x)
    assert seen == [(2, 3)]
