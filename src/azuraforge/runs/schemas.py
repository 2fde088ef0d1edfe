"""API shapes of runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    JsonValue,
    WithJsonSchema,
    field_validator,
)

from azuraforge.bounds import MOST_COUNT, MOST_NUMBER, MOST_SECONDS
from azuraforge.errors import InvalidValue
from azuraforge.messages import LANGUAGES, current
from azuraforge.messages.stored import shown as shown_texts
from azuraforge.paging import Page
from azuraforge.processes.failures import sayable
from azuraforge.processes.points import MAX_STEP, problem_with_series
from azuraforge.strict_json import JsonObject

_StoredT = TypeVar("_StoredT", JsonObject, list[JsonValue])
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # an escaped NUL, but not an escaped backslash before "u0000"


def _storable_text(text: str) -> str:
    if sayable(text) != text:
        raise InvalidValue("it contains a character that cannot be stored: NUL, or half of a surrogate pair")
    return text


def _cleaned(text: object) -> object:
    return sayable(text) if isinstance(text, str) else text


def _storable(value: _StoredT) -> _StoredT:
    try:
        written = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError as error:
        raise InvalidValue("it cannot be stored: {reason}", reason=str(error)) from error
    if _NUL.search(written):
        raise InvalidValue("it cannot be stored, because a text contains a NUL character")
    return value


#: Strings and JSON values from clients, restricted to those that every database can store.
StorableText = Annotated[str, AfterValidator(_storable_text)]
StorableObject = Annotated[JsonObject, AfterValidator(_storable)]
StorableList = Annotated[list[JsonValue], AfterValidator(_storable)]
#: Text for display. Invalid characters are replaced instead of rejected, so that the report of a run's end is not lost.
CleanedText = Annotated[str, BeforeValidator(_cleaned)]
#: Milliseconds from 1970 to the year 9000.
MOST_MILLISECONDS = 221_845_392_000_000
#: Maximum number of characters of the note in a run's progress.
MOST_NOTE = 10_000
#: Maximum number of tags of a run.
MOST_TAGS = 50
#: Maximum number of points of one series in a request.
MOST_POINTS = 1_000_000
Step = Annotated[int, Field(ge=-MAX_STEP, le=MAX_STEP)]
Count = Annotated[int, Field(ge=-MOST_COUNT, le=MOST_COUNT)]
#: Milliseconds since 1970, in the range that calendars support.
Time = Annotated[int, Field(gt=0, le=MOST_MILLISECONDS)]
#: Validated by the first form that fits, since trying both would make batches without times six times slower.
SentPoint = Annotated[tuple[Step, float | None] | tuple[Step, float | None, Time], Field(union_mode="left_to_right")]

RunState = Literal["queued", "running", "succeeded", "failed", "cancelled", "quarantined"]
RunId = Annotated[StorableText, Field(min_length=1, max_length=16)]
OnFailure = Literal["cancel", "run"]
ReportFormat = Literal["html", "pdf", "md"]
ReportLanguage = Literal["en", "tr"]
#: Key in the JSON schema of fields that name a registered kind of run; its value lists other allowed names.
RUN_KIND_MARKER = "x-run-kinds"
#: Name of a registered kind of run, checked against the registry when the request is handled.
RunKind = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_.-]*$")]


class RunRequest(BaseModel):
    """Request for a run. ``plugin`` is a pipeline for the kind ``train`` and an agent for the kind ``agent``."""

    model_config = ConfigDict(extra="forbid")

    kind: RunKind = Field(
        default="train", description="registered kind of run, such as train, predict, agent or external"
    )
    name: StorableText | None = Field(
        default=None, max_length=200, description="name of the run; default: derived from plugin and dataset"
    )
    plugin: StorableText | None = Field(
        default=None,
        max_length=200,
        description="name of the pipeline or agent; default for training: the default pipeline for the kind of dataset",
    )
    dataset: StorableText | None = Field(default=None, max_length=200, description="name or id of the dataset")
    dataset_version: int | None = Field(
        default=None, ge=1, le=MOST_NUMBER, description="version of the dataset; default: the newest"
    )
    model: StorableText | None = Field(
        default=None, max_length=200, description="name of the model; default: the dataset's name"
    )
    config: StorableObject = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    threads: int = Field(default=1, ge=1, le=256)
    priority: int = Field(
        default=0,
        ge=-100,
        le=100,
        description="runs with a higher priority start first; running runs are never preempted",
    )
    depends_on: list[RunId] = Field(
        default_factory=list, max_length=20, description="ids of the runs that must end before this run starts"
    )
    on_failure: OnFailure = Field(
        default="cancel",
        description="action if a run in depends_on does not succeed: cancel this run, or run it anyway",
    )
    time_limit_seconds: float | None = Field(
        default=None,
        gt=0,
        le=MOST_SECONDS,
        description="maximum wall time of one attempt, in seconds; default: the platform's limit",
    )
    memory_limit_bytes: int | None = Field(
        default=None,
        ge=2**20,
        le=MOST_COUNT,
        description="maximum memory of all processes of an attempt, in bytes; default: the platform's limit",
    )
    parent: RunId | None = Field(
        default=None,
        description="id of the run whose settings were copied for this one; its page shows the differences",
    )
    idempotency_key: StorableText | None = Field(default=None, max_length=200)


class RunError(BaseModel):
    """Error of a run: a message, where the error occurred, and what to do next."""

    code: str
    message: str
    where: str | None = None
    next_step: str | None = None
    details: JsonObject | None = None

    @classmethod
    def shown(cls, stored: Mapping[str, object] | None) -> Self | None:
        """Return a stored error in the language of the request; None if ``stored`` is None."""
        if stored is None:
            return None
        error = cls.model_validate(stored)
        texts = shown_texts(stored.get("source"), current())
        return error if texts is None else error.model_copy(update={name: text or None for name, text in texts.items()})


class StoredError(RunError):
    """Error as stored in a row: its texts in English, and the templates and values for translation."""

    source: JsonObject | None = None

    def sentences(self) -> dict[str, str]:
        """Return the message of the error in each language, by language code."""
        texts = {code: shown_texts(self.source, code) for code in LANGUAGES}
        return {code: self.message if text is None else text["message"] for code, text in texts.items()}

    def translated(self) -> RunError:
        """Return the error in the language of the request."""
        shown = RunError.shown(self.model_dump(mode="json"))
        assert shown is not None  # ``shown`` returns None only for None
        return shown


class RunProgress(BaseModel):
    """Progress of a run. ``share`` (0 to 1) refers to the whole run, ``done/total`` to its current phase."""

    phase: StorableText | None = Field(default=None, max_length=200)
    done: Count = 0
    total: Count = 0
    note: CleanedText = Field(default="", max_length=MOST_NOTE)
    share: float = Field(default=0.0, allow_inf_nan=False)
    rate_per_second: float | None = Field(default=None, allow_inf_nan=False)
    seconds_left: float | None = Field(default=None, allow_inf_nan=False)


#: Key in the JSON schema of fields that contain a summary.
SUMMARY_MARKER = "x-run-summary"

#: Stored summary of any kind. In the OpenAPI document it is the union of all shapes in ``Package.summaries``.
AnySummary = Annotated[JsonObject, WithJsonSchema({SUMMARY_MARKER: True})]


class RunSummary(BaseModel):
    """Key results of a run. Each kind of run defines a subclass that narrows ``kind`` to its own name.

    ``Finish.commit`` may still set fields. Fields that are never set are not stored.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str

    def stored(self) -> JsonObject:
        """Return the summary as stored in the run's row."""
        return {"kind": self.kind, **self.model_dump(mode="json", exclude={"kind"}, exclude_unset=True)}


