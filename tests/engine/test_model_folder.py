"""A model as a folder, its description, and the summary."""

import json

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import EngineError, Tensor, io, nn


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, (3, 2), padding=1),
        nn.BatchNorm2d(4),
        nn.Residual(nn.GELU()),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 8, bias=False),
        nn.LayerNorm((8,)),
        nn.Dropout(0.2),
        nn.Linear(8, 3, generator=np.random.default_rng(1)),
    )


def test_a_saved_model_predicts_the_same_bits(tmp_path, rng):
    model = network()
    x = Tensor(rng.normal(size=(2, 1, 4, 8)).astype(np.float32))
    model(x)  # running statistics become part of the state
    digest = io.save_model(tmp_path, model, {"unit": "°C"})
    loaded, metadata = io.load_model(tmp_path)
    assert metadata == {"unit": "°C"}
    assert not loaded.training
    np.testing.assert_array_equal(loaded(x).numpy(), model.eval()(x).numpy())
    assert io.hash_tensors(loaded.state_dict()) == digest
    assert io.architecture(loaded) == io.architecture(model)


@pytest.mark.parametrize(
    "layer",
    [
        nn.LSTM(3, 4, num_layers=2, dropout=0.1, bidirectional=True), nn.GRU(3, 4), nn.Embedding(5, 2, padding_idx=1),
        nn.EmbeddingBag(5, 2, mode="sum"), nn.MultiheadAttention(4, 2), nn.BatchNorm1d(3), nn.Conv1d(2, 4, 3, groups=2),
        nn.TransformerEncoderLayer(4, 2, 8, norm_first=True), nn.LeakyReLU(0.2), nn.Softmax(0), nn.AvgPool1d(2),
    ],
    ids=lambda layer: type(layer).__name__,
)  # fmt: skip
def test_every_kind_of_layer_is_described_and_built_again(layer):
    described = json.loads(json.dumps(io.architecture(layer)))
    again = io.build(described)
    again.load_state_dict(layer.state_dict())
    assert io.architecture(again) == io.architecture(layer)
    assert repr(again) == repr(layer)


class Own(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, 1)


def test_own_modules_are_named_by_the_caller_and_never_by_the_file(tmp_path):
    io.save_model(tmp_path, Own(3))
    with pytest.raises(EngineError, match="unknown layer 'Own'"):
        io.load_model(tmp_path)
    assert isinstance(io.load_model(tmp_path, {"Own": Own})[0], Own)
    for name in ("functional", "os", "__builtins__"):
        with pytest.raises(EngineError, match="unknown layer"):
            io.build({"type": name})


def test_what_json_cannot_hold_is_refused():
    class Odd(nn.Module):
        def __init__(self, table: np.ndarray) -> None:
            super().__init__()

    with pytest.raises(EngineError, match=r"Odd\(table=…\) is a ndarray"):
        io.architecture(Odd(np.zeros(2)))


def edit(path, **changes):
    description = json.loads(path.read_text())
    path.write_text(json.dumps({**description, **changes}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: (p / "model.json").unlink(), "missing or damaged"),
        (lambda p: (p / "model.json").write_text("{"), "missing or damaged"),
        (lambda p: (p / "model.json").write_text("[]"), "missing or damaged"),
        (lambda p: (p / "weights.safetensors").unlink(), "does not exist"),
        (lambda p: edit(p / "model.json", format="azuraforge.model/9"), "has format 'azuraforge.model/9'"),
        (lambda p: edit(p / "model.json", sha256="0" * 64), "not those that model.json describes"),
        (lambda p: edit(p / "model.json", architecture={"type": "Linear", "in_features": 9, "out_features": 1}),
         "has shape"),
        (lambda p: edit(p / "model.json", architecture={"type": "Linear", "sides": 9}), "cannot be made"),
        (lambda p: edit(p / "model.json", architecture=io.architecture(nn.GRU(2, 1))), "missing 'weight_ih_l0'"),
        (lambda p: io.save_safetensors(p / "weights.safetensors", {"weight": np.full((1, 2), np.nan)}), "holds NaN"),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_refused(damage, message, tmp_path):
    io.save_model(tmp_path, nn.Linear(2, 1))
    damage(tmp_path)
    with pytest.raises(EngineError, match=message):
        io.load_model(tmp_path)


def test_summary_counts_shapes_parameters_and_operations():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 5))
    lines = [line.split() for line in engine.summary(model, (6, 1, 4, 4)).split("\n")]
    conv, relu, linear = 2 * (6 * 2 * 2 * 2) * 9, 6 * 2 * 2 * 2, 2 * 6 * 5 * 8
    assert lines[1] == ["Sequential", "(6,", "5)", "65", f"{conv + relu + linear:,}"]
    assert lines[2] == ["0:", "Conv2d", "(6,", "2,", "2,", "2)", "20", f"{conv:,}"]
    assert [line[-1] for line in lines[3:]] == [str(relu), "0", str(linear)]
    assert "forward" not in vars(model)


def test_summary_counts_the_products_of_recurrent_layers_and_attention():
    lstm = engine.summary(nn.LSTM(3, 4), (2, 7, 3)).split("\n")[1].split()
    # Two products per gate and step.
    assert lstm[-1] == f"{2 * 2 * 7 * 16 * (3 + 4):,}"
    attention = engine.summary(nn.MultiheadAttention(4, 2), (2, 7, 4)).split("\n")[1].split()
    assert attention[-1] == f"{2 * 14 * 12 * 4 + 4 * 2 * 7 * 7 * 4 + 2 * 14 * 4 * 4:,}"
