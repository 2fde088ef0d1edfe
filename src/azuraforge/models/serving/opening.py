"""Entry point of serving child processes: load a version, then predict on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from azuraforge.errors import InvalidInput
from azuraforge.models.serving.child import Predictor
from azuraforge.models.serving.messages import ChildOpening, Message, Written
from azuraforge.plugins.discovery.loading import load_plugin

if TYPE_CHECKING:
    from azuraforge.models.serving.images import ImagePredictor

Answer = Callable[[Message], Written]


def serve(opening: ChildOpening) -> Answer:
    """Load a version and return its function that answers a request. Raises the errors of ``open_version``."""
    return open_version(opening).answer


def open_version(opening: ChildOpening) -> Predictor | ImagePredictor:
    """Load a version as its task kind requires.

    Raises InvalidInput if the kind is not served online, NotFound if the pipeline or the kind is not installed, and
    StorageError if the version's files do not match their hashes.
    """
    folder = opening["plugins_folder"]
    task = load_plugin("pipeline", opening["plugin"], folder).kind
    kind = load_plugin("task_kind", task, folder)
    match kind.serving:
        case "series":
            return Predictor(opening)
        case "image":
            from azuraforge.models.serving.images import ImagePredictor

            return ImagePredictor(opening)
        case _:
            raise InvalidInput(
                "versions of the task kind {task} are not served online",
                where="version",
                next_step="read the evaluation of the run that trained the version, or load the version in your own "
                "program",
                code="not_served",
                task=task,
            )
