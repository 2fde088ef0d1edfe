"""The training kit: batches, the fit loop, callbacks, and stopping at any step to end with the same bits."""

from __future__ import annotations

import io as text_io
import json

import numpy as np
import pytest

from azuraforge import engine
from azuraforge.engine import EngineError, Tensor, data, io, nn, optim
from azuraforge.engine.nn import functional as F
from azuraforge.engine.training import BestCheckpoint, EarlyStopping, History, Progress, Trainer


def examples(count: int = 23, seed: int = 0) -> data.Arrays:
    x = np.random.default_rng(seed).normal(size=(count, 5, 3)).astype(np.float32)
    return data.Arrays(x, x.sum(axis=(1, 2))[:, None] * 0.3)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.core = nn.LSTM(3, 6, num_layers=2, dropout=0.2)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(6, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.drop(self.core(x)[0][:, -1]))


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def make_trainer(seed: int = 1, prefetch: int = 0, accumulate: int = 1) -> Trainer:
    engine.manual_seed(seed)
    net = Net()
    optimizer = optim.AdamW(net.parameters(), lr=0.01)
    batches = data.Batches(examples(), 4, shuffle=True, prefetch=prefetch, generator=generator(seed))
    return Trainer(
        net,
        optimizer,
        F.mse_loss,
        batches,
        schedule=optim.schedules.WarmupCosine(optimizer, 5, 40),
        clip_norm=1.0,
        accumulate=accumulate,
        average=optim.MovingAverage(net, 0.9),
        callbacks=[History(), EarlyStopping(patience=50), BestCheckpoint(restore=False)],
    )


def validation() -> data.Batches:
    return data.Batches(examples(9, seed=5), 4)


def fingerprint(trainer: Trainer) -> tuple[str, str]:
    tensors, rest = trainer.state()
    return io.hash_tensors(tensors), json.dumps(rest, sort_keys=True)


@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("stop_at", [1, 5, 6, 8, 13])
def test_stopped_at_any_step_training_ends_with_the_same_bits(stop_at, accumulate, tmp_path):
    whole = make_trainer(accumulate=accumulate)
    whole.fit(4, validation())
    first = make_trainer(accumulate=accumulate)
    first.fit(4, validation(), max_steps=stop_at)
    first.save(tmp_path)
    resumed = make_trainer(seed=77, accumulate=accumulate)
    resumed.load(tmp_path)
    resumed.fit(4, validation())
    assert fingerprint(resumed) == fingerprint(whole)
    assert resumed.callbacks[0].epochs == whole.callbacks[0].epochs


@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("stop_at", [1, 4, 5, 7])
def test_the_last_step_ends_its_epoch_with_a_look_and_resumes_to_the_same_bits(stop_at, accumulate, tmp_path):
    whole = make_trainer(accumulate=accumulate)
    total = 8 if accumulate == 1 else 3  # six batches make an epoch, so both fall inside one
    result = whole.fit(9, validation(), total_steps=total)
    assert result["steps"] == whole.steps == total
    assert [set(each) for each in whole.callbacks[0].epochs] == [{"loss", "lr", "validation_loss"}] * 2
    first = make_trainer(accumulate=accumulate)
    first.fit(9, validation(), max_steps=stop_at, total_steps=total)
    first.save(tmp_path)
    resumed = make_trainer(seed=77, accumulate=accumulate)
    resumed.load(tmp_path)
    resumed.fit(9, validation(), total_steps=total)
    assert fingerprint(resumed) == fingerprint(whole)
    resumed.fit(9, validation(), total_steps=total)
    assert fingerprint(resumed) == fingerprint(whole), "all steps are taken: nothing is left to do"


def test_an_epoch_stopped_at_the_last_step_without_its_look_is_finished():
    """A checkpoint may have been taken after the last step and before the validation."""
    whole = make_trainer()
    whole.fit(9, validation(), total_steps=8)
    first = make_trainer()
    first.fit(9, validation(), max_steps=8)
    first.fit(9, validation(), total_steps=8)
    assert fingerprint(first) == fingerprint(whole)


def test_prefetch_changes_nothing_but_the_thread():
    results = []
    for prefetch in (0, 3):
        trainer = make_trainer(prefetch=prefetch)
        trainer.fit(2, validation())
        results.append(fingerprint(trainer))
    assert results[0] == results[1]


def test_prefetch_hands_errors_over():
    class Broken:
        def __len__(self) -> int:
            return 4

        def gather(self, indices):
            raise OSError("the file went away")

    with pytest.raises(OSError, match="went away"):
        list(data.Batches(Broken(), 2, prefetch=2))


def test_loss_falls_and_history_keeps_every_epoch():
    trainer = make_trainer()
    result = trainer.fit(6, validation())
    history = trainer.callbacks[0].epochs
    assert len(history) == 6
    assert history[-1]["loss"] < history[0]["loss"]
    assert set(history[0]) == {"loss", "lr", "validation_loss"}
    assert result["steps"] == 36


