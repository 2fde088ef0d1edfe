"""Trial load of a version from another machine, in a child process and before anything is registered.

The child process loads the version with the code that would serve it. Files that cannot be loaded, weights that are not
finite and shapes that do not match are found here, not in the first prediction.
"""

from __future__ import annotations

import contextlib
import re
import resource
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import safe_open

from azuraforge import strict_json
from azuraforge.errors import AzuraError, InvalidInput, NotFound
from azuraforge.messages import Message
from azuraforge.models.bundles.description import REFUSED, Card, Trial, check, refused
from azuraforge.models.bundles.messages import TrialOpening
from azuraforge.models.registry.folder import CARD, EVALUATED, verify_folder
from azuraforge.models.serving.child import PREDICTION_FAILED, Predictor
from azuraforge.models.serving.images import ImagePredictor
from azuraforge.models.serving.messages import Row
from azuraforge.models.serving.opening import open_version
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.contract.task_kind import AnyTaskKind
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.forecasting.following import following_times
from azuraforge.plugins.forecasting.panels import one_of
from azuraforge.plugins.vision.config import ImagePart
from azuraforge.processes.failures import sentence_of

_CPU_SECONDS = 100
_LEAST_MEMORY = 4 << 30
#: Memory limit of loading, as a multiple of the folder's size: tensors are read, converted and arranged for kernels.
_MEMORY_PER_BYTE = 8
#: Minimum and maximum number of synthetic rows, which cover three seasons if possible. The minimum exceeds the
#: default windows of all built-in pipelines.
_ROWS, _MOST_ROWS = 2048, 20_000
_VERSION = "version/"
#: Pattern of an absolute path that captures its last name.
_PATH = re.compile(r"(?:/[^\s/:'\"]+)*/([^\s/:'\"]+)")


class Asked(Protocol):
    """Protocol of the child process connection, as far as this entry point uses it."""

    payload: TrialOpening


def try_version(child: Asked) -> Trial:
    """Load a version and predict once from synthetic data; do the same with a refitted version's evaluated predictor.

    Versions of a task kind that does not serve predictions are only loaded. The payload of ``child`` is a
    ``TrialOpening``. Raises InvalidInput if the version cannot be used; the error names the file in the bundle, but no
    path of this machine.
    """
    opening = child.payload
    folder = Path(opening["folder"])
    _limit(opening["bytes"])
    with _refusing(_VERSION + CARD):
        card = check(Card, strict_json.parse((folder / CARD).read_bytes()), _VERSION + CARD)
        _compare(card, opening)
    for path in sorted(folder.rglob("*")):
        entry = _VERSION + path.relative_to(folder).as_posix()
        with _refusing(entry):
            if path.suffix == ".json":
                strict_json.parse(path.read_bytes())
            elif path.suffix == ".safetensors":
                _check_tensors(path, entry)
    plugin = _plugin(opening)
    with _refusing("bundle.json: config"):
        parse_config(plugin.Config, opening["config"], opening["plugin"])
    kind = _kind(opening)
    if kind.serving == "series" and card.horizon is None:
        raise refused(Message("it does not specify the horizon"), _VERSION + CARD)
    evaluated = _evaluated(folder, opening)
    schema = DatasetSchema.model_validate(opening["schema"])
    if kind.serving is None:
        with _refusing(_VERSION):
            verify_folder(folder, opening["content_hash"])
            plugin().load(folder)
        with _refusing(f"{_VERSION}{EVALUATED}"):
            if evaluated is not None:
                plugin().load(evaluated)
        return Trial(predicted=False)
    with _refusing(_VERSION):
        loaded = open_version(opening)
        predicted = _predict(loaded, schema)
    with _refusing(f"{_VERSION}{EVALUATED}"):
        if evaluated is not None:  # later verdicts compare with this predictor
            _predict(loaded.with_predictor(evaluated), schema)
    return Trial(predicted=predicted)


def _evaluated(folder: Path, opening: TrialOpening) -> Path | None:
    """Return the folder of a refitted version's evaluated predictor; None if the version was not refitted.

    Raises InvalidInput if ``bundle.json`` and the files contradict each other.
    """
    stated = opening["learned_from"].get("evaluated") is not None
    evaluated = folder / EVALUATED
    if stated != evaluated.is_dir():
        problem = (
            Message("bundle.json has no entry for the evaluated predictor")
            if evaluated.is_dir()
            else Message("the evaluated predictor is missing")
        )
        raise refused(problem, f"{_VERSION}{EVALUATED}")
    return evaluated if stated else None


def _kind(opening: TrialOpening) -> type[AnyTaskKind]:
    """Return the class of the task kind. Raises InvalidInput if it is not installed here."""
    try:
        return load_plugin("task_kind", opening["kind"], opening["plugins_folder"])
    except NotFound:
        raise _missing(Message("task kind {name}", {"name": opening["kind"]})) from None


