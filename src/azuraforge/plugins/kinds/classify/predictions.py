"""Checks of the predictions of classifiers, and their transfer between processes as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.vision.config import ClassPredictions, ImagePart

#: Tolerated difference of a probability between an image alone and in a batch, caused by single precision.
BATCH_TOLERANCE = 1e-3
#: Minimum and maximum number of images that the leakage guard predicts alone.
GUARDED_IMAGES = 3
MOST_GUARDED = 64
#: Maximum number of values (pixels times channels) of all images that the leakage guard predicts alone.
_GUARD_VALUES = 12_500_000
_SUM_TOLERANCE = 1e-3

Predict = Callable[[ImagePart], object]


def classify_checked(name: str, predict: Predict, part: ImagePart) -> ClassPredictions:
    """Return the checked predictions of a classifier for ``part``.

    Raises InvalidInput if they are not one probability for each class of each image, with a sum of 1.
    """
    answer = predict(part)
    if not isinstance(answer, ClassPredictions):
        raise _wrong(name, Message("predict returned {type}, not ClassPredictions", {"type": type(answer).__name__}))
    expected = (len(part), len(part.schema.classes))
    before = answer.uncalibrated
    return ClassPredictions(
        _checked(name, answer.probabilities, expected), None if before is None else _checked(name, before, expected)
    )


def guard_each_alone(
    name: str, predict: Predict, part: ImagePart, predictions: ClassPredictions, seed: int, most: int = GUARDED_IMAGES
) -> int:
    """Check that predictions for an image do not depend on other images; return the number of checked images.

    At most ``most`` images, drawn by ``seed``, are predicted alone and compared with ``predictions``. Raises
    InvalidInput if a probability differs; the run then promotes nothing.
    """
    rng = np.random.default_rng([seed, len(part)])
    chosen = rng.choice(len(part), size=min(MOST_GUARDED, len(part)), replace=False).tolist()[:most]
    for index in chosen:
        one = slice(index, index + 1)
        alone = ImagePart(part.pixels[one], None, part.names[one], part.schema)
        answer = classify_checked(name, predict, alone)
        difference = float(np.abs(answer.probabilities - predictions.probabilities[one]).max())
        if difference > BATCH_TOLERANCE:
            raise InvalidInput(
                "{name} cannot be evaluated: a probability for image {image!r} changes by {difference:.3g} when "
                "other images are in the same batch",
                where="predict of {name}",
                next_step="predict each image only from its own pixels and what fit learned",
                name=name,
                image=part.names[index],
                difference=difference,
            )
    return len(chosen)


def affordable_images(part: ImagePart) -> int:
    """Return the maximum number of images that the leakage guard predicts alone: 3 to 64, fewer for large images."""
    schema = part.schema
    return max(GUARDED_IMAGES, min(MOST_GUARDED, _GUARD_VALUES // (schema.height * schema.width * schema.channels)))


def save_classes(predictions: ClassPredictions, path: Path) -> None:
    """Write the predictions to ``path`` as an ``.npz`` file without pickled objects."""
    arrays = {"probabilities": predictions.probabilities}
    if predictions.uncalibrated is not None:
        arrays["uncalibrated"] = predictions.uncalibrated
    np.savez(path, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for allow_pickle


def load_classes(path: Path | str) -> ClassPredictions:
    """Return the predictions that ``save_classes`` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        before = arrays["uncalibrated"] if "uncalibrated" in arrays.files else None
        return ClassPredictions(arrays["probabilities"], before)


def _checked(name: str, values: object, expected: tuple[int, int]) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise _wrong(name, Message("probabilities are not numbers: {reason}", {"reason": str(error)})) from error
    if array.shape != expected:
        shapes = {"found": str(array.shape), "expected": str(expected)}
        raise _wrong(name, Message("probabilities have shape {found}, expected (example, class) = {expected}", shapes))
    if not np.isfinite(array).all() or (array < 0).any():
        raise _wrong(name, Message("probabilities must be finite and not negative"))
    sums = array.sum(axis=1, keepdims=True)
    if float(np.abs(sums - 1).max(initial=0.0)) > _SUM_TOLERANCE:
        total = {"sum": float(sums.ravel()[0])}
        raise _wrong(name, Message("the probabilities of an image add up to {sum:.6g} instead of 1", total))
    return np.asarray(array / sums)


def _wrong(name: str, problem: Message) -> InvalidInput:
    return InvalidInput(
        "{problem}", where="predict of {name}", next_step="repair the plugin {name}", problem=problem, name=name
    )