def test_accumulated_batches_make_the_step_of_one_large_batch():
    def run(batch_size: int, accumulate: int) -> dict[str, np.ndarray]:
        engine.manual_seed(4)
        model = nn.Linear(3, 1).astype(np.float64)
        x = np.random.default_rng(1).normal(size=(8, 3))
        batches = data.Batches(data.Arrays(x, x[:, :1] * 2), batch_size)
        Trainer(model, optim.SGD(model.parameters(), lr=0.1), F.mse_loss, batches, accumulate=accumulate).fit(3)
        return model.state_dict()

    for large, small in zip(run(8, 1).values(), run(2, 4).values(), strict=True):
        np.testing.assert_allclose(large, small, rtol=1e-12)


def scripted(values: list[float], *callbacks):
    """A trainer whose validation loss follows a script."""
    engine.manual_seed(0)
    model = nn.Linear(3, 1)
    rows = data.Arrays(np.ones((4, 3), np.float32), np.ones((4, 1), np.float32))
    trainer = Trainer(
        model, optim.SGD(model.parameters(), lr=0.01), F.mse_loss, data.Batches(rows, 4), callbacks=callbacks
    )
    trainer.evaluate = lambda _: values[trainer.epoch - 1]
    return trainer


def test_early_stopping_waits_for_its_patience():
    trainer = scripted([5, 4, 4.5, 4.6, 3, 2], EarlyStopping(patience=1))
    trainer.fit(6, [()])
    assert trainer.epoch == 4
    assert trainer.stop


def test_the_best_weights_come_back():
    best = BestCheckpoint()
    trainer = scripted([5, 3, 4, 4], best)
    trainer.fit(2, [()])
    expected = trainer.model.state_dict()
    trainer.fit(4, [()])
    assert best.best_epoch == 2
    for name, value in trainer.model.state_dict().items():
        np.testing.assert_array_equal(value, expected[name])


def test_a_watched_metric_must_exist():
    with pytest.raises(EngineError, match="watches 'validation_loss'; this training has loss, lr"):
        scripted([1], EarlyStopping()).fit(1)


@pytest.mark.parametrize("first", [float("nan"), float("inf")])
def test_a_first_loss_that_is_no_number_is_not_the_best(first):
    best, stopping = BestCheckpoint(), EarlyStopping(patience=2)
    trainer = scripted([first, 5, 3, 4, float("nan"), 3.5], best, stopping)
    trainer.fit(6, [()])
    assert (best.best, best.best_epoch) == (3, 3)
    assert stopping.best == 3
    assert trainer.stop, "three epochs without improvement, one of them not a number"
    optimizer = optim.SGD([nn.Parameter(np.ones(1, np.float32))], lr=1.0)
    plateau = optim.schedules.Plateau(optimizer, patience=1)
    for metric in (first, 5.0, 3.0):
        plateau.step(metric)
    assert (plateau.best, optimizer.lr) == (3.0, 1.0)


def test_progress_writes_a_line_per_epoch():
    stream = text_io.StringIO()
    scripted([1, 2], Progress(stream)).fit(2, [()])
    lines = stream.getvalue().strip().split("\n")
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2  loss ")
    assert lines[1].endswith("0 s left")


def test_a_loss_that_is_not_a_number_stops_the_training():
    model = nn.Linear(3, 1)
    rows = data.Arrays(np.full((4, 3), np.nan, np.float32), np.ones((4, 1), np.float32))
    trainer = Trainer(model, optim.SGD(model.parameters()), F.mse_loss, data.Batches(rows, 4))
    with pytest.raises(EngineError, match="loss became nan at step 1"):
        trainer.fit(1)


def test_a_foreign_state_is_refused(tmp_path):
    trainer = make_trainer()
    tensors, rest = trainer.state()
    with pytest.raises(EngineError, match="has format 'x'"):
        trainer.load_state(tensors, {**rest, "format": "x"})
    with pytest.raises(EngineError, match="0 callbacks, this trainer 3"):
        trainer.load_state(tensors, {**rest, "callbacks": []})
    other = data.Batches(examples(10), 4)
    with pytest.raises(EngineError, match="23 examples in batches of 4, these are 10"):
        other.load_state_dict(rest["batches"])
    trainer.save(tmp_path)
    (tmp_path / "trainer.json").write_text("{")
    with pytest.raises(EngineError, match=r"trainer\.json' cannot be read"):
        trainer.load(tmp_path)


def test_a_save_that_is_torn_leaves_the_state_before_it(tmp_path, monkeypatch):
    from azuraforge.engine.training import trainer as module

    first = make_trainer()
    first.fit(4, validation(), max_steps=3)
    first.save(tmp_path)
    before = fingerprint(first)
    first.fit(4, validation(), max_steps=2)

    def no_power(path, content):
        raise OSError("the power went away")

    monkeypatch.setattr(module, "write_whole", no_power)  # after the arrays, before the file that names them
    with pytest.raises(OSError, match="power"):
        first.save(tmp_path)
    monkeypatch.undo()
    again = make_trainer(seed=9)
    again.load(tmp_path)
    assert fingerprint(again) == before
    first.save(tmp_path)
    assert len(list(tmp_path.glob("*.safetensors"))) == 1, "arrays of older saves are left"
    again.load(tmp_path)
    assert fingerprint(again) == fingerprint(first)


