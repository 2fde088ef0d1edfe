"""Ridge regression for many penalties from one eigendecomposition, using only NumPy.

Importing scikit-learn for this would take a second, longer than all other steps of a short run together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from azuraforge.plugins.contract.arrays import Floats


@dataclass(frozen=True)
class RidgePath:
    """Solutions of ``min |X W - Y|² + penalty |W|²`` for every penalty; the intercept is not penalized.

    With fewer examples than inputs, ``X Xᵀ`` is decomposed instead of ``Xᵀ X``, with the same solutions.

    Attributes:
        basis: matrix that maps the scaled right-hand side to coefficients, ``(input, direction)``.
        right: right-hand side in the basis of the eigenvectors, ``(direction, target)``.
        values: eigenvalues, none below zero, ``(direction,)``.
        mean_inputs: means that were subtracted from the inputs, ``(input,)``.
        mean_targets: means that were subtracted from the targets, ``(target,)``.

    Example:
        >>> inputs = np.array([[0.0], [1.0], [2.0]])
        >>> path = RidgePath.of(inputs, 3 * inputs + 1)
        >>> weights, bias = path.solve(0.0)
        >>> np.round(weights, 6).tolist(), np.round(bias, 6).tolist()
        ([[3.0]], [1.0])
    """

    basis: Floats
    right: Floats
    values: Floats
    mean_inputs: Floats
    mean_targets: Floats

    @classmethod
    def of(cls, inputs: Floats, targets: Floats) -> RidgePath:
        """Decompose the inputs, ``(example, input)``, and targets, ``(example, target)``."""
        mean_inputs, mean_targets = inputs.mean(axis=0), targets.mean(axis=0)
        centred, wanted = inputs - mean_inputs, targets - mean_targets
        few = len(centred) < centred.shape[1]
        values, vectors = np.linalg.eigh(centred @ centred.T if few else centred.T @ centred)
        basis = centred.T @ vectors if few else vectors
        right = vectors.T @ (wanted if few else centred.T @ wanted)
        return cls(basis, right, np.maximum(values, 0.0), mean_inputs, mean_targets)

    def solve(self, penalty: float) -> tuple[Floats, Floats]:
        """Return the coefficients, ``(target, input)``, and the intercepts, ``(target,)``, for a penalty."""
        lengths = self.values + penalty
        shrunk = np.divide(self.right, lengths[:, None], out=np.zeros_like(self.right), where=lengths[:, None] > 0)
        weights = np.ascontiguousarray((self.basis @ shrunk).T)
        return weights, self.mean_targets - weights @ self.mean_inputs
