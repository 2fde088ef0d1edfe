"""Predictions from a picture: which version is asked, its warm child's answer, and the ledger's line before anyone
sees it."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azuraforge.database import new_id
from azuraforge.errors import InvalidInput
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.predictions.online import PREDICT_SECONDS, Served
from azuraforge.models.schemas import ClassProbability, PictureAnswer, PictureSize
from azuraforge.models.serving.warm import WarmPredictors

MAX_BYTES = 10 << 20
#: Of the classes, so many stay in the ledger, the most probable first.
_KEPT = 5


def predict_picture(
    warm: WarmPredictors, ledger: Ledger, served: Served, name: str, path: Path, filename: str, by: str
) -> PictureAnswer:
    """Ask a version about the picture at ``path``, which messages call ``filename``.

    Only the child decodes it. The ledger keeps the picture's hash, not the picture; what it really shows may be told
    later, as an outcome's label. Raises InvalidInput where the version names no classes, or the file is no picture.
    """
    if served.opening["schema"].get("kind") != "images":
        raise InvalidInput(
            f"version {served.version} of {name!r} predicts a series; it cannot look at a picture",
            where="version",
            next_step=f"ask it for the next values: azuraforge models predict {name}",
            code="not_a_classifier",
        )
    began, at = time.perf_counter(), datetime.now(UTC)
    question = {"picture": str(path), "name": filename}
    told = warm.ask((served.project_id, served.content_hash), served.opening, question, PREDICT_SECONDS)
    best = told["classes"][0]
    point = {"at": at.isoformat(), "value": best["probability"], "low": None, "high": None, "label": best["class"]}
    line: dict[str, Any] = {
        "model": name,
        "id": new_id(),
        "model_id": served.model_id,
        "version": served.version,
        "alias": None,
        "by": by,
        "inputs": {
            "picture": filename,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "classes": told["classes"][:_KEPT],
        },
        "target": served.target,
        "unit": served.unit,
        "interval": None,
        "origin_at": at,
        "matures_at": at,  # what a picture shows is true already; only we do not know it
        "points": [point],
        "request_id": None,
        "latency_seconds": time.perf_counter() - began,
        "naive": None,
        "features": None,
        "deployment": None,
        "pair_id": None,
    }
    ledger.enter(served.project_id, dict(line))
    return PictureAnswer(
        prediction_id=line["id"],
        model=name,
        version=served.version,
        plugin=served.plugin,
        run_id=served.run_id or None,
        classes=[ClassProbability(**each) for each in told["classes"]],
        size=PictureSize(**told["size"]),
        seen=told["seen"],
    )
