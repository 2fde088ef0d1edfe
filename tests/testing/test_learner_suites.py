"""The suites of learners and features: each rule must catch the plugin that breaks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Answer, Origin, Span
from azuraforge.testing import ContractBroken, check_features, check_learner
from azuraforge.testing.sources_of_chance import unpredictable
from tests.learners.replays import Noisy, Returns, prices


def test_a_good_learner_and_good_features_pass() -> None:
    assert len(check_learner(Noisy, {})) == 300
    check_features(Returns, {}, prices(120))


class Forgetful(Noisy):
    """It saves half of what it knows."""

    def load(self, run: Any, folder: Path) -> None:
        super().load(run, folder)
        self.weights = np.round(self.weights, 3)


class Counting(Noisy):
    """Its answers depend on how many rows come at once."""

    def advance(self, steps: Any, width: int) -> np.ndarray:
        return super().advance(steps, width) * (1 - 1e-9 * len(steps))


class Pickling(Noisy):
    """Its state is not JSON."""

    def save(self, folder: Path) -> None:
        (folder / "weights.pkl").write_bytes(b"")


class Timid(Noisy):
    """It never answers."""

    def predict(self, origin: Origin) -> Answer | None:
        return None


class Wild(Noisy):
    """It answers with something that is no probability."""

    def predict(self, origin: Origin) -> Answer | None:
        return Answer(2.0)


@pytest.mark.parametrize(
    ("plugin", "rule"),
    [
        (Forgetful, "other bits after saving and loading"),
        (Counting, "other bits in pieces"),
        (Pickling, "weights.pkl is not safetensors or JSON"),
        (Timid, "never answers"),
    ],
)
def test_a_learner_that_breaks_a_rule_is_named(plugin: type[Noisy], rule: str) -> None:
    with pytest.raises(ContractBroken, match=rule):
        check_learner(plugin, {})


def test_an_invalid_answer_is_refused() -> None:
    with pytest.raises(InvalidInput, match="from 0 to 1"):
        check_learner(Wild, {})


class Seeing(Returns):
    """It uses the last row of the span."""

    def advance(self, state: dict[str, float], span: Span) -> np.ndarray:
        return super().advance(state, span) + span.values[-1, 0] * 0 + len(span)


class Peeking(Returns):
    """It uses the next row where the span has one."""

    def advance(self, state: dict[str, float], span: Span) -> np.ndarray:
        found = super().advance(state, span)
        found[:-1] += (span.values[1:, :1] > 1e9) * 1.0 + np.nan_to_num(span.values[1:, :1]) * (len(span) == 120)
        return found


class Greedy(Returns):
    """Revisions change its state."""

    def advance(self, state: dict[str, float], span: Span) -> np.ndarray:
        found = super().advance(state, span)
        for row in np.flatnonzero(span.kind == 1).tolist():
            state[span.keys[span.key[row]]] = float(span.values[row, 0])
        return found


class Amnesic(Returns):
    """It saves an empty state."""

    def save(self, state: dict[str, float], folder: Path) -> None:
        (folder / "state.json").write_text(json.dumps({}))


@pytest.mark.parametrize(
    ("plugin", "rule"),
    [
        (Seeing, "other bits"),
        (Peeking, "other bits"),
        (Greedy, "other bits|without a place"),
        (Amnesic, "other bits"),
    ],
)
def test_features_that_break_a_rule_are_named(plugin: type[Returns], rule: str) -> None:
    with pytest.raises(ContractBroken, match=rule):
        check_features(plugin, {}, prices(120))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time\ntime.time()", "time.time"),
        ("import datetime as d\nd.datetime.now(d.UTC)", "datetime.datetime.now"),
        ("from datetime import datetime\nf = datetime.utcnow", "datetime.datetime.utcnow"),
        ("from azuraforge.clock import utc_now\nutc_now()", "azuraforge.clock.utc_now"),
        ("import random\nrandom.shuffle([])", "random.shuffle"),
        ("import random\nrandom.Random()", "random.Random without a seed"),
        ("import numpy as np\nnp.random.rand(3)", "numpy.random.rand"),
        ("import numpy\nnumpy.random.default_rng()", "numpy.random.default_rng without a seed"),
        ("import os\nos.urandom(3)", "os.urandom"),
        ("import secrets as s\ns.token_hex()", "secrets.token_hex"),
        ("from uuid import uuid4\nuuid4()", "uuid.uuid4"),
        ("import random\nrandom.Random(3)\nimport numpy as np\nx: np.random.Generator", None),
        ("import numpy as np\nnp.random.default_rng(seed=1)\ntime = 3\ntime", None),
    ],
)
def test_clocks_and_unseeded_chance_are_found(source: str, found: str | None) -> None:
    assert [name for _, name in unpredictable(source)] == ([] if found is None else [found])


def test_a_module_that_reads_a_clock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hasty_learner.py").write_text(
        "import time\nfrom tests.learners.replays import Noisy\n"
        "class Hasty(Noisy):\n    def fire(self, timer, due):\n        self.when = time.monotonic()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import hasty_learner  # type: ignore[import-not-found]

    with pytest.raises(ContractBroken, match=r"hasty_learner, line 5: time\.monotonic"):
        check_learner(hasty_learner.Hasty, {})
