"""Contract suite for features."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.online.features import AnyFeatures, Features
from azuraforge.plugins.contract.rows import RowKind, Span
from azuraforge.testing.contract import accepted, check_search, check_shape, require
from azuraforge.testing.sources_of_chance import check_sources

_CUTS = 6


def check_features(
    plugin: type[Features[Any, Any]], config: BaseModel | Mapping[str, Any], span: Span, *, seed: int = 0
) -> Floats:
    """Check the contract of features on the rows of ``span`` and return their columns, ``(row, column)``.

    The columns must depend on present and earlier rows only, give the same bits for any cut of the rows, survive saving
    and loading, and ignore rows without a place, such as revisions.

    Raises ContractBroken if a rule is broken, and InvalidInput if the config is not valid.
    """
    check_shape("features", plugin)
    check_sources(plugin)
    parsed = accepted("features", plugin, config)
    check_search(plugin.Config)
    features = plugin()
    names, warmup = features.columns(parsed), features.warmup(parsed)
    require(bool(names) and len(set(names)) == len(names), f"{plugin.__name__}.columns must be different names")
    require(warmup >= 0, f"{plugin.__name__}.warmup must not be negative")
    whole = _computed(features, parsed, [span])
    require(whole.shape == (len(span), len(names)), f"{plugin.__name__}.advance returned the shape {whole.shape}")
    placed = np.isin(span.kind, (RowKind.ROW, RowKind.FILLED))
    rng = np.random.default_rng(seed)
    for _ in range(_CUTS):
        cuts = sorted(rng.integers(0, len(span) + 1, 8).tolist())
        pieces = [span.cut(a, b) for a, b in zip([0, *cuts], [*cuts, len(span)], strict=True) if a < b]
        for reload in (False, True):
            found = _computed(features, parsed, pieces, reload=reload)
            _same(found[placed], whole[placed], f"{plugin.__name__} gives other bits when the rows are cut at {cuts}")
    rows = [span.cut(row, row + 1) for row in range(len(span))]
    _same(_computed(features, parsed, rows)[placed], whole[placed], f"{plugin.__name__} gives other bits row by row")
    _check_future(features, parsed, span, whole, placed, rng)
    ignored = ~placed
    if ignored.any():
        noise = span.values.copy()
        noise[ignored] = rng.normal(size=(int(ignored.sum()), noise.shape[1]))
        found = _computed(features, parsed, [replace(span, values=noise)])
        _same(found[placed], whole[placed], f"{plugin.__name__} learns from rows without a place, such as revisions")
    return whole


def _check_future(
    features: AnyFeatures, config: BaseModel, span: Span, whole: Floats, placed: Any, rng: np.random.Generator
) -> None:
    for cut in rng.integers(1, max(2, len(span)), 3).tolist():
        values = span.values.copy()
        values[cut:] = rng.permutation(values[cut:]) * -3.0 + 1.0
        found = _computed(features, config, [replace(span, values=values)])
        before = placed.copy()
        before[cut:] = False
        _same(found[before], whole[before], f"{type(features).__name__} uses rows after row {cut}")


def _computed(features: AnyFeatures, config: BaseModel, pieces: list[Span], *, reload: bool = False) -> Floats:
    state, found = features.open(config, pieces[0].keys), []
    for number, piece in enumerate(pieces):
        found.append(np.asarray(features.advance(state, piece)))
        if reload and number % 2 == 0:
            with tempfile.TemporaryDirectory(prefix="contract-") as folder:
                features.save(state, Path(folder))
                check_files(Path(folder))
                state = features.load(Path(folder))
    return np.concatenate(found)


def check_files(folder: Path) -> None:
    """Check that a saved state consists of safetensors and JSON files."""
    for path in folder.rglob("*"):
        require(path.is_dir() or path.suffix in (".safetensors", ".json"), f"{path.name} is not safetensors or JSON")


def _same(found: Floats, expected: Floats, rule: str) -> None:
    require(np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(expected).tobytes(), rule)
