"""Boosted regression trees as plain arrays: grown by LightGBM, saved without its model text, evaluated by NumPy.

LightGBM parses its own text format in C++, which no file that a user can upload should reach. A forest is five arrays,
checked when they are read. The evaluation is that of QuickScorer (Lucchese et al., 2015): each split that a row fails
removes the leaves of its left branch from a bit mask, and the lowest bit that remains is the row's leaf. All rows take
the same steps, so NumPy computes them together.
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

#: A leaf is one bit of a mask.
MOST_LEAVES = 64
#: As many as a config may ask for; a prediction takes memory for all thresholds of each tree.
MOST_TREES = 5000
#: Rows that are evaluated together: their masks and values stay in a processor's cache.
_AT_ONCE = 16_384
#: de Bruijn sequences: the product of one with a power of two has the power's exponent in its highest bits.
_SEQUENCES = {32: (np.uint32(0x077CB531), np.uint32(27)), 64: (np.uint64(0x03F79D71B4CB0A89), np.uint64(58))}


@dataclass(frozen=True)
class Forest:
    """All trees, one after the other, each in preorder: the left branch of a split follows it at once.

    Attributes:
        sizes: ``(tree,)`` nodes of each tree.
        feature: ``(node,)`` the column that a split compares; -1 marks a leaf.
        value: ``(node,)`` the threshold of a split, which goes left where the column is at most it; the addend of a
            leaf.
        right: ``(node,)`` where a split's right branch begins, counted from its tree's first node; 0 for a leaf.
        missing_left: ``(node,)`` 1 where NaN goes left, else 0.
    """

    sizes: Indices
    feature: Indices
    value: Floats
    right: Indices
    missing_left: Indices

    @classmethod
    def of_dump(cls, dump: Mapping[str, Any]) -> Forest:
        """Return the forest of ``Booster.dump_model()``, for numeric columns."""
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
        """Return ``(row,)`` for ``(row, feature)``; NaN is allowed.

        The trees are added in their order, so the bits are those of LightGBM.
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
        """Return the arrays by name, for safetensors."""
        return {f"{prefix}.{each.name}": getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], prefix: str, width: int) -> Forest:
        """Return the forest that ``to_arrays`` gave.

        Raises InvalidInput if the arrays are no trees over ``width`` columns.
        """
        found = {each.name: arrays.get(f"{prefix}.{each.name}") for each in fields(cls)}
        problem = _problem(found, width)
        if problem is not None:
            raise InvalidInput(
                "trees {prefix!r} cannot be read: {problem}",
                where="weights.safetensors",
                next_step="import the version again from a bundle that its platform exported",
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
    # Where no value was missing while the tree grew, LightGBM takes a missing one for zero.
    left = bool(node["default_left"]) if node["missing_type"] == "NaN" else threshold >= 0
    place = len(rows)
    rows.append((-1, 0.0, 0, 0))
    _preorder(node["left_child"], rows, first)
    rows[place] = (int(node["split_feature"]), threshold, len(rows) - first, int(left))
    _preorder(node["right_child"], rows, first)


def _problem(found: Mapping[str, Array | None], width: int) -> Message | None:
    """Return why arrays do not form a forest; None if they do."""
    arrays = {name: values for name, values in found.items() if values is not None}
    if len(arrays) < len(found):
        return Message("an array is missing")
    for name, values in arrays.items():
        if values.ndim != 1 or values.dtype != (np.float64 if name == "value" else np.int64):
            return Message("{name!r} has another type or shape", {"name": name})
    sizes, feature, right = arrays["sizes"], arrays["feature"], arrays["right"]
    if len(sizes) > MOST_TREES:
        return Message("there are more than {most:,} trees", {"most": MOST_TREES})
    nodes = len(feature)
    if any(len(values) != nodes for name, values in arrays.items() if name != "sizes"):
        return Message("the arrays have different lengths")
    if (sizes < 1).any() or (sizes >= 2 * MOST_LEAVES).any() or int(sizes.sum()) != nodes:
        return Message("the sizes of the trees do not fit their nodes")
    if not np.isfinite(arrays["value"]).all():
        return Message("a threshold or leaf is not finite")
    if (feature < -1).any() or (feature >= width).any():
        return Message("a split uses a column beyond the {width} that exist", {"width": width})
    if not np.isin(arrays["missing_left"], (0, 1)).all():
        return Message("'missing_left' holds other values than 0 and 1")
    first = 0
    for size in sizes.tolist():
        if not _is_preorder(feature[first : first + size].tolist(), right[first : first + size].tolist()):
            return Message("the branches of a tree do not follow one another")
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
    """A forest as tables of bit masks.

    Attributes:
        bits: of a mask, 32 or 64.
        thresholds: feature → its thresholds in all trees, ascending.
        tables: per tree ``(feature, masks)``: the leaves that remain for each place among the thresholds, then for NaN.
        leaves: per tree ``(bits,)`` the addend of each leaf, in the order of the de Bruijn products.
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
        """Add every tree's leaf for ``(row, feature)`` to ``total`` ``(row,)``."""
        places = {}
        for column, limits in self.thresholds.items():
            values = inputs[:, column]
            place = np.searchsorted(limits, values)  # thresholds below the value: the splits that it fails
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