class ExternalSummary(RunSummary):
    """Values that a client reported for an external run."""

    kind: Literal["external"] = "external"
    values: JsonObject


class RunScore(BaseModel):
    """A result of a run, with the best baseline's value for the same rows if there is one."""

    name: str
    value: float | None
    baseline: float | None = None


class RunOut(BaseModel):
    """A run as shown in lists."""

    id: str
    kind: str
    name: str
    state: RunState
    plugin: str | None
    model: str | None
    dataset_id: str | None
    dataset_name: str | None
    dataset_version: int | None
    attempt: int
    cancel_requested: bool
    waiting_on: int = Field(description="number of unfinished runs that this run depends on")
    progress: RunProgress
    summary: AnySummary | None
    error: RunError | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    pinned: bool = Field(description="whether the run is kept regardless of its age")
    deleted_at: datetime | None = Field(
        description="time at which the run was moved to the trash; null if it is not in the trash"
    )
    deleted_by: str | None
    tags: list[str]
    scores: list[RunScore] = Field(
        default=[],
        description="in lists, the run's most important results: of its summary, or else the last values of its"
        " metrics; at most 3",
    )
    columns: dict[str, JsonValue] = Field(
        default={},
        description="in lists, the values of the requested columns by name; a curve is a list of steps and a list of"
        " values, null represents a missing value, NaN and infinities",
    )


