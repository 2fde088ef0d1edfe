"""HTTP routes of predictions, their outcomes, live scores and drift."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name, Number
from azuraforge.database.short_ids import ShortId
from azuraforge.models.drift.schemas import DriftOut
from azuraforge.models.predictions.forecast_file import MEDIA_TYPES, MOST_FORECASTS, FileFormat, FileLanguage
from azuraforge.models.predictions.schemas import (
    LiveScores,
    OutcomesOut,
    OutcomesRequest,
    PredictionDetail,
    PredictionPage,
)
from azuraforge.models.predictions.service import PredictionService
from azuraforge.models.tables import Prediction
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit
from azuraforge.projects.short_ids import path_id
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(tags=["predictions"])
_FILES = [each.partition(";")[0] for each in MEDIA_TYPES.values()]


async def prediction_service(connection: HTTPConnection) -> PredictionService:
    service: PredictionService = connection.app.state.predictions
    return service


Service = Annotated[PredictionService, Depends(prediction_service)]
#: Id of a prediction in a path; it may be abbreviated.
PredictionId = Annotated[str, Depends(path_id("prediction_id", ShortId("prediction", Prediction.id)))]


@router.get("/predictions")
def list_predictions(
    access: Reader,
    service: Service,
    model: Name | None = None,
    version: Number | None = None,
    judged: Annotated[
        bool | None, Query(description="true: only fully judged predictions; false: only the others. Default: all")
    ] = None,
    unserved: Annotated[
        bool, Query(description="whether to include predictions that a shadow or canary made only for comparison")
    ] = False,
    limit: Limit = PAGE,
    after: After = None,
) -> PredictionPage:
    """List predictions, newest first."""
    return service.reads.page(
        access.project_id, model=model, version=version, judged=judged, unserved=unserved, limit=limit, after=after
    )


@router.get(
    "/predictions/file",
    response_class=Response,
    responses={200: {"content": {each: {"schema": {"type": "string", "format": "binary"}} for each in _FILES}}},
)
def get_forecast_file(
    access: Reader,
    service: Service,
    prediction_id: Annotated[
        list[Name],
        Query(
            min_length=1, max_length=MOST_FORECASTS, description="prediction id, repeatable; all must be of one model"
        ),
    ],
    file_format: Annotated[FileFormat, Query(alias="format")] = "csv",
    language: Annotated[FileLanguage, Query(description="language of the headings in a workbook")] = "en",
) -> Response:
    """Download forecasts as a file with the values, their intervals, the unit, and times in the zone of the series."""
    content = service.files.write(access.project_id, prediction_id, file_format, language)
    headers = {"content-disposition": f'attachment; filename="forecast.{file_format}"'}
    return Response(content, media_type=MEDIA_TYPES[file_format], headers=headers)


@router.get("/predictions/{prediction_id}")
def get_prediction(prediction_id: PredictionId, access: Reader, service: Service) -> PredictionDetail:
    """Return a prediction with its outcomes."""
    return service.reads.show(access.project_id, prediction_id)


@router.post("/predictions/outcomes")
def post_outcomes(access: Member, service: Service, unit: Unit, body: OutcomesRequest) -> OutcomesOut:
    """Report outcomes. Each point is judged once; a later report does not replace an earlier one."""
    return service.outcomes.post(access.project_id, body.outcomes, access.person_name, unit=unit)


@router.get("/models/{name}/live-scores")
def get_live_scores(
    name: Name,
    access: Reader,
    service: Service,
    days: Annotated[
        int | None, Query(ge=1, le=36_500, description="number of days before the newest judged target. Default: all")
    ] = None,
) -> LiveScores:
    """Return live scores of a model's predictions, compared with the naive baseline."""
    return service.reads.scores(access.project_id, name, days)


Version = Annotated[Number | None, Query(description="number of the version. Default: the champion")]


@router.get("/models/{name}/drift")
def get_drift(name: Name, access: Reader, service: Service, version: Version = None) -> DriftOut:
    """Return the result of the last drift check. Housekeeping checks every hour if there are new predictions."""
    return service.drift.show(access.project_id, name, version)


@router.post("/models/{name}/drift")
async def check_drift(
    name: Name, request: Request, access: Member, service: Service, unit: Unit, version: Version = None
) -> DriftOut:
    """Check the newest predictions for drift now."""
    check = partial(service.drift.check, access.project_id, name, version, unit=unit)
    return await ask_in_turn(request, access.project_id, check)
