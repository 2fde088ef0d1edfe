"""Steps of a batch prediction, each executed in a child process.

    check     check that the version can predict from the dataset
    plan      select the origins (or images), and divide them into chunks
    predict   predict one chunk; a finished chunk is never repeated
    gather    join the chunks into one Parquet and one CSV file, and score rows with known actual values

Each chunk is a separate phase whose file is sealed and verified, so a killed run continues with the next chunk.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.models.registry.folder import read_card
from azuraforge.pipelines.batches.shapes import (
    CheckInput,
    CheckResult,
    Chunk,
    ChunkInput,
    Gathered,
    GatherInput,
    Plan,
    PlanInput,
)
from azuraforge.pipelines.contexts import Child
from azuraforge.pipelines.data import read_dataset
from azuraforge.pipelines.shapes import asked
from azuraforge.pipelines.steps import load_pipeline, use_engine
from azuraforge.plugins.contract.batch import Batch, LoadedVersion
from azuraforge.plugins.contract.task_kind import AnyTaskKind
from azuraforge.plugins.discovery.loading import load_task_kind
from azuraforge.strict_json import JsonObject

_MOST_CHUNKS = 20
_LEAST_PER_CHUNK = 256
ORIGINS, PARQUET, CSV = "origins.npy", "predictions.parquet", "predictions.csv"


class Asked(Protocol):
    """Protocol of the child process in short steps: they read only its payload."""

    payload: JsonObject


def check(child: Asked) -> CheckResult:
    """Check that a version can read a dataset. ``CheckInput`` → ``CheckResult``.

    Raises InvalidInput if it cannot, or if its task kind has no batch predictions.
    """
    wanted = asked(CheckInput, child.payload)
    kind = load_task_kind(wanted.task, wanted.plugins_folder)
    _batch_of(kind)
    if (problem := kind.unreadable(wanted.learned, wanted.given)) is not None:
        raise InvalidInput(
            "this version cannot predict from this dataset: {problem}",
            where="dataset",
            next_step="choose a dataset with the same columns and schema as the one that the version was trained on",
            problem=problem,
        )
    return CheckResult()


def plan(child: Child) -> Plan:
    """Select the rows to predict from, and write ``origins.npy``. ``PlanInput`` → ``Plan``.

    Raises InvalidInput if the task kind of the version has no batch predictions.
    """
    wanted = asked(PlanInput, child.payload)
    version, kind = _load(child, wanted)
    table = kind.table(read_dataset(wanted.dataset), wanted.dataset.meaning)
    origins, skipped = _batch_of(kind).origins(version, table, wanted.rows)
    np.save(child.outputs / ORIGINS, origins, allow_pickle=False)
    size = max(_LEAST_PER_CHUNK, -(-len(origins) // _MOST_CHUNKS))
    chunks = tuple((at, min(at + size, len(origins))) for at in range(0, len(origins), size))
    kept = str(child.outputs / ORIGINS)
    return Plan(chunks=chunks, origins=len(origins), skipped=skipped, origins_file=kept)


def predict(child: Child) -> Chunk:
    """Predict one chunk and write ``rows.parquet``. ``ChunkInput`` → ``Chunk``."""
    wanted = asked(ChunkInput, child.payload)
    version, kind = _load(child, wanted)
    table = kind.table(read_dataset(wanted.dataset), wanted.dataset.meaning)
    origins = np.load(wanted.origins_file, allow_pickle=False)[slice(*wanted.chunk)]
    frame = _batch_of(kind).predict(version, table, origins, wanted.learned_until)
    frame.write_parquet(child.outputs / "rows.parquet")
    return Chunk(rows=frame.height)


def gather(child: Asked) -> Gathered:
    """Join the chunks into one Parquet and one CSV file, and score them. ``GatherInput`` → ``Gathered``."""
    import polars as pl

    wanted = asked(GatherInput, child.payload)
    folder = Path(wanted.folder)
    folder.mkdir(parents=True, exist_ok=True)
    lazy = pl.scan_parquet([Path(path) for path in wanted.chunks])
    lazy.sink_parquet(folder / PARQUET)
    lazy.sink_csv(folder / CSV, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    frame = pl.read_parquet(folder / PARQUET)
    scores = _batch_of(load_task_kind(wanted.task, wanted.plugins_folder)).scores(frame)
    tail = frame.tail(20).with_columns(pl.selectors.temporal().dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_dicts()
    return Gathered(rows=frame.height, scores=scores, columns=tuple(frame.columns), tail=tuple(tail))


def _load(child: Child, wanted: PlanInput) -> tuple[LoadedVersion, AnyTaskKind]:
    folder = Path(wanted.predictor)
    card = read_card(folder)
    pipeline, kind = load_pipeline(wanted.plugin, wanted.plugins_folder)
    use_engine(child, pipeline, card.engine)
    predictor = pipeline.load(folder)
    version = LoadedVersion(
        name=wanted.plugin,
        answer=lambda part: pipeline.predict(predictor, part),
        folder=folder,
        horizon=card.horizon,
        config=card.config,
        progress=child.progress,
    )
    return version, kind


def _batch_of(kind: AnyTaskKind) -> Batch[Any]:
    found = kind.batch()
    if found is None:
        raise InvalidInput(
            "versions of the task {kind!r} cannot predict a whole dataset",
            where="model",
            next_step="choose a model of another task; azuraforge models list shows all models",
            kind=kind.name,
        )
    return found