def _plugin(opening: TrialOpening) -> type[Any]:
    """Return the class of the pipeline. Raises InvalidInput if it is not installed here or has another task kind."""
    name = opening["plugin"]
    try:
        plugin: type[Any] = load_plugin("pipeline", name, opening["plugins_folder"])
    except NotFound:
        raise _missing(Message("pipeline {name}", {"name": name})) from None
    if plugin.kind != opening["kind"]:
        facts = {"stated": opening["kind"], "name": name, "kind": plugin.kind}
        raise refused(Message("the task kind is {stated}, but {name} is a pipeline for {kind}", facts), "bundle.json")
    return plugin


def _missing(needed: Message) -> InvalidInput:
    return InvalidInput(
        "the bundle requires a plugin that is not installed on this platform: {needed}",
        where="bundle entry bundle.json",
        next_step="install the plugin, then import the bundle again; azuraforge plugins list shows the installed ones",
        code="plugin_missing",
        needed=needed,
    )


def _limit(size: int) -> None:
    """Limit the memory and CPU time of this process, so that loading cannot exhaust the machine."""
    memory = max(_LEAST_MEMORY, _MEMORY_PER_BYTE * size)
    for kind, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_CPU, _CPU_SECONDS)):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _compare(card: Card, opening: TrialOpening) -> None:
    """Raise InvalidInput if the card contradicts ``bundle.json``: predictions read the card, pages read the bundle."""
    stated = card.model_dump(by_alias=True, exclude_unset=True)
    for name in ("kind", "plugin", "config"):
        if name in stated and stated[name] is not None and stated[name] != opening[name]:
            raise refused(Message("its {field} differs from bundle.json", {"field": name}), _VERSION + CARD)
    if (
        card.schema_ is not None
        and card.schema_.model_dump() != type(card.schema_).model_validate(opening["schema"]).model_dump()
    ):
        raise refused(Message("its schema differs from bundle.json"), _VERSION + CARD)


def _check_tensors(path: Path, entry: str) -> None:
    with safe_open(path, framework="numpy") as tensors:
        for name in tensors.keys():  # noqa: SIM118  no mapping
            values = tensors.get_tensor(name)
            if values.dtype.kind in "fc" and not np.isfinite(values).all():
                raise refused(Message("the tensor {name!r} contains NaN or infinity", {"name": name[:100]}), entry)


def _predict(loaded: Predictor | ImagePredictor, schema: DatasetSchema) -> bool:
    """Predict once from synthetic data; return False if the pipeline rejects the data or none can be generated.

    Raises AzuraError if the prediction fails, which shows that the version is broken.
    """
    try:
        if isinstance(loaded, Predictor):
            rows = _invented_rows(loaded.schema)
            if rows is None:
                return False
            names = schema.series_names or (None,)
            series = names[0] if schema.series is not None else None
            loaded.answer({"rows": rows, "dataset": None, "horizon": None, "series": series})
        else:
            size = (1, loaded.schema.height, loaded.schema.width, loaded.schema.channels)
            grey = np.full(size, 127, dtype=np.uint8)
            loaded.probabilities(ImagePart(grey, None, ("invented",), loaded.schema))
    except AzuraError as error:
        if error.error_code == PREDICTION_FAILED:
            raise
        return False  # the pipeline rejected the rows, for example because they are too few
    return True


def _invented_rows(schema: Schema) -> list[Row] | None:
    """Return synthetic rows with a positive wave in every column.

    Returns None if rows have no time or the times exceed the calendar.
    """
    import polars as pl

    if schema.time is None:
        return None
    one = one_of(schema)
    count = min(_MOST_ROWS, max(_ROWS, 3 * one.season))
    first = datetime(2001, 1, 31, tzinfo=UTC)
    try:
        if one.frequency is None:
            times = [first + timedelta(hours=number) for number in range(count)]
        else:
            frame = pl.DataFrame({str(one.time): pl.Series([first], dtype=pl.Datetime("us", "UTC"))})
            times = [first, *following_times(frame, one, count - 1)]
    except (ArithmeticError, ValueError, pl.exceptions.PolarsError):
        return None
    wave = 2.0 + np.sin(np.arange(count) / 7.0)
    columns = (one.target, *one.features)
    return [
        {str(one.time): at.isoformat(), **dict.fromkeys(columns, float(value))}
        for at, value in zip(times, wave, strict=True)
    ]


@contextlib.contextmanager
def _refusing(entry: str) -> Iterator[None]:
    """Convert any error into an InvalidInput about ``entry`` that names no path of this machine."""
    try:
        yield
    except MemoryError:
        raise refused(Message("loading it requires more memory than a version of its size may use"), entry) from None
    except (Exception, SystemExit) as error:
        if isinstance(error, AzuraError) and error.error_code == REFUSED:
            raise
        raise refused(_without_paths(sentence_of(error)), entry) from error


def _without_paths(message: Message) -> Message:
    """Return the message with paths of this machine in its values shortened to their last names."""
    return replace(message, values={name: _named(value) for name, value in message.values.items()})


def _named(value: object) -> object:
    if isinstance(value, Message):
        return _without_paths(value)
    return value if isinstance(value, bool | int | float) else _PATH.sub(r"\1", str(value))[:500]
