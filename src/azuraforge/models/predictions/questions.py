"""Requests for the next values of a series; ``inference.py`` processes requests of every kind."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

import orjson

from azuraforge.database import new_id
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, UserError
from azuraforge.models.answers import PredictionInputs
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.schemas import PredictOut, PredictRequest
from azuraforge.models.serving.messages import Reply, SeriesMessage, SeriesReply
from azuraforge.models.serving.versions import Rows, Served, ServedVersions


@dataclass(frozen=True)
class Prepared:
    """Prediction request in the form that is sent to the serving process of one version.

    Attributes:
        payload: message to the child process.
        continues: id of the dataset whose next rows are the outcomes of the prediction; None if there is none.
        rows: dataset version after whose end the forecast begins; None if the request contains its own rows.
        newest: number of the dataset's newest version, if known.
        began: time at which the preparation began, in seconds of ``time.perf_counter``.
    """

    payload: Mapping[str, object]
    continues: str | None = None
    rows: Rows | None = None
    newest: int | None = None
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since the preparation began."""
        return time.perf_counter() - self.began


@dataclass(frozen=True)
class Caller:
    """Origin of a prediction request.

    Attributes:
        model: name of the model.
        by: name of the user, or the id of the run.
        alias: alias in the request; None if the request names a version.
        request_id: id that the caller gave the request; None if it gave none.
        deployment: number of the shadow or canary deployment that takes part; None if there is none.
    """

    model: str
    by: str
    alias: str | None
    request_id: str | None
    deployment: int | None = None


class Predicted(Protocol):
    """Protocol of a returned prediction; ``prediction_id`` is the id of its ledger entry."""

    @property
    def prediction_id(self) -> str: ...


P = TypeVar("P", bound=Predicted, covariant=True)


class Question(Protocol[P]):
    """Protocol of one kind of prediction request. ``prepare`` and ``retry`` may block; the other methods never do."""

    @property
    def ends_with_request(self) -> bool:
        """Return whether the prediction must be made before the HTTP request ends, since it uses an uploaded file."""
        ...

    @property
    def follows_dataset(self) -> bool:
        """Return whether the forecast begins at the end of the dataset's newest version."""
        ...

    def is_ready(self, served: Served, newest: int | None) -> bool:
        """Return whether ``prepare`` can run without reading from the database or from files."""
        ...

    def prepare(self, served: Served, newest: int | None) -> Prepared:
        """Return the request in the form for this version.

        Args:
            served: version that predicts.
            newest: number of the newest version of the model's dataset; None if unknown.

        Raises InvalidInput if the request does not fit the version.
        """
        ...

    def retry(self, served: Served, error: UserError) -> Prepared:
        """Return the request in another form after the version rejected it with ``error``.

        Raises ``error``, or an error that explains it, if there is no other form.
        """
        ...

    def line(self, served: Served, caller: Caller, prepared: Prepared, answer: Reply) -> LedgerLine:
        """Return the ledger entry for the version's reply, ``answer``."""
        ...

    def result(self, served: Served, line: LedgerLine, prepared: Prepared, answer: Reply, at: datetime) -> P:
        """Return the API response for the reply ``answer``, whose ledger entry was written at ``at``."""
        ...


class SeriesQuestion:
    """Request for the next values of a series.

    The forecast begins after the end of the dataset's newest version, of a given version, or of the rows in the
    request.
    """

    ends_with_request = False

    def __init__(self, request: PredictRequest, versions: ServedVersions, datasets: DatasetService) -> None:
        self._request = request
        self._versions = versions
        self._datasets = datasets

    @property
    def follows_dataset(self) -> bool:
        return self._request.rows is None

    def is_ready(self, served: Served, newest: int | None) -> bool:
        request = self._request
        if request.continues is not None or request.dataset_version is not None:
            return False
        if request.rows is not None:
            return not served.needs_timetable or served.dataset_version in served.rows
        known = newest if newest is not None else served.dataset_version
        return known in served.rows and served.dataset_version in served.rows

    def prepare(self, served: Served, newest: int | None) -> Prepared:
        request, began = self._request, time.perf_counter()
        continues = self._continued(served)
        own = request.rows is not None
        rows = self._versions.start(served, own_rows=own, asked=request.dataset_version, newest=newest)
        dataset = self._versions.timetable(served) if rows is None else rows.file
        payload: SeriesMessage = {
            "rows": request.rows,
            "dataset": dataset,
            "horizon": request.horizon,
            "series": request.series,
        }
        return Prepared(payload, continues, rows, newest, began)

    def retry(self, served: Served, error: UserError) -> Prepared:
        raise error

    def line(self, served: Served, caller: Caller, prepared: Prepared, answer: Reply) -> LedgerLine:
        request, rows = self._request, prepared.rows
        reply = SeriesReply.model_validate(answer)
        return LedgerLine(
            model=caller.model,
            id=new_id(),
            model_id=served.model_id,
            version=served.version,
            alias=caller.alias,
            by=caller.by,
            inputs=PredictionInputs(
                rows=reply.rows,
                series=request.series,
                new_series=reply.new_series,
                missing_series=reply.missing_series,
                dataset_id=None if rows is None else served.dataset_id,
                dataset_version=None if rows is None else rows.number,
                dataset_fingerprint=None if rows is None else rows.file["fingerprint"],
            ),
            target=served.target,
            unit=served.unit,
            interval=reply.interval,
            origin_at=reply.origin,
            matures_at=reply.points[-1].at,
            points=reply.points,
            request_id=caller.request_id,
            latency_seconds=prepared.seconds,
            naive=reply.naive,
            features=reply.features,
            deployment=caller.deployment,
            continues=prepared.continues,
            question=question_of(reply.origin.isoformat(), reply.features, reply.naive, request.series),
        )

    def result(self, served: Served, line: LedgerLine, prepared: Prepared, answer: Reply, at: datetime) -> PredictOut:
        return PredictOut(
            prediction_id=line.id,
            model=line.model,
            version=served.version,
            alias=line.alias,
            plugin=served.plugin,
            run_id=served.run_id or None,
            target=served.target,
            unit=served.unit,
            interval=line.interval,
            origin=line.origin_at,
            predictions=list(line.points),
            created_at=at,
            request_id=line.request_id,
            latency_seconds=line.latency_seconds,
            series=self._request.series,
            new_series=line.inputs.new_series,
            missing_series=list(line.inputs.missing_series),
            rows=line.inputs.rows,
            dataset_version=line.inputs.dataset_version,
            trained_on=served.dataset_version,
            newer_version=None if prepared.rows is None else prepared.rows.newer,
        )

    def _continued(self, served: Served) -> str | None:
        """Return the id of the dataset whose next rows will be the outcomes; None if there is none.

        A request with its own rows names that dataset in ``continues``. Raises InvalidInput if ``continues`` is set
        without rows, and NotFound if the dataset does not exist.
        """
        request = self._request
        if request.rows is None and request.continues is not None:
            raise InvalidInput(
                "`continues` requires rows in the request",
                where="continues",
                next_step="send rows, or omit continues",
            )
        if request.rows is None:
            return served.dataset_id
        if request.continues is None:
            return None
        return self._datasets.get(served.project_id, request.continues, None).id


def question_of(
    origin: str, features: Mapping[str, float | None] | None, naive: float | None, series: str | None = None
) -> str:
    """Return the hash that identifies a forecast's input: the origin, the values known at the origin, and the series.

    Requests that differ only in their caller, their time or the length of their history have the same hash.
    """
    asked = orjson.dumps([origin, features, naive, series], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(asked).hexdigest()
