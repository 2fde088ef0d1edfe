"""Predictions from a picture: which version is asked, its warm child's answer, and the ledger's line before anyone
sees it."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azuraforge.database import new_id
from azuraforge.datasets.images.large_pictures import TOO_MANY_PIXELS, LargePictures
from azuraforge.errors import InvalidInput, UserError
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.predictions.online import PREDICT_SECONDS, Served
from azuraforge.models.schemas import ClassProbability, PictureAnswer, PictureSize
from azuraforge.models.serving.warm import WarmPredictors
from azuraforge.processes.failures import OUT_OF_MEMORY

MAX_BYTES = 10 << 20
#: Of the classes, so many stay in the ledger, the most probable first.
_KEPT = 5


@dataclass(frozen=True)
class Picture:
    """What is asked: a file, what messages call it, who sent it for which model, and by which name or alias."""

    path: Path
    filename: str
    model: str
    by: str
    alias: str | None
    request_id: str | None


def predict_picture(
    warm: WarmPredictors,
    large: LargePictures,
    ledger: Ledger,
    served: Served,
    picture: Picture,
    *,
    deployment: int | None = None,
    pair_id: str | None = None,
) -> PictureAnswer:
    """Ask a version about a picture; ``deployment`` and ``pair_id`` as in ``Predictions.answer``.

    Only the child decodes it. The ledger keeps the picture's hash, not the picture; what it really shows may be told
    later, as an outcome's label. Raises InvalidInput where the version names no classes, or the file is no picture.
    """
    if served.opening["schema"].get("kind") != "images":
        raise InvalidInput(
            f"version {served.version} of {picture.model!r} predicts a series; it cannot look at a picture",
            where="version",
            next_step=f"ask it for the next values: azuraforge models predict {picture.model}",
            code="not_a_classifier",
        )
    began, at = time.perf_counter(), datetime.now(UTC)
    digest = hashlib.sha256(picture.path.read_bytes()).hexdigest()
    told = _ask(warm, large, served, picture)
    best = told["classes"][0]
    point = {"at": at.isoformat(), "value": best["probability"], "low": None, "high": None, "label": best["class"]}
    line: dict[str, Any] = {
        "model": picture.model,
        "id": new_id(),
        "model_id": served.model_id,
        "version": served.version,
        "alias": picture.alias,
        "by": picture.by,
        "inputs": {
            "picture": picture.filename,
            "sha256": digest,
            "classes": told["classes"][:_KEPT],
        },
        "target": served.target,
        "unit": served.unit,
        "interval": None,
        "origin_at": at,
        "matures_at": at,  # what a picture shows is true already; only we do not know it
        "points": [point],
        "request_id": picture.request_id,
        "latency_seconds": time.perf_counter() - began,
        "naive": None,
        "features": None,
        "deployment": deployment,
        "pair_id": pair_id,
        "continues": None,
        "question": digest,  # the same picture is the same question, whenever it is shown
    }
    ledger.enter(served.project_id, dict(line))
    return PictureAnswer(
        prediction_id=line["id"],
        model=picture.model,
        version=served.version,
        alias=picture.alias,
        plugin=served.plugin,
        run_id=served.run_id or None,
        classes=[ClassProbability(**each) for each in told["classes"]],
        size=PictureSize(**told["size"]),
        seen=told["seen"],
    )


def _ask(warm: WarmPredictors, large: LargePictures, served: Served, picture: Picture) -> dict[str, Any]:
    """Ask the version's warm child about the picture, or about a shrunk one where it is too large to decode there."""

    def ask(path: Path, bounded: bool) -> dict[str, Any]:
        question = {"picture": str(path), "name": picture.filename, "bounded": bounded}
        return warm.ask((served.project_id, served.content_hash), served.opening, question, PREDICT_SECONDS)

    try:
        return ask(picture.path, bounded=True)
    except UserError as error:
        if error.error_code not in (TOO_MANY_PIXELS, OUT_OF_MEMORY):
            raise
    schema = served.opening["schema"]
    size = (schema["height"], schema["width"], schema["channels"])
    return ask(large.shrink(picture.path, picture.filename, size, PREDICT_SECONDS), bounded=False)