class AttemptOut(BaseModel):
    """One attempt: its worker, how and why it ended, and how many steps it recomputed."""

    attempt: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    ended_as: str | None = Field(
        description="final state of the run; or, if it was requeued, `died`, `memory`, `lost`, `interrupted`,"
        " `drained` or `transient`; null while the attempt is running"
    )
    reason: str | None
    resumed_from_step: int | None
    steps_recomputed: int | None


class ArtifactOut(BaseModel):
    """A file that a run produced."""

    name: str
    kind: str
    media_type: str
    bytes: int
    sha256: str
    created_at: datetime


class LinkedRun(BaseModel):
    """A run that another run depends on, or that depends on it."""

    id: str
    name: str
    state: RunState


class StudyLink(BaseModel):
    """The study that a run belongs to, as one of its trials or as the retraining of a trial's config."""

    id: str
    name: str
    trial: int


class RunDetail(RunOut):
    """A run with its details, but without the data of its metrics, figures and artifacts."""

    note: str | None = Field(description="note of a member, in Markdown; `notes` are the paragraphs of its report")
    config: JsonObject
    seed: int
    threads: int
    priority: int
    depends_on: list[LinkedRun]
    on_failure: OnFailure
    needed_by: list[LinkedRun] = Field(description="runs that depend on this one; at most 100")
    time_limit_seconds: float | None = Field(
        description="requested maximum wall time of one attempt, in seconds; null if none was requested"
    )
    memory_limit_bytes: int | None = Field(
        description="requested maximum memory of all processes of an attempt, in bytes; null if none was requested"
    )
    parent: LinkedRun | None = Field(
        description="run whose settings were copied for this one; null if there is none or it was purged"
    )
    study: StudyLink | None = Field(description="study that started the run; null if no study did")
    dataset_fingerprint: str | None
    code_version: str | None = Field(
        description="version of the platform's code in the first attempt; null if the platform has not executed the run"
    )
    plugin_version: str | None
    environment: JsonObject | None
    bit_reproducible: bool | None = Field(
        description="whether a repetition gives bit-identical results; null if the platform has not executed the run"
    )
    attempts: list[AttemptOut]
    artifacts: list[ArtifactOut]
    figures: list[str]
    follow_ups: list[str] = Field(
        description="unfinished computations that started after the run succeeded, such as the explanation of a verdict"
    )
    notes: list[str]
    metric_series: list[str] = Field(description="names of the first 1,000 curves; GET /runs/{run_id}/series lists all")
    metric_series_total: int
    last_event_seq: int = Field(
        description="cursor for the live stream run/<id>; this response includes all events up to it"
    )


class RunPage(Page[RunOut]):
    """A page of runs."""

    total: int | None = Field(default=None, description="number of runs on all pages; null unless it was requested")


class ArtifactPage(Page[ArtifactOut]):
    """A page of the files that a run produced, sorted by name."""


class MetricPoints(BaseModel):
    """Points of an external run: for each series, (step, value) or (step, value, milliseconds since 1970)."""

    model_config = ConfigDict(extra="forbid")

    #: ``FailFast``, since a batch may contain a million points and each invalid one would be a separate error.
    points: dict[str, Annotated[list[SentPoint], Field(max_length=MOST_POINTS), FailFast()]]
    progress: RunProgress | None = None
    batch: Count | None = Field(default=None, description="number of this batch in the client's journal")

    @field_validator("points", mode="before")
    @classmethod
    def _check_names(cls, points: object) -> object:
        for name in points if isinstance(points, dict) else ():
            if (problem := problem_with_series(name)) is not None:
                shown = str(sayable(str(name)))[:80]
                raise InvalidValue("{name!r} cannot be the name of a series: {problem}", name=shown, problem=problem)
        return points


class FinishRequest(BaseModel):
    """Request to end an external run."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["succeeded", "failed"]
    summary: StorableObject | None = None
    error: CleanedText | None = Field(default=None, max_length=100_000)
