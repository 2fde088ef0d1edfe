"""The most frequent reads of runs, in one or two database round trips and without the ORM.

Each read is a plan of queries. ``RunLookup`` executes it in the event loop, ``RunService`` in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from azuraforge.database import Database
from azuraforge.database.fast_reads import Plan
from azuraforge.errors import NotFound
from azuraforge.events.reads import LAST_SEQ
from azuraforge.messages import current
from azuraforge.messages.stored import in_language
from azuraforge.paging import PAGE, Order
from azuraforge.processes.points import MAX_STEP
from azuraforge.runs import lookup_store, shapes
from azuraforge.runs.filters.fields import Field
from azuraforge.runs.filters.store import Selection
from azuraforge.runs.listing import fields
from azuraforge.runs.listing.fields import names
from azuraforge.runs.listing.pages import EVERY_RUN, Listing, page
from azuraforge.runs.listing.schemas import FieldsOut, RunGroups
from azuraforge.runs.metrics import curves as metrics
from azuraforge.runs.metrics.schemas import MetricsOut, SeriesPage
from azuraforge.runs.schemas import ArtifactPage, RunDetail, RunPage
from azuraforge.runs.transitions import run_stream

_ARTIFACTS: Order[tuple[str]] = Order("artifacts", tuple[str])
_SERIES: Order[tuple[str]] = Order("series", tuple[str])
#: Maximum number of dependent runs shown with a run.
NEEDED_BY = 100
#: Maximum number of curves that a run names.
MOST_SERIES = 1000


class RunLookup:
    """Asynchronous reads of runs. A read of one run raises NotFound if the run is not in the project.

    Paged reads raise InvalidInput if ``after`` is not a cursor of the list.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, project_id: str, run_id: str) -> RunDetail:
        """Return a run with its details, but without the data of its metrics, figures and artifacts."""
        return await self._database.follow(project_id, detail(run_id))

    async def list(self, project_id: str, listing: Listing = EVERY_RUN) -> RunPage:
        """Return a page of runs, newest first or in the requested order.

        Trials of studies are omitted unless the request includes them, states a kind, or is for the trash.
        """
        return await self._database.follow(project_id, page(self._database.dialect, listing))

    async def fields(self, project_id: str, search: str) -> FieldsOut:
        """Return the fields of the project's runs whose names contain ``search``, for completing filters."""
        return await self._database.follow(project_id, names(search))

    def groups(self, project_id: str, selection: Selection, by: Field, columns: Sequence[Field]) -> RunGroups:
        """Group the newest runs of a list by a config field, with mean and spread of metrics.

        Raises InvalidInput if ``by`` is not a config field or a column is not a metric.
        """
        return self._database.follow_now(project_id, fields.groups(self._database.dialect, selection, by, columns))

    async def artifacts(
        self, project_id: str, run_id: str, *, limit: int = PAGE, after: str | None = None
    ) -> ArtifactPage:
        """Return a page of the files that a run produced, sorted by name."""
        of = {"run_id": run_id}
        found, artifacts = lookup_store.EXISTS.given(of), lookup_store.ARTIFACTS.given(of)
        await self._database.ask_all(project_id, found, artifacts)
        _existing(found.rows, run_id)
        page, cursor = _ARTIFACTS.select(artifacts.rows, limit, after, lambda row: (row.name,), run_id)
        return ArtifactPage(items=[shapes.artifact_out(row) for row in page], next=cursor)

    async def metrics(
        self,
        project_id: str,
        run_id: str,
        series: Iterable[str] | None = None,
        max_points: int = 1000,
        *,
        times: bool = False,
        between: tuple[int | None, int | None] = (None, None),
    ) -> MetricsOut:
        """Return curves of a run, each reduced to at most ``max_points`` points; spikes are kept.

        Raises NotFound if the run or one of the series does not exist, and ValueError if ``max_points`` is less than 3.

        Args:
            series: names of the curves; None means all.
            times: whether to include the time at which each point was logged.
            between: first and last step of the points to return; None: from the start, to the end.
        """
        return await self._database.follow(project_id, curves(run_id, series, max_points, times, between))

    async def series(
        self, project_id: str, run_id: str, *, search: str = "", limit: int = PAGE, after: str | None = None
    ) -> SeriesPage:
        """Return a page of a run's curves without their points, sorted by name.

        ``search`` restricts it to names that contain the text; case is ignored.
        """
        key = _SERIES.read(after)
        given: dict[str, object] = {"run_id": run_id}
        if search:
            given["pattern"] = f"%{_escaped(search.lower())}%"
        page, count = lookup_store.series_page(search=bool(search), after=key is not None)
        found = lookup_store.EXISTS.given({"run_id": run_id})
        paged = page.given({**given, "limit": limit + 1, **({"after_name": key[0]} if key else {})})
        counted = count.given(given)
        await self._database.ask_all(project_id, found, paged, counted)
        _existing(found.rows, run_id)
        rows, cursor = _SERIES.cut(paged.rows, limit, lambda row: (row.series,))
        return SeriesPage(items=[shapes.series_about(row) for row in rows], next=cursor, total=counted.rows[0].total)


