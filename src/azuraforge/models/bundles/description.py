"""Strict schema of ``bundle.json``.

A bundle comes from another machine, so its content is not trusted. Every field that a page, the card, the lineage or a
prediction reads later has a type and bounds here; unknown fields are rejected.
"""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from azuraforge.bounds import within_years
from azuraforge.errors import InvalidInput, InvalidValue
from azuraforge.messages import Message
from azuraforge.messages.validation import message_of
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.plugins.contract.availability import Availability
from azuraforge.plugins.contract.evaluation import Evaluation as EvaluationShape
from azuraforge.strict_json import JsonObject

#: Error code for a bundle whose files are complete but whose content cannot be used.
REFUSED = "bundle_refused"
#: Maximum size of the whole file in bytes; an evaluation of thousands of series requires a fraction of it.
MAX_BYTES = 1 << 24
_MAX_DEPTH = 32
#: Maximum number of wrong fields that an error names.
_SHOWN = 3
_MAX_VALUES = 1_000_000
_MAX_TEXT = 10_000
_MAX_KEY = 1000

_PLAIN = r"^[^\p{Cc}\p{Zl}\p{Zp}]*$"
_DURATION = r"^[1-9][0-9]{0,8}(ms|s|m|h|d|w|mo|q|y)$"


def _text(most: int, least: int = 0) -> StringConstraints:
    """Return the constraints of one line of text without control characters, ``least`` to ``most`` characters long."""
    return StringConstraints(min_length=least, max_length=most, pattern=_PLAIN)


def _zone(given: str) -> str:
    try:
        zoneinfo.ZoneInfo(given)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise InvalidValue("unknown time zone") from None
    return given


def _moment(given: str) -> str:
    if not given.isdecimal():
        try:
            at = datetime.fromisoformat(given)
        except ValueError:  # not a time; the card shows the text unchanged
            return given
        within_years(at)
    return given


