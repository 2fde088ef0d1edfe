"""HTTP routes of feeds."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.requests import HTTPConnection

from azuraforge.bounds import MOST_COUNT, MomentOrUtc
from azuraforge.database.short_ids import ShortId
from azuraforge.datasets.schemas import DatasetVersionOut
from azuraforge.learners.feeds.collecting.collectors import Collectors
from azuraforge.learners.feeds.cutting import FeedCutter
from azuraforge.learners.feeds.schemas import (
    CutRequest,
    FeedChart,
    FeedOut,
    FeedPage,
    FeedRequest,
    FeedRowsIn,
    FeedRowsOut,
    FeedRowsTaken,
)
from azuraforge.learners.feeds.service import FeedService
from azuraforge.learners.feeds.tables import Feed
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit
from azuraforge.projects.short_ids import path_id
from azuraforge.runs.schemas import RunDetail
from azuraforge.waiting.turns import ask_in_turn, read_in_turn

router = APIRouter(prefix="/feeds", tags=["feeds"])


async def feed_service(connection: HTTPConnection) -> FeedService:
    service: FeedService = connection.app.state.feeds
    return service


async def feed_collectors(connection: HTTPConnection) -> Collectors:
    collectors: Collectors = connection.app.state.collectors
    return collectors


async def feed_cutter(connection: HTTPConnection) -> FeedCutter:
    cutter: FeedCutter = connection.app.state.feed_cutter
    return cutter


Service = Annotated[FeedService, Depends(feed_service)]
Collecting = Annotated[Collectors, Depends(feed_collectors)]
Cutter = Annotated[FeedCutter, Depends(feed_cutter)]
#: A feed's name or id; the id may be shortened.
NameOrId = Annotated[str, Depends(path_id("feed", ShortId("feed", Feed.id, Feed.name)))]


@router.post("", status_code=201)
async def create_feed(body: FeedRequest, request: Request, access: Member, service: Service, unit: Unit) -> FeedOut:
    """Create a feed: a numbered log of arriving rows."""
    create = partial(service.create, access.project_id, body, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, create)


@router.get("")
def list_feeds(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> FeedPage:
    """List feeds, newest first."""
    return service.list(access.project_id, limit=limit, after=after)


@router.get("/{feed}")
def get_feed(feed: NameOrId, access: Reader, service: Service) -> FeedOut:
    """Return a feed with its state."""
    return service.get(access.project_id, feed)


@router.delete("/{feed}", status_code=204)
def delete_feed(feed: NameOrId, access: Member, service: Service) -> None:
    """Move a feed to the trash. Its collector must be stopped."""
    service.trash.delete(access.project_id, feed, None, access.person_name)


@router.post("/{feed}/restore")
def restore_feed(feed: NameOrId, access: Member, service: Service, unit: Unit) -> FeedOut:
    """Restore a feed from the trash, by its id or its former name."""
    return service.get(access.project_id, service.trash.restore(access.project_id, feed, None, unit=unit).id)


@router.get("/{feed}/rows")
def list_feed_rows(
    feed: NameOrId,
    access: Reader,
    service: Service,
    after: Annotated[
        int | None, Query(ge=0, le=MOST_COUNT, description="number of a row; the following rows are returned")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=5000, description="maximum number of rows")] = PAGE,
    last: Annotated[
        int | None, Query(ge=1, le=5000, description="return the newest rows instead; after and limit have no effect")
    ] = None,
    start: Annotated[MomentOrUtc | None, Query(description="only rows at or after this time")] = None,
    end: Annotated[MomentOrUtc | None, Query(description="only rows at or before this time")] = None,
) -> FeedRowsOut:
    """Return rows of the log by number. `next` of the answer is `after` of the following request."""
    return service.rows(access.project_id, feed, after=after, limit=limit, last=last, start=start, end=end)


@router.post("/{feed}/rows")
def post_feed_rows(feed: NameOrId, body: FeedRowsIn, access: Member, service: Service, unit: Unit) -> FeedRowsTaken:
    """Append rows. Repeating the request has no effect, because equal rows are dropped."""
    return service.post(access.project_id, feed, body, unit=unit)


@router.get("/{feed}/chart")
def get_feed_chart(
    feed: NameOrId,
    access: Reader,
    service: Service,
    column: Annotated[str | None, Query(max_length=100, description="name of the column; default: the first")] = None,
    key: Annotated[str | None, Query(max_length=100, description="name of the key; default: the first")] = None,
    last: Annotated[int, Query(ge=1, le=200_000, description="number of the newest rows of the log to read")] = 10_000,
    max_points: Annotated[int, Query(ge=2, le=10_000, description="maximum number of points")] = 1000,
) -> FeedChart:
    """Return a column of one key over time, reduced without losing spikes."""
    return service.chart(access.project_id, feed, column, key, last, max_points)


@router.post("/{feed}/start", status_code=201)
async def start_collector(
    feed: NameOrId, request: Request, access: Member, collectors: Collecting, unit: Unit
) -> RunDetail:
    """Start the collector of a feed: a run that polls its source."""
    start = partial(collectors.start, access.project_id, feed, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, start)


@router.post("/{feed}/stop")
def stop_collector(feed: NameOrId, access: Member, collectors: Collecting, unit: Unit) -> FeedOut:
    """Stop the collector of a feed. It continues from the same position when it is started again."""
    return collectors.stop(access.project_id, feed, unit=unit)


@router.post("/{feed}/close")
def close_feed(feed: NameOrId, access: Member, collectors: Collecting, unit: Unit) -> FeedOut:
    """End a feed: rows that wait are numbered, and no more rows are taken."""
    return collectors.close(access.project_id, feed, unit=unit)


@router.post("/{feed}/cut", status_code=201)
async def cut_feed(
    feed: NameOrId, body: CutRequest, request: Request, access: Member, cutter: Cutter, unit: Unit
) -> DatasetVersionOut:
    """Make a dataset version of the rows of a range, so that pipelines and studies can train on it."""
    cut = partial(cutter.cut, access.project_id, feed, body, unit=unit)
    return await read_in_turn(request, access.project_id, cut)
