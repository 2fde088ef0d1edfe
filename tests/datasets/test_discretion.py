"""A source that is careless with its secret: nothing that leaves the child repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import polars as pl
import pytest
from pydantic import BaseModel

from azuraforge.datasets import child
from azuraforge.datasets.schemas import FromSource
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.plugins import SecretName, Source, SourceRead
from tests.datasets.asking import Granted

pytestmark = pytest.mark.sqlite_only
VALUE = "https://ada:sesame-4711@db.example.org/load"


class _Options(BaseModel):
    key: SecretName
    other: str = ""


class Careless(Source[_Options]):
    """Does with its secret what a test says."""

    name: ClassVar[str] = "careless"
    Options: ClassVar[type[BaseModel]] = _Options
    does: ClassVar[Any] = None

    def read(self, options: _Options) -> SourceRead:
        return type(self).does(self.secret(options.key))


def read(**stated: object) -> SourceRead:
    times = [f"2024-01-01 {hour:02d}:00" for hour in range(20)]
    frame = pl.DataFrame({"time": times, "y": [float(hour * 7 % 11) for hour in range(20)]})
    return SourceRead(frame, time="time", target="y", **stated)  # type: ignore[arg-type]


@pytest.fixture
def add(service: DatasetService, project_id: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(child, "load_plugin", lambda *_: Careless)
    monkeypatch.setattr(service, "_grants", Granted(_Options.model_json_schema(), {"db": VALUE, "foreign": "x" * 9}))

    def make(does: Any, **options: str) -> Any:
        monkeypatch.setattr(Careless, "does", staticmethod(does))
        return service.add_from_source(project_id, FromSource(source="careless", options={"key": "db", **options}))

    return make


def fail(error: Exception) -> Any:
    raise error


@pytest.mark.parametrize(
    ("does", "kind"),
    [
        (lambda value: fail(InvalidInput(f"cannot reach {value}", where=value, next_step=value)), InvalidInput),
        (lambda value: fail(TransientError("the password sesame-4711 is refused")), TransientError),
        (lambda value: fail(InvalidInput("no", details={"found": {"value": value}})), InvalidInput),
        (lambda value: fail(RuntimeError(f"unexpected: {value}")), InvalidInput),
    ],
)
def test_errors_are_masked(add: Any, does: Any, kind: type[InvalidInput]) -> None:
    with pytest.raises(kind) as refused:
        add(does)
    assert "sesame" not in str(refused.value.to_dict())
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("place", ["provenance", "cursor"])
def test_a_secret_is_not_stored(add: Any, place: str) -> None:
    def state(value: str) -> SourceRead:
        stated: Mapping[str, object] = {"address": [value]}
        return read(**{place: stated})

    with pytest.raises(InvalidInput, match="writes a secret into data that is stored"):
        add(state)


def test_only_declared_secrets_are_granted(add: Any) -> None:
    assert add(lambda _: read()).rows == 20
    with pytest.raises(InvalidInput, match="cannot read the secret 'unknown'"):
        Careless().secret("unknown")
    granted: list[str] = []

    def keep(value: str) -> SourceRead:
        granted.append(value)
        return read()

    add(keep, other="foreign")
    assert granted == [VALUE]