def detail(run_id: str) -> Plan[RunDetail]:
    """Plan the read of a run's row with its attempts, notes and dependencies.

    The plan also lists the run's artifacts, figures and series, without their contents, and at most ``NEEDED_BY``
    dependent runs. Raises NotFound if the run does not exist.
    """
    of = {"run_id": run_id}
    asked = (
        found := lookup_store.RUN.given(of),
        more := lookup_store.DETAIL.given(of),
        seq := LAST_SEQ.given({"stream": run_stream(run_id)}),
        needs := lookup_store.NEEDS.given(of),
        needed_by := lookup_store.NEEDED_BY.given({**of, "limit": NEEDED_BY}),
        attempts := lookup_store.ATTEMPTS.given(of),
        artifacts := lookup_store.ARTIFACTS.given(of),
        figures := lookup_store.FIGURES.given(of),
        notes := lookup_store.NOTES.given(of),
        series := lookup_store.FIRST_SERIES.given({**of, "series_limit": MOST_SERIES}),
        series_total := lookup_store.SERIES_COUNT.given(of),
        parent := lookup_store.PARENT.given(of),
    )
    yield asked
    _existing(found.rows, run_id)
    return shapes.run_detail(
        found.rows[0],
        more.rows[0],
        depends_on=needs.rows,
        needed_by=needed_by.rows,
        attempts=attempts.rows,
        artifacts=artifacts.rows,
        figures=[row.name for row in figures.rows],
        notes=[in_language(row.markdown, current()) for row in notes.rows],
        metric_series=[row.series for row in series.rows],
        metric_series_total=series_total.rows[0].total,
        parent=shapes.linked_run(parent.rows[0]) if parent.rows else None,
        last_event_seq=seq.rows[0].last_seq if seq.rows else 0,
    )


def curves(
    run_id: str,
    series: Iterable[str] | None,
    max_points: int,
    times: bool = False,
    between: tuple[int | None, int | None] = (None, None),
) -> Plan[MetricsOut]:
    """Plan the read of a run's curves (``series`` None: all), each reduced to at most ``max_points`` points.

    Raises NotFound if the run or one of the series does not exist, and ValueError if ``max_points`` is less than 3.
    """
    of = {"run_id": run_id}
    asked = (found := lookup_store.EXISTS.given(of), all_series := lookup_store.SERIES.given(of))
    yield asked
    _existing(found.rows, run_id)
    names = metrics.chosen([row.series for row in all_series.rows], series)
    if between == (None, None):
        chunks = [lookup_store.CHUNKS.given({**of, "series": name}) for name in names]
        tails = [lookup_store.TAIL.given({**of, "series": name}) for name in names]
    else:
        first, last = (
            end if given is None else given for given, end in zip(between, (-MAX_STEP, MAX_STEP), strict=True)
        )
        part = {**of, "from_step": first, "to_step": last}
        chunks = [lookup_store.CHUNKS_BETWEEN.given({**part, "series": name}) for name in names]
        tails = [lookup_store.TAIL_BETWEEN.given({**part, "series": name}) for name in names]
    yield [*chunks, *tails]
    shown = [
        shapes.series_out(
            name,
            metrics.within(metrics.whole([row.data for row in sealed.rows], tail.rows), *between),
            max_points,
            times,
        )
        for name, sealed, tail in zip(names, chunks, tails, strict=True)
    ]
    return MetricsOut(run_id=run_id, series=shown)


def _escaped(text: str) -> str:
    """Return a text whose special characters LIKE takes literally, with a backslash as escape character."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _existing(found: Sequence[object], run_id: str) -> None:
    if not found:
        raise NotFound("run {run_id!r} does not exist", next_step="azuraforge runs list", run_id=run_id)
