"""Loaded image classifier. Images are decoded only here, in the child process."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.datasets.images.decoding import decode_image
from azuraforge.datasets.images.large_images import SERVED_PIXELS
from azuraforge.errors import AzuraError, InvalidInput
from azuraforge.models.registry.folder import read_card, verify_folder
from azuraforge.models.serving.child import PREDICTION_FAILED
from azuraforge.models.serving.messages import ChildOpening, Message, Written
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.vision.config import ClassPredictions, ImagePart, ImageSchema
from azuraforge.plugins.vision.png import png_base64
from azuraforge.processes.backend import choose_nearest
from azuraforge.processes.resources.memory import bounded_growth

_SUM_TOLERANCE = 1e-6
#: Memory limit for decoding an image of limited size, in bytes: twice the largest measured amount.
_DECODING_BYTES = 256 << 20


class ImagePredictor:
    """Verified, loaded image classifier."""

    def __init__(self, opening: ChildOpening) -> None:
        folder = Path(opening["folder"])
        verify_folder(folder, opening["content_hash"])
        plugin = load_plugin("pipeline", opening["plugin"], opening["plugins_folder"])
        # Use the backend that trained it if available, so that predictions equal those of its evaluation bit by bit.
        if plugin.uses_engine:
            choose_nearest(read_card(folder).engine, opening["kernels_folder"])
        self._name = opening["plugin"]
        self._pipeline = plugin()
        self._predictor = self._pipeline.load(folder)
        self.schema = ImageSchema.of(DatasetSchema.model_validate(opening["schema"]))

    def with_predictor(self, folder: Path) -> ImagePredictor:
        """Return a copy of this version with the predictor that its pipeline saved in another folder."""
        other = copy.copy(self)
        other._predictor = self._pipeline.load(folder)
        return other

    def answer(self, question: Message) -> Written:
        """Classify the image at the path ``image``, which messages call ``name``.

        With ``bounded``, an image with too many pixels or a need for too much memory is rejected with the error code
        ``too_many_pixels`` or ``memory``.

        Returns ``classes``, the classes with their probabilities, most probable first; ``size``, the size of the
        version's input; and ``seen``, the input image as PNG in base64. Raises InvalidInput if the image cannot be
        decoded or classified.
        """
        if "image" not in question:
            raise InvalidInput(
                "this version classifies images and cannot forecast",
                where="version",
                next_step="classify an image with azuraforge models predict-image NAME FILE",
                code="not_a_forecaster",
            )
        schema, name = self.schema, question["name"]
        data = Path(question["image"]).read_bytes()
        size = (schema.height, schema.width, schema.channels)
        if question.get("bounded"):
            with bounded_growth(_DECODING_BYTES):
                pixels = decode_image(data, name, *size, most_pixels=SERVED_PIXELS)
        else:
            pixels = decode_image(data, name, *size)
        probabilities = self.probabilities(ImagePart(pixels[None], None, (name,), schema))
        order = np.argsort(-probabilities, kind="stable")
        return {
            "classes": [{"class": schema.classes[i], "probability": float(probabilities[i])} for i in order],
            "size": {"height": schema.height, "width": schema.width, "channels": schema.channels},
            "seen": png_base64(pixels, most=256),
        }

    def probabilities(self, part: ImagePart) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the probability of each class for the single image of ``part``, shape ``(class,)``.

        Raises InvalidInput if the pipeline fails or returns values that are no probabilities.
        """
        try:
            predicted: ClassPredictions = self._pipeline.predict(self._predictor, part)
        except AzuraError:
            raise
        except Exception as error:
            raise InvalidInput(
                "{name} could not classify the image: {error_type}: {reason}",
                where="image",
                next_step="check the plugin of this version",
                code=PREDICTION_FAILED,
                name=self._name,
                error_type=type(error).__name__,
                reason=" ".join(str(error).split())[:300],
            ) from error
        values = np.asarray(predicted.probabilities, dtype=np.float64)
        expected = (1, len(self.schema.classes))
        if values.shape != expected or not (values >= 0).all() or abs(values.sum() - 1) > _SUM_TOLERANCE:
            raise InvalidInput(
                "{name} must return probabilities of shape {expected} that are not negative and add up to 1; "
                "the array has shape {shape}",
                where="image",
                next_step="check the plugin of this version",
                code=PREDICTION_FAILED,
                name=self._name,
                shape=str(values.shape),
                expected=str(expected),
            )
        answer: np.ndarray[Any, np.dtype[np.float64]] = values[0]
        return answer