PARTS = ("model.", "optimizer.", "average.")


def changed(folder, **values) -> None:
    path = folder / "trainer.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **values}))


@pytest.mark.parametrize("values", [{"steps": 1}, {"epoch": 7}, {"stop": True}, {"callbacks": [{}, {}, {}]}])
def test_a_state_that_was_changed_is_refused(tmp_path, values):
    trainer = make_trainer()
    trainer.fit(4, validation(), max_steps=3)
    trainer.save(tmp_path)
    make_trainer(seed=8).load(tmp_path)
    changed(tmp_path, **values)
    with pytest.raises(EngineError, match="was changed or damaged"):
        trainer.load(tmp_path)


def test_a_state_that_does_not_fit_changes_nothing():
    trainer, other = make_trainer(), make_trainer(seed=5)
    trainer.fit(4, validation(), max_steps=8)
    other.fit(4, validation(), max_steps=2)
    before = fingerprint(other)
    tensors, rest = trainer.state()
    wrong = [{key: value for key, value in rest.items() if key != name} for name in rest]
    wrong += [{**rest, "callbacks": [{}, {}, {}]}, {**rest, "random": [{}] * len(rest["random"])}]
    wrong += [{**rest, "steps": "3"}, {**rest, "epoch": None}, {**rest, "callbacks": 3}, {**rest, "batches": []}]
    for state in wrong:
        with pytest.raises(EngineError):
            other.load_state(tensors, state)
        assert fingerprint(other) == before
    lacking = [{name: value for name, value in tensors.items() if not name.startswith(part)} for part in PARTS]
    short = [
        {name: np.ravel(value)[:0] if name.startswith(part) else value for name, value in tensors.items()}
        for part in PARTS
    ]
    for state in (*lacking, *short):
        with pytest.raises(EngineError):
            other.load_state(state, rest)
        assert fingerprint(other) == before
    other.load_state(tensors, rest)
    assert fingerprint(other) == fingerprint(trainer)


def test_a_mixture_of_two_saves_is_refused(tmp_path):
    trainer = make_trainer()
    trainer.fit(4, validation(), max_steps=1)
    trainer.save(tmp_path / "one")
    trainer.fit(4, validation(), max_steps=1)
    trainer.save(tmp_path / "two")
    (one,), (two,) = ((tmp_path / name).glob("*.safetensors") for name in ("one", "two"))
    one.write_bytes(two.read_bytes())
    with pytest.raises(EngineError, match=r"not those that trainer\.json describes.*load another checkpoint"):
        make_trainer().load(tmp_path / "one")
    one.unlink()
    with pytest.raises(EngineError, match="does not exist"):
        make_trainer().load(tmp_path / "one")


def test_batches_cover_everything_once():
    rows = data.Arrays(np.arange(11))
    seen = [batch[0].numpy() for batch in data.Batches(rows, 4, shuffle=True, generator=generator(3))]
    assert [len(one) for one in seen] == [4, 4, 3]
    assert sorted(np.concatenate(seen)) == list(range(11))
    dropped = data.Batches(rows, 4, drop_last=True)
    assert len(dropped) == len(list(dropped)) == 2


def test_windows_put_the_target_right_behind_the_input():
    series = np.arange(20, dtype=np.float32).reshape(10, 2)
    windows = data.Windows(series, window=3, horizon=2, targets=[1])
    assert len(windows) == 6
    inputs, targets = windows.gather(np.array([0, 5]))
    np.testing.assert_array_equal(inputs[1], series[5:8])
    np.testing.assert_array_equal(targets[1], series[8:10, 1:])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: data.Arrays(np.zeros(3), np.zeros(4)), r"one size, got \(3,\), \(4,\)"),
        (lambda: data.Windows(np.zeros((4, 1)), 3, 2), "do not fit 4 steps"),
        (lambda: data.Windows(np.zeros(4), 3), r"\(time, feature\), got \(4,\)"),
        (lambda: data.Batches(data.Arrays(np.zeros(3)), 0), "batch_size must be at least 1"),
        (lambda: data.Batches(data.Arrays(np.zeros(0)), 2), "dataset is empty"),
        (lambda: data.Batches(data.Arrays(np.zeros(3)), 4, drop_last=True), "make no full batch"),
        (lambda: optim.MovingAverage(nn.Linear(1, 1), 1.0), "decay must be"),
    ],
)
def test_wrong_data_settings_are_refused(make, message):
    with pytest.raises(EngineError, match=message):
        make()


def test_a_moving_average_follows_slowly_and_gives_the_weights_back():
    layer = nn.Linear(2, 1)
    average = optim.MovingAverage(layer, decay=0.9)
    start = layer.weight.numpy().copy()
    with engine.no_grad():
        layer.weight.copy_(start + 1)
    average.update()
    share = 1 - 2 / 11
    with average.applied():
        np.testing.assert_allclose(layer.weight.numpy(), start + share, rtol=1e-5)
    np.testing.assert_array_equal(layer.weight.numpy(), start + 1)
