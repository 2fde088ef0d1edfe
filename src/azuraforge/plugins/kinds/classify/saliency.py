"""Saliency by occlusion: the decrease of the predicted class's probability when a patch of the image is covered.

It applies to any classifier, because it only calls ``predict``. It is computed on the test set after the verdict.
Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014), occlusion sensitivity.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import ExplainCase
from azuraforge.plugins.kinds.classify.figures import ExplainedImage, Patch, Saliency
from azuraforge.plugins.kinds.classify.parts import load_images
from azuraforge.plugins.kinds.classify.predictions import classify_checked
from azuraforge.plugins.vision.config import ImagePart
from azuraforge.plugins.vision.png import png_base64

#: Number of explained images; at most half of them are the most confident mistakes, the others are correct.
MOST_IMAGES = 12
#: Maximum number of positions of the patch in each direction.
MOST_PLACES = 14
#: Side of the patch as a share of the image's side.
PATCH_SHARE = 0.2

Predict = Callable[[ImagePart], Floats]


def saliency(case: ExplainCase) -> dict[str, Figure]:
    """Return the figure of the candidate of a run, under the name ``saliency``.

    Raises InvalidInput if its predictions are invalid.
    """
    assert case.answer is not None
    answer, name = case.answer, case.candidate.name
    test = load_images(case.test)
    labels = np.load(case.truth / "labels.npy", allow_pickle=False)

    def predict(part: ImagePart) -> Floats:
        return classify_checked(name, answer, part).probabilities

    return {"saliency": saliency_figure(name, predict, test, labels, case.seed, case.progress)}


def saliency_figure(
    contender: str,
    predict: Predict,
    test: ImagePart,
    labels: Indices,
    seed: int,
    progress: Callable[[int, int, str], None] = lambda done, total, note: None,
) -> Saliency:
    """Return the figure of the images that ``chosen_images`` selects, with the effect of a patch at each position.

    ``ExplainedImage.falls`` contains the decreases of the predicted class's probability, ``(row, column)``; they are
    negative where covering a region increases it. The patch has the mean colour of the chosen images.

    Args:
        contender: name of the classifier.
        predict: function that returns ``(example, class)`` probabilities of a part.
        test: test set without labels.
        labels: ``(example,)`` true class indices.
        seed: seed of the choice of images.
        progress: callback ``progress(done, total, note)``.
    """
    names = test.schema.classes
    probabilities = predict(test)
    chosen = chosen_images(probabilities, labels, seed)
    colour = test.pixels[chosen].mean(axis=(0, 1, 2)).round().astype(np.uint8)
    images = []
    for done, index in enumerate(chosen.tolist()):
        progress(done, len(chosen), "saliency")
        answer = int(probabilities[index].argmax())
        falls = occluded(predict, _one(test, index), answer, colour)
        images.append(
            ExplainedImage(
                name=test.names[index],
                truth=names[labels[index]],
                answer=names[answer],
                probability=float(probabilities[index, answer]),
                png=png_base64(test.pixels[index]),
                falls=tuple(tuple(row) for row in np.round(falls, 4).tolist()),
            )
        )
    height, width = patch_of(test)
    return Saliency(contender=contender, part="test", patch=Patch(height=height, width=width), images=tuple(images))


def chosen_images(probabilities: Floats, labels: Indices, seed: int) -> Indices:
    """Return the indices of the images to explain, at most ``MOST_IMAGES``.

    The most confident mistakes come first, at most half of the images; the others are correct, balanced over classes.
    """
    answers, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(answers != labels)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][: MOST_IMAGES // 2]
    right = np.flatnonzero(answers == labels)
    drawn = right[np.random.default_rng([seed, 3]).permutation(len(right))]
    # The first drawn image of each class, then the second of each, and so on.
    turn = np.array([int((labels[drawn[:place]] == labels[image]).sum()) for place, image in enumerate(drawn[:500])])
    drawn = drawn[:500][np.argsort(turn, kind="stable")]
    return np.concatenate([wrong, drawn[: MOST_IMAGES - len(wrong)]]).astype(np.int64)


def occluded(predict: Predict, image: ImagePart, answer: int, colour: NDArray[np.uint8]) -> Floats:
    """Return the decrease of the probability of class ``answer`` for each position of the patch, ``(row, column)``.

    ``predict`` is called once, with the original image and all covered images.
    """
    height, width = patch_of(image)
    tops, lefts = _places(image.schema.height, height), _places(image.schema.width, width)
    covered = np.repeat(image.pixels, 1 + len(tops) * len(lefts), axis=0)
    for row, top in enumerate(tops):
        for column, left in enumerate(lefts):
            covered[1 + row * len(lefts) + column, top : top + height, left : left + width] = colour
    found = predict(ImagePart(covered, None, image.names * len(covered), image.schema))[:, answer]
    falls: Floats = (found[0] - found[1:]).reshape(len(tops), len(lefts))
    return falls


def patch_of(part: ImagePart) -> tuple[int, int]:
    """Return the height and width of the patch in pixels."""
    height, width = (max(1, round(PATCH_SHARE * side)) for side in (part.schema.height, part.schema.width))
    return height, width


def _places(side: int, patch: int) -> list[int]:
    count = min(MOST_PLACES, side - patch + 1)
    return sorted({round(place) for place in np.linspace(0, side - patch, count)})


def _one(part: ImagePart, index: int) -> ImagePart:
    return ImagePart(part.pixels[index : index + 1], None, part.names[index : index + 1], part.schema)
