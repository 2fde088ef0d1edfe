"""Classification requests for images. Only the serving process decodes an image; the ledger stores its hash."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path

from azuraforge.database import new_id
from azuraforge.datasets.images.large_images import TOO_MANY_PIXELS, LargeImages
from azuraforge.errors import InvalidInput, UserError
from azuraforge.models.answers import PredictionInputs, PredictionPoint
from azuraforge.models.image_schemas import ImageAnswer
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.predictions.questions import Caller, Prepared
from azuraforge.models.serving.messages import NOT_A_CLASSIFIER, ImageMessage, ImageReply, Reply
from azuraforge.models.serving.versions import PREDICT_SECONDS, Served
from azuraforge.processes.failures import OUT_OF_MEMORY

MAX_BYTES = 10 << 20
#: Number of most probable classes stored in the ledger.
_KEPT = 5


class ImageQuestion:
    """Request for the classes of the image at ``path``, which messages call ``filename``.

    The true class may be reported later as the label of an outcome.
    """

    ends_with_request = True
    follows_dataset = False

    def __init__(self, model: str, path: Path, filename: str, large: LargeImages) -> None:
        self._model = model
        self._path = path
        self._filename = filename
        self._large = large
        self._at = datetime.now(UTC)
        self._digest = ""

    def is_ready(self, served: Served, newest: int | None) -> bool:
        return False

    def prepare(self, served: Served, newest: int | None) -> Prepared:
        began = time.perf_counter()
        self._digest = hashlib.sha256(self._path.read_bytes()).hexdigest()
        return self._prepared(self._path, bounded=True, began=began)

    def retry(self, served: Served, error: UserError) -> Prepared:
        """Return a request for a smaller copy of an image that exceeds the limits of the serving process.

        A child process with a memory limit shrinks the image. Raises InvalidInput if the version is no classifier, and
        ``error`` itself if the image does not exceed the limits.
        """
        if error.error_code == NOT_A_CLASSIFIER:
            raise InvalidInput(
                "version {version} of model {model!r} predicts a series and cannot classify images",
                where="version",
                next_step="request a forecast with azuraforge models predict {model}",
                code=NOT_A_CLASSIFIER,
                version=served.version,
                model=self._model,
            ) from error
        if error.error_code not in (TOO_MANY_PIXELS, OUT_OF_MEMORY):
            raise error
        began, size = time.perf_counter(), served.schema.size
        assert size is not None  # only an image classifier rejects an image for its size
        small = self._large.shrink(self._path, self._filename, size, PREDICT_SECONDS)
        return self._prepared(small, bounded=False, began=began)

    def line(self, served: Served, caller: Caller, prepared: Prepared, answer: Reply) -> LedgerLine:
        classes = ImageReply.model_validate(answer).classes
        best = classes[0]
        return LedgerLine(
            model=caller.model,
            id=new_id(),
            model_id=served.model_id,
            version=served.version,
            alias=caller.alias,
            by=caller.by,
            inputs=PredictionInputs(
                image=self._filename,
                sha256=self._digest,
                classes=classes[:_KEPT],
            ),
            target=served.target,
            unit=served.unit,
            origin_at=self._at,
            matures_at=self._at,  # an image's class is already fixed, only not known yet
            points=(PredictionPoint(at=self._at, value=best.probability, low=None, high=None, label=best.name),),
            request_id=caller.request_id,
            latency_seconds=prepared.seconds,
            deployment=caller.deployment,
            question=self._digest,  # the same image is the same question at any time
        )

    def result(self, served: Served, line: LedgerLine, prepared: Prepared, answer: Reply, at: datetime) -> ImageAnswer:
        reply = ImageReply.model_validate(answer)
        return ImageAnswer(
            prediction_id=line.id,
            model=line.model,
            version=served.version,
            alias=line.alias,
            plugin=served.plugin,
            run_id=served.run_id or None,
            classes=list(reply.classes),
            size=reply.size,
            seen=reply.seen,
        )

    def _prepared(self, path: Path, *, bounded: bool, began: float) -> Prepared:
        payload: ImageMessage = {"image": str(path), "name": self._filename, "bounded": bounded}
        return Prepared(payload, began=began)
