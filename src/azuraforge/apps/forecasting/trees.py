"""Boosted regression trees as plain arrays: taken out of scikit-learn, saved without pickle, walked by NumPy.

scikit-learn learns them (histogram gradient boosting; Ke et al., "LightGBM", 2017), but its objects can only be stored
as pickles, which run code when they are read. A tree is a table of nodes; these tables are all that a version holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from azuraforge.engine.ops.registry import Array
from azuraforge.plugins.contract.arrays import Floats, Indices

#: Rows times trees that are walked at once: what stays in a processor's cache.
_AT_ONCE = 200_000


@dataclass(frozen=True)
class Trees:
    """The nodes of all trees, one behind the other; a leaf's children are itself.

    Attributes:
        roots: ``(tree,)`` the node that each tree begins at.
        feature: ``(node,)`` the column that a node asks about.
        threshold: ``(node,)``; at most this goes left.
        left, right: ``(node,)`` where to go on.
        missing_left: ``(node,)`` 1 where NaN goes left, else 0.
        value: ``(node,)`` what a leaf adds, shrinkage included.
        baseline: ``(1,)`` where the sum begins.
        depth: ``(1,)`` steps that reach every leaf.
    """

    roots: Indices
    feature: Indices
    threshold: Floats
    left: Indices
    right: Indices
    missing_left: Indices
    value: Floats
    baseline: Floats
    depth: Indices

    @classmethod
    def of(cls, model: Any, count: int) -> Trees:
        """The first ``count`` trees of a fitted ``HistGradientBoostingRegressor`` without categories."""
        nodes = [stage[0].nodes for stage in model._predictors[:count]]
        sizes = np.array([len(each) for each in nodes], dtype=np.int64)
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64) if count else np.zeros(0, np.int64)
        whole = np.concatenate(nodes) if count else np.zeros(0, model._predictors[0][0].nodes.dtype)
        offset, own = np.repeat(roots, sizes), np.arange(len(whole))
        leaf = whole["is_leaf"].astype(bool)
        largest = np.finfo(np.float64).max  # a split of the missing from the rest has the threshold infinity
        return cls(
            roots=roots,
            feature=np.where(leaf, 0, whole["feature_idx"]).astype(np.int64),
            threshold=np.where(leaf, largest, np.minimum(whole["num_threshold"], largest)),
            left=np.where(leaf, own, whole["left"] + offset).astype(np.int64),
            right=np.where(leaf, own, whole["right"] + offset).astype(np.int64),
            missing_left=(leaf | whole["missing_go_to_left"].astype(bool)).astype(np.int64),
            value=np.where(leaf, whole["value"], 0.0),
            baseline=np.asarray(model._baseline_prediction, dtype=np.float64).reshape(1),
            depth=np.array([int(whole["depth"].max(initial=0))], dtype=np.int64),
        )

    def predict(self, inputs: Floats) -> Floats:
        """``(row,)`` of ``(row, feature)``; NaN is allowed. The trees are summed in order, so the bits are
        scikit-learn's own."""
        answer = np.empty(len(inputs))
        size = max(1, _AT_ONCE // max(len(self.roots), 1))
        for start in range(0, len(inputs), size):
            answer[start : start + size] = self._sum(inputs[start : start + size])
        return answer

    def _sum(self, inputs: Floats) -> Floats:
        flat, width = np.ascontiguousarray(inputs).reshape(-1), inputs.shape[1]
        node: Indices = np.repeat(self.roots[:, None], len(inputs), axis=1)  # (tree, row)
        begin = np.arange(len(inputs)) * width
        holes = bool(np.isnan(inputs).any())
        for _ in range(int(self.depth[0])):
            asked = flat[begin + self.feature[node]]
            left = asked <= self.threshold[node]
            if holes:
                left |= np.isnan(asked) & (self.missing_left[node] == 1)
            node = np.where(left, self.left[node], self.right[node])
        total = np.full(len(inputs), float(self.baseline[0]))
        for added in self.value[node]:
            total += added
        return total

    def to_arrays(self) -> dict[str, Array]:
        """By name, for safetensors."""
        return {f"trees.{each.name}": getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Trees:
        """What ``to_arrays`` gave."""
        return cls(**{each.name: arrays[f"trees.{each.name}"] for each in fields(cls)})
