"""Boosted regression trees as plain arrays: grown by LightGBM, saved without its model text, evaluated by NumPy.

LightGBM parses its own text format in C++, and files that a user can upload must not reach that parser. A forest is
therefore stored as five arrays, which are checked when they are read. The evaluation follows QuickScorer (Lucchese et
al., 2015): each split whose condition a row does not meet removes the leaves of its left branch from a bit mask, and
the lowest bit that remains is the row's leaf. All rows take the same steps, so NumPy computes them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from azuraforge.engine.ops.registry import Array
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Floats, Indices

#: Maximum number of leaves in a tree; each leaf is one bit of a mask.
MOST_LEAVES = 64
#: Maximum number of trees in a forest; a prediction needs memory for all thresholds of each tree.
MOST_TREES = 5000
#: Number of rows evaluated together, whose masks and values fit into a processor's cache.
_AT_ONCE = 16_384
#: de Bruijn sequence and shift, by number of bits: the highest bits of the sequence times a power of two identify it.
_SEQUENCES = {32: (np.uint32(0x077CB531), np.uint32(27)), 64: (np.uint64(0x03F79D71B4CB0A89), np.uint64(58))}


@dataclass(frozen=True)
class Forest:
    """Forest of regression trees, stored one after another in preorder: a split is followed by its left branch.

    Attributes:
        sizes: ``(tree,)``, number of nodes of each tree.
        feature: ``(node,)``, the column that a split compares; -1 for a leaf.
        value: ``(node,)``, the threshold of a split or the addend of a leaf. A row goes left if the column is at most
            the threshold.
        right: ``(node,)``, first node of a split's right branch, counted from the first node of its tree; 0 for a leaf.
        missing_left: ``(node,)``, 1 if NaN goes left, else 0.
    """

    sizes: Indices
    feature: Indices
    value: Floats
    right: Indices
    missing_left: Indices

    @classmethod
    def of_dump(cls, dump: Mapping[str, Any]) -> Forest:
        """Return the forest of a result of ``Booster.dump_model()``.

        Raises ValueError if a split is categorical or treats zeros as missing values.
        """
        rows: list[tuple[int, float, int, int]] = []
        sizes = []
        for tree in dump["tree_info"]:
            first = len(rows)
            _preorder(tree["tree_structure"], rows, first)
            sizes.append(len(rows) - first)
        feature, value, right, missing = zip(*rows, strict=True) if rows else ((), (), (), ())
        return cls(
            np.array(sizes, dtype=np.int64),
            np.array(feature, dtype=np.int64),
            np.array(value, dtype=np.float64),
            np.array(right, dtype=np.int64),
            np.array(missing, dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.sizes)

    def predict(self, inputs: Floats) -> Floats:
        """Return predictions ``(row,)`` for inputs ``(row, feature)``, which may be NaN.

        The trees are added in order, so that the results equal those of LightGBM bit for bit.
        """
        answer = np.zeros(len(inputs))
        if len(self):
            for start in range(0, len(inputs), _AT_ONCE):
                self._masks.add(inputs[start : start + _AT_ONCE], answer[start : start + _AT_ONCE])
        return answer

    @cached_property
    def _masks(self) -> _Masks:
        return _Masks.of(self)

    def to_arrays(self, prefix: str) -> dict[str, Array]:
        """Return the arrays for safetensors, by names that begin with ``prefix``."""
        return {f"{prefix}.{each.name}": getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], prefix: str, width: int) -> Forest:
        """Rebuild the forest from the result of ``to_arrays``.

        Raises InvalidInput if the arrays are not valid trees over ``width`` columns.
        """
        found = {each.name: arrays.get(f"{prefix}.{each.name}") for each in fields(cls)}
        problem = _problem(found, width)
        if problem is not None:
            raise InvalidInput(
                "the trees {prefix!r} cannot be read: {problem}",
                where="weights.safetensors",
                next_step="train a new version, or import this one again from its bundle",
                prefix=prefix,
                problem=problem,
            )
        return cls(**{name: values for name, values in found.items() if values is not None})


def _preorder(node: Mapping[str, Any], rows: list[tuple[int, float, int, int]], first: int) -> None:
    if "split_feature" not in node:
        rows.append((-1, float(node["leaf_value"]), 0, 0))
        return
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise ValueError("categories and zeros as missing values are not supported")
    threshold = float(node["threshold"])
    # If no value was missing while the tree grew, LightGBM treats a missing one as zero.
    left = bool(node["default_left"]) if node["missing_type"] == "NaN" else threshold >= 0
    place = len(rows)
    rows.append((-1, 0.0, 0, 0))
    _preorder(node["left_child"], rows, first)
    rows[place] = (int(node["split_feature"]), threshold, len(rows) - first, int(left))
    _preorder(node["right_child"], rows, first)


def _problem(found: Mapping[str, Array | None], width: int) -> Message | None:
    """Return the reason why the arrays do not form a forest; None if they do."""
    arrays = {name: values for name, values in found.items() if values is not None}
    if len(arrays) < len(found):
        return Message("an array is missing")
    for name, values in arrays.items():
        if values.ndim != 1 or values.dtype != (np.float64 if name == "value" else np.int64):
            return Message("{name!r} has the wrong type or shape", {"name": name})
    sizes, feature, right = arrays["sizes"], arrays["feature"], arrays["right"]
    if len(sizes) > MOST_TREES:
        return Message("there are more than {most:,} trees", {"most": MOST_TREES})
    nodes = len(feature)
    if any(len(values) != nodes for name, values in arrays.items() if name != "sizes"):
        return Message("the arrays have different lengths")
    if (sizes < 1).any() or (sizes >= 2 * MOST_LEAVES).any() or int(sizes.sum()) != nodes:
        return Message("the sizes of the trees do not match the number of nodes")
    if not np.isfinite(arrays["value"]).all():
        return Message("the threshold or leaf value of a node is not finite")
    if (feature < -1).any() or (feature >= width).any():
        return Message(
            "a tree splits by a column that does not exist; the number of columns is {width}", {"width": width}
        )
    if not np.isin(arrays["missing_left"], (0, 1)).all():
        return Message("'missing_left' contains values other than 0 and 1")
    first = 0
    for size in sizes.tolist():
        if not _is_preorder(feature[first : first + size].tolist(), right[first : first + size].tolist()):
            return Message("the nodes of a tree are not in depth-first order")
        first += size
    return None


def _is_preorder(feature: list[int], right: list[int]) -> bool:
    size = len(feature)
    ends = [0] * size
    for node in range(size - 1, -1, -1):
        if feature[node] < 0:
            ends[node] = node + 1
        elif node + 1 < size and node < right[node] < size and ends[node + 1] == right[node]:
            ends[node] = ends[right[node]]
        else:
            return False
    return ends[0] == size


@dataclass(frozen=True)
class _Masks:
    """Forest as tables of bit masks.

    Attributes:
        bits: number of bits of a mask, 32 or 64.
        thresholds: feature → its thresholds in all trees, ascending.
        tables: for each tree, pairs of a feature and its masks: the leaves that remain for each position of a value
            among the thresholds, and for NaN.
        leaves: for each tree ``(bits,)``, the addend of each leaf, in the order of the de Bruijn products.
    """

    bits: int
    thresholds: dict[int, Floats]
    tables: list[list[tuple[int, NDArray[Any]]]] = field(default_factory=list)
    leaves: list[Floats] = field(default_factory=list)

    @classmethod
    def of(cls, forest: Forest) -> _Masks:
        splits = forest.feature >= 0
        used = np.unique(forest.feature[splits]).tolist()
        thresholds = {one: np.unique(forest.value[forest.feature == one]) for one in used}
        most = int((forest.sizes.max(initial=1) + 1) // 2)
        masks = cls(32 if most <= 32 else 64, thresholds)
        first = 0
        for size in forest.sizes.tolist():
            masks._append(forest, first, size)
            first += size
        return masks

    def _append(self, forest: Forest, first: int, size: int) -> None:
        kind: Any = np.uint32 if self.bits == 32 else np.uint64
        whole = (1 << self.bits) - 1
        feature = forest.feature[first : first + size].tolist()
        value, right = forest.value[first : first + size], forest.right[first : first + size].tolist()
        before = np.concatenate([[0], np.cumsum(np.array(feature) < 0)]).tolist()  # leaves before each node
        tables: dict[int, NDArray[Any]] = {}
        for node, column in enumerate(feature):
            if column < 0:
                continue
            low, high = before[node + 1], before[right[node]]
            kept = kind(whole ^ (((1 << (high - low)) - 1) << low))
            limits = self.thresholds[column]
            table = tables.get(column)
            if table is None:
                table = tables[column] = np.full(len(limits) + 2, whole, dtype=kind)
            table[int(np.searchsorted(limits, value[node])) + 1 : -1] &= kept
            if not forest.missing_left[first + node]:
                table[-1] &= kept
        self.tables.append(list(tables.items()))
        sequence, shift = _SEQUENCES[self.bits]
        powers = kind(1) << np.arange(self.bits, dtype=kind)
        leaves = np.zeros(self.bits)
        addends = value[np.array(feature) < 0]
        leaves[((powers * sequence) >> shift).astype(np.int64)[: len(addends)]] = addends
        self.leaves.append(leaves)

    def add(self, inputs: Floats, total: Floats) -> None:
        """Add the leaf of each tree for the inputs ``(row, feature)`` to ``total``, ``(row,)``."""
        places = {}
        for column, limits in self.thresholds.items():
            values = inputs[:, column]
            place = np.searchsorted(limits, values)  # number of thresholds below the value
            place[np.isnan(values)] = len(limits) + 1
            places[column] = place
        kind: Any = np.uint32 if self.bits == 32 else np.uint64
        sequence, shift = _SEQUENCES[self.bits]
        rest, taken = np.empty(len(inputs), kind), np.empty(len(inputs), kind)
        for tables, leaves in zip(self.tables, self.leaves, strict=True):
            rest.fill((1 << self.bits) - 1)
            for column, table in tables:
                np.take(table, places[column], out=taken, mode="clip")
                rest &= taken
            np.negative(rest, out=taken)
            rest &= taken  # the lowest bit alone
            rest *= sequence
            rest >>= shift
            total += leaves[rest]
