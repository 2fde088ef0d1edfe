"""Ridge regression by our own decomposition against scikit-learn's solver."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Regression

from azuraforge.apps.forecasting.least_squares import RidgePath
from azuraforge.apps.forecasting.ridge import PENALTIES


@pytest.mark.parametrize(("examples", "inputs"), [(300, 40), (40, 90), (60, 60), (1, 3)])
@pytest.mark.parametrize("repeated", [False, True])
def test_every_penalty_has_the_solution_of_scikit_learn(examples: int, inputs: int, repeated: bool) -> None:
    """Also with fewer examples than inputs, and with columns that say the same twice."""
    rng = np.random.default_rng(examples + inputs)
    x = rng.normal(size=(examples, inputs)) @ rng.normal(size=(inputs, inputs))
    if repeated:
        x[:, 1::2] = x[:, : 2 * (inputs // 2) : 2]
    y = x[:, :4] @ rng.normal(size=(min(4, inputs), 3)) + rng.normal(size=(examples, 3)) + 5
    path, new = RidgePath.of(x, y), rng.normal(size=(50, inputs))
    for penalty in PENALTIES:
        peer = Regression(alpha=penalty, solver="svd").fit(x, y)
        weights, bias = path.solve(penalty)
        assert weights.shape == (3, inputs)
        np.testing.assert_allclose(x @ weights.T + bias, peer.predict(x), rtol=1e-6, atol=1e-6)
        if not repeated:  # columns that say the same may share their coefficients in many ways at rounding's edge
            np.testing.assert_allclose(new @ weights.T + bias, peer.predict(new), rtol=1e-5, atol=1e-5)


def test_no_penalty_and_no_spread_give_no_coefficient() -> None:
    """An input that never changes has no direction to be learned along."""
    weights, bias = RidgePath.of(np.ones((5, 2)), np.full((5, 1), 7.0)).solve(0.0)
    assert weights.tolist() == [[0.0, 0.0]]
    assert bias.tolist() == [7.0]
