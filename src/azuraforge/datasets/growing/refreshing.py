"""Runs with ``kind: refresh``: they read a source after its cursor and add the rows as the next version.

Rows, cursor and event are written in the transaction that ends the run. A run killed before that transaction has
changed nothing and reads from the same cursor again.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from azuraforge.database import Session
from azuraforge.datasets.growing.messages import Grown, RefreshInput
from azuraforge.datasets.growing.service import GrowingDatasets, Overtaken, stored_of
from azuraforge.datasets.growing.summaries import RefreshSummary
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.runs.handlers import Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest
from azuraforge.strict_json import JsonObject

REFRESH = "azuraforge.datasets.growing.child:refresh"
#: The source name of datasets that were added from a file.
_FILE = "file"


class RefreshConfig(BaseModel):
    """Config of a refresh. It has no options: the source is read with the options of the dataset's creation."""

    model_config = ConfigDict(extra="forbid")


class RefreshHandler(Handler):
    """Handler of refresh runs, which read new rows from a dataset's source."""

    kind = "refresh"
    summary = RefreshSummary

    def __init__(self, datasets: DatasetService, growing: GrowingDatasets) -> None:
        self._datasets = datasets
        self._growing = growing

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Check the request, and describe the run. Raises UserError if it has options or the dataset has no source."""
        if not request.dataset:
            raise InvalidInput(
                "no dataset is specified",
                where="dataset",
                next_step="run azuraforge datasets list and choose a dataset",
            )
        if request.dataset_version is not None:
            raise InvalidInput(
                "a refresh always continues from the newest version",
                where="dataset_version",
                next_step="omit the version",
            )
        try:
            RefreshConfig.model_validate(request.config)
        except ValidationError as error:
            raise InvalidInput(
                "a refresh has no option {option!r}",
                where="config",
                next_step="remove it from the request",
                option=error.errors()[0]["loc"][0],
            ) from None
        dataset = self._datasets.get(project_id, request.dataset)
        _check_askable(dataset)
        return PreparedRun(
            name=request.name or f"refresh {dataset.name}",
            plugin=None,
            config={},
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            dataset_version=dataset.version,
            dataset_fingerprint=dataset.fingerprint,
        )

    def execute(self, job: Job) -> Finish:
        """Read the source in a child process; the rows become a version in the transaction that ends the run.

        Raises UserError if the dataset cannot be refreshed; committing raises TransientError if another version was
        added in the meantime.
        """
        run = job.run
        if run.dataset_id is None:
            raise InvalidInput(
                "the run does not specify a dataset to refresh",
                where="run {run}",
                next_step="start another refresh: azuraforge datasets refresh NAME",
                run=run.id,
            )
        base = self._datasets.get(run.project_id, run.dataset_id)
        _check_askable(base)
        wanted = RefreshInput(
            stored=stored_of(base),
            source=base.source,
            options=_source_options(base),
            cursor=base.cursor,
            access=self._datasets.source_access(),
        )
        secrets = self._datasets.granted(run.project_id, base.source, wanted.options, run=run.id, dataset=base.name)
        grown = job.phase("read", REFRESH, wanted, share=1.0, result=Grown, secrets=secrets).value
        growth = grown.growth
        summary = RefreshSummary(
            dataset=base.name,
            previous_version=base.version,
            rows=grown.read.rows,
            rows_added=growth.rows_added,
            rows_revised=growth.rows_revised,
            rows_repeated=growth.rows_repeated,
            end_at=grown.read.end_at,
        )
        for each in grown.own:
            if each.severity != "info":
                job.note(each.text)

        def commit(session: Session) -> None:
            try:
                kept, created = self._growing.keep(session, base, grown)
            except Overtaken:
                raise TransientError(
                    "another version of dataset {dataset!r} was added in the meantime",
                    where="run {run}",
                    next_step="no action is needed: the source is read again",
                    dataset=base.name,
                    run=run.id,
                ) from None
            summary.version, summary.created = kept.version, created

        return Finish(summary, commit=commit)


def _check_askable(dataset: DatasetVersion) -> None:
    """Raise InvalidInput if the dataset has no source to refresh from."""
    if dataset.source == _FILE:
        raise InvalidInput(
            "dataset {dataset!r} was added from a file and has no source to refresh from",
            where="dataset",
            next_step="add rows: azuraforge datasets add --append FILE --name {dataset}",
            code="nothing_to_ask",
            dataset=dataset.name,
        )
    stored_of(dataset)


def _source_options(dataset: DatasetVersion) -> JsonObject:
    options = dataset.provenance.get("options")
    return dict(options) if isinstance(options, dict) else {}
