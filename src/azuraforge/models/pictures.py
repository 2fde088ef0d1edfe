"""Predictions from a picture: which version is asked, and its warm child's answer."""

from __future__ import annotations

from pathlib import Path

from azuraforge.errors import InvalidInput
from azuraforge.models.predictions import PREDICT_SECONDS, Served
from azuraforge.models.schemas import ClassProbability, PictureAnswer, PictureSize
from azuraforge.models.serving import WarmPredictors

MAX_BYTES = 10 << 20


def predict_picture(warm: WarmPredictors, served: Served, name: str, path: Path, filename: str) -> PictureAnswer:
    """Ask a version about the picture at ``path``, which messages call ``filename``.

    Only the child decodes it. Raises InvalidInput where the version names no classes, or the file is no picture.
    """
    if served.opening["schema"].get("kind") != "images":
        raise InvalidInput(
            f"version {served.version} of {name!r} predicts a series; it cannot look at a picture",
            where="version",
            next_step=f"ask it for the next values: azuraforge models predict {name}",
            code="not_a_classifier",
        )
    question = {"picture": str(path), "name": filename}
    told = warm.ask((served.project_id, served.content_hash), served.opening, question, PREDICT_SECONDS)
    return PictureAnswer(
        model=name,
        version=served.version,
        plugin=served.plugin,
        run_id=served.run_id,
        classes=[ClassProbability(**each) for each in told["classes"]],
        size=PictureSize(**told["size"]),
        seen=told["seen"],
    )
