"""The entry point of serving children: load a version, then answer questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from azuraforge.models.serving.child import Predictor

if TYPE_CHECKING:
    from azuraforge.models.serving.pictures import PicturePredictor

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def serve(opening: Mapping[str, Any]) -> Answer:
    """Load a version and return the function that answers: the next values of a series, or a picture's class.

    Args:
        opening: ``folder``, ``content_hash``, ``plugin``, ``config``, ``schema``, ``plugins_folder``,
            ``kernels_folder``.
    """
    return open_version(opening).answer


def open_version(opening: Mapping[str, Any]) -> Predictor | PicturePredictor:
    """Load a version; see ``serve``."""
    if opening["schema"].get("kind") == "images":
        from azuraforge.models.serving.pictures import PicturePredictor

        return PicturePredictor(opening)
    return Predictor(opening)