Name = Annotated[str, _text(200, 1)]
#: A time, or a row number if rows have no time.
Moment = Annotated[str, _text(40, 1), AfterValidator(_moment)]
Zone = Annotated[str, _text(100, 1), AfterValidator(_zone)]
#: Name of a pipeline or a task kind.
PluginName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=1 << 53)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Pixels = Annotated[int, Field(ge=1, le=1024)]
Horizon = Annotated[int, Field(ge=1, le=100_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Ends(BaseModel):
    """Time range whose ends are both set or both missing."""

    start: Moment | None = None
    end: Moment | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise InvalidValue("start and end must be given together")
        return self


class SeriesSchema(_Strict):
    """Columns of a series or a panel: the JSON form of ``plugins.Schema``."""

    kind: Literal["series"] = "series"
    time: Name | None
    target: Name
    features: list[Name] = Field(default=[], max_length=10_000)
    frequency: Annotated[str, StringConstraints(pattern=_DURATION)] | None = None
    season: int = Field(default=1, ge=1, le=10_000_000)
    timezone: Zone = "UTC"
    unit: Annotated[str, _text(40)] = ""
    rhythm_timezone: Zone | None = None
    month_end: bool = False
    series: Name | None = None
    series_names: list[Name] | None = Field(default=None, max_length=100_000)
    groups: dict[Name, dict[Name, list[Name]]] = Field(default={}, max_length=20)
    available_after: dict[Name, Availability] = Field(default={}, max_length=10_000)


class ImagesSchema(_Strict):
    """Size and classes of images: the JSON form of ``plugins.ImageSchema``."""

    kind: Literal["images"]
    target: Name
    height: Pixels
    width: Pixels
    channels: Literal[1, 3]
    classes: list[Name] = Field(min_length=1, max_length=10_000)
    unit: Annotated[str, _text(40)] = ""


class Range(_Ends, _Strict):
    """Rows of one part of the data, with the times of the first and the last row if rows have times."""

    rows: Count | None = None
    classes: list[Count] | None = Field(default=None, max_length=10_000)
    rows_sha256: Hash | None = None


class EvaluatedFrom(_Ends, _Strict):
    """Rows that the evaluated predictor of a refitted version learned from."""

    rows: Count | None = None
    parts: dict[Name, Range] | None = Field(default=None, max_length=10)
    weights_sha256: Hash | None = None


class LearnedFrom(_Ends, _Strict):
    """Rows that the weights learned from. A bundle may omit them; the gate cannot compare the version then.

    ``evaluated`` describes the second, evaluated predictor of a version whose own weights were refitted on all rows.
    """

    rows: Count | None = None
    parts: dict[Name, Range] | None = Field(default=None, max_length=10)
    evaluated: EvaluatedFrom | None = None


class Version(_Strict):
    """Fields of the registered version, as ``bundles/service.py`` writes them."""

    kind: PluginName
    plugin: PluginName
    plugin_version: Annotated[str, _text(100)] | None
    config: JsonObject = Field(max_length=1000)
    schema_: SeriesSchema | ImagesSchema = Field(alias="schema")
    content_hash: Hash
    weights_sha256: Hash | None
    bytes: Count
    dataset_fingerprint: Annotated[str, _text(80)] | None
    learned_from: LearnedFrom
    code_version: Annotated[str, _text(100)]
    seed: int = Field(ge=-(1 << 63), lt=1 << 63)
    metrics: dict[Name, Number | None] | None = Field(max_length=200)


class Dataset(_Strict):
    """Dataset version on the platform that wrote the bundle."""

    name: Name
    version: Count | None
    fingerprint: Annotated[str, _text(80)] | None


class _Open(BaseModel):
    """Base of shapes with bounds for the fields that the card reads; ``check_evaluation`` checks the other fields."""

    model_config = ConfigDict(strict=True, extra="allow")


class TestRange(_Ends, _Open):
    rows: Count | None = None
    origins: Count | None = None


class Contender(_Open):
    name: Name
    role: Name
    metrics: dict[Name, Number | None] = Field(max_length=200)


class Failed(_Open):
    name: Name
    reason: dict[Name, Annotated[str, Field(max_length=_MAX_TEXT)]] = Field(max_length=20)


class Evaluation(_Open):
    parts: dict[Name, TestRange] = Field(default={}, max_length=10)
    horizon: Horizon | None = None
    best_baseline: Name | None = None
    contenders: list[Contender] = Field(default=[], max_length=1000)
    failed: list[Failed] = Field(default=[], max_length=1000)
    classes: list[Name] | None = Field(default=None, max_length=10_000)


class Evaluated(_Strict):
    """Evaluation and verdict of the platform that trained the version."""

    evaluation: Evaluation
    verdict: VerdictRecord


class Description(_Strict):
    """Contents of ``bundle.json``."""

    format: int
    model: Name
    number: int = Field(ge=1, lt=1 << 31)
    run_id: Annotated[str, _text(16)] | None
    dataset: Dataset | None
    version: Version
    evaluated: Evaluated | None


def to_json(part: BaseModel) -> JsonObject:
    """Return a part of a description as JSON, with the fields that the bundle stated."""
    return part.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Engine(_Strict):
    """Backend that trained a version's weights."""

    backend: Name
    instruction_set: Annotated[str, _text(100)] | None
    threads: int = Field(ge=1, le=4096)


class Card(_Strict):
    """Contents of ``version.json`` in the version's folder, as the serving child process reads them."""

    kind: PluginName | None = None
    plugin: Name | None = None
    config: dict[str, Any] = Field(default={}, max_length=1000)
    schema_: SeriesSchema | ImagesSchema | None = Field(default=None, alias="schema")
    horizon: Horizon | None
    engine: Engine | None = None


class Trial(_Strict):
    """Result of the trial load of a version; ``predicted`` states whether it predicted from synthetic rows."""

    predicted: bool


_Checked = TypeVar("_Checked", bound=_Strict)


def check(shape: type[_Checked], value: object, entry: str) -> _Checked:
    """Return ``value`` validated as ``shape``.

    Raises InvalidInput if it is not valid; the error names ``entry``, the file in the bundle, and the first wrong
    fields.
    """
    _check_size(value, entry)
    with _wrong_fields(entry):
        return shape.model_validate(value)


def check_evaluation(value: object, entry: str) -> None:
    """Validate a whole evaluation.

    Raises InvalidInput if it is not valid; the error names ``entry``, the file in the bundle, and the first wrong
    fields.
    """
    with _wrong_fields(entry):  # as JSON, since strict validation accepts a list for a tuple only there
        EvaluationShape.model_validate_json(orjson.dumps(value), strict=True)


@contextmanager
def _wrong_fields(entry: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        found = [_sentence(each) for each in error.errors(include_url=False, include_input=False)[:_SHOWN]]
        named = {str(each): each for each in found}.values()
        raise refused(Message("{problems}", {"problems": list(named)}), entry) from None


def refused(problem: Message | str, entry: str) -> InvalidInput:
    """Return the error for a bundle whose files are complete but whose content cannot be used."""
    return InvalidInput(
        "this bundle cannot be imported: {problem}",
        where="bundle entry {entry}",
        next_step="export the version again on its own platform with azuraforge models bundle NAME VERSION",
        code=REFUSED,
        problem=problem,
        entry=entry,
    )


def _sentence(problem: ErrorDetails) -> Message:
    path = [str(part) for part in problem["loc"] if part not in ("SeriesSchema", "ImagesSchema")]
    return Message("{field}: {problem}", {"field": ".".join(path)[:200] or "document", "problem": message_of(problem)})


def _check_size(given: object, entry: str) -> None:
    """Raise InvalidInput if a document is too deep or too large, or if a text or a number in it exceeds the limits."""
    values = 0
    level: list[object] = [given]
    for _ in range(_MAX_DEPTH):
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                if any(not isinstance(key, str) or len(key) > _MAX_KEY for key in each):
                    raise refused(
                        Message("it contains a field name of more than {most:,} characters", {"most": _MAX_KEY}), entry
                    )
                inner += each.values()
            elif isinstance(each, list):
                inner += each
            elif isinstance(each, str) and len(each) > _MAX_TEXT:
                raise refused(Message("it contains text of more than {most:,} characters", {"most": _MAX_TEXT}), entry)
            elif isinstance(each, float) and not math.isfinite(each):
                raise refused(Message("it contains a number that is not finite"), entry)
            elif isinstance(each, int) and not -(1 << 63) <= each < 1 << 64:
                raise refused(Message("it contains an integer of more than 64 bits"), entry)
        values += len(inner)
        if values > _MAX_VALUES:
            raise refused(Message("it contains more than {most:,} values", {"most": _MAX_VALUES}), entry)
        if not inner:
            return
        level = inner
    raise refused(Message("it is nested more than {most} levels deep", {"most": _MAX_DEPTH}), entry)
