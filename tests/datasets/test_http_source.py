"""The source ``http`` against a server on loopback that misbehaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from azuraforge.datasets.schemas import FromSource
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.sources.http import Http, HttpOptions
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.outgoing import Policy
from azuraforge.settings import OutgoingSettings, Settings
from tests.datasets import web as replies
from tests.datasets.web import Web

#: How cursor and rows are kept on both databases: test_refresh.py.
pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", outgoing=OutgoingSettings(allow="127.0.0.1"))


@pytest.fixture
def add(service: DatasetService, project_id: str, web: Web, hourly: Any) -> Any:
    """Add the dataset ``load`` from the server, which serves 60 hours."""
    web.body = web.body or hourly(60).encode()

    def make(**options: Any) -> Any:
        asked = {"url": web.url, "time": "time", "target": "y", **options}
        return service.add_from_source(project_id, FromSource(source="http", options=asked))

    return make


def test_a_table_grows_and_an_unchanged_one_is_not_fetched_again(
    web: Web, add: Any, refresh: Any, service: DatasetService, project_id: str, hourly: Any
) -> None:
    web.etag = '"one"'
    added = add()
    assert (added.name, added.rows, added.dataset_schema.features, added.source) == ("load", 60, ("x",), "http")
    assert refresh("load")["created"] is False
    assert web.asked[-1][1]["if-none-match"] == '"one"'
    web.body, web.etag = hourly(65).encode(), '"two"'
    summary = refresh("load")
    assert (summary["version"], summary["rows_added"], summary["rows_repeated"]) == (2, 5, 60)
    assert service.get(project_id, "load").cursor["etag"] == '"two"'  # type: ignore[index]


def test_a_repeated_last_answer_is_nothing_new_without_any_tag(
    web: Web, add: Any, refresh: Any, service: DatasetService, project_id: str
) -> None:
    add()
    assert refresh("load")["rows_repeated"] == 0  # the same bytes are not even read
    assert service.get(project_id, "load").version == 1


def test_json_lines_and_parquet(add: Any, web: Web, hourly: Any, tmp_path: Path, refresh: Any) -> None:
    frame = pl.read_csv(hourly(62).encode()).with_columns(pl.lit([1, 2]).alias("nested"), pl.lit(None).alias("never"))
    web.body = frame.head(60).write_ndjson().encode()
    assert add().dataset_schema.features == ("x",)
    frame.write_parquet(tmp_path / "t.parquet")
    web.body = (tmp_path / "t.parquet").read_bytes()
    assert refresh("load")["rows_added"] == 2


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"time": "2024-01-01", "y": 1}\nnot json\n', "a line of load.csv is not a JSON object"),
        (
            b'{"time": "2024-01-01", "y": 1}\n{"time": "2024-01-02", "y": "much"}\n',
            "but 1 row is not; the first such value is 'much'",
        ),
        (b'{"time": "2024-01-01", "y": 1}\n{"time": "2024-01-02", "y": {"z": 1}}\n', "values of different types"),
        (b"time,z\n2024-01-01,1\n", "load.csv has no column 'y'"),
        (b"", "the file load.csv is empty"),
    ],
)
def test_a_bad_table_is_one_sentence(add: Any, web: Web, body: bytes, sentence: str) -> None:
    web.body = body
    with pytest.raises(InvalidInput) as refused:
        add()
    assert sentence in refused.value.message


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (replies.status(500), "127.0.0.1 responded with status 500"),
        (replies.status(429), "127.0.0.1 responded with status 429"),
        (replies.page, "responded with a web page instead of a table"),
        (replies.hang, "127.0.0.1 did not answer in time"),
        (replies.cut, "closed the connection"),
    ],
)
def test_a_source_in_trouble_is_asked_again_and_nothing_is_lost(
    web: Web,
    add: Any,
    refresh: Any,
    service: DatasetService,
    project_id: str,
    hourly: Any,
    monkeypatch: pytest.MonkeyPatch,
    reply: Any,
    sentence: str,
) -> None:
    monkeypatch.setattr(Http, "silence_seconds", 0.3)
    add()
    web.body, web.script = hourly(65).encode(), [reply]
    with pytest.raises(TransientError) as away:  # which the worker repeats
        refresh("load")
    assert sentence in away.value.message
    assert "another machine" not in str(away.value)
    assert service.get(project_id, "load").version == 1
    assert refresh("load")["rows_added"] == 5


def test_an_address_that_holds_no_table_is_refused_at_once(web: Web, add: Any) -> None:
    for reply, code in ((replies.page, "web_page"), (replies.status(404), "refused_by_source")):
        web.script = [reply]
        with pytest.raises(InvalidInput) as refused:
            add()
        assert refused.value.error_code == code


def test_a_shrunken_table_is_refused_and_a_window_that_moves_is_not(
    web: Web, add: Any, refresh: Any, hourly: Any, service: DatasetService, project_id: str
) -> None:
    add()
    web.body = hourly(40).encode()
    with pytest.raises(TransientError, match="has 40 rows but had 60 before: it may be incomplete"):
        refresh("load")
    web.body = b"time,y,x\n"
    with pytest.raises(TransientError, match="has 0 rows"):
        refresh("load")
    lines = hourly(64).splitlines()
    web.body = "\n".join([lines[0], *lines[21:]]).encode()  # the last 44 hours
    assert refresh("load")["rows_added"] == 4
    assert service.get(project_id, "load").rows == 64


def test_changed_columns_are_refused(web: Web, add: Any, refresh: Any, hourly: Any) -> None:
    add()
    web.body = hourly(65).replace("time,y,x", "time,y,wind").encode()
    with pytest.raises(InvalidInput, match="lack columns of dataset 'load': 'x'"):
        refresh("load")


def test_redirects_pass_the_guard(web: Web, add: Any) -> None:
    for to, sentence in (
        ("http://169.254.169.254/latest", "the address is not public"),
        (f"http://127.0.0.2:{web.server_port}/load.csv", "the address is not public"),
    ):
        web.script = [replies.redirect(to)]
        with pytest.raises(InvalidInput, match=sentence):
            add()
    web.script = [replies.redirect(web.url)] * 10
    with pytest.raises(InvalidInput, match="redirects too many times"):
        add()
    web.script = [replies.redirect(web.url)]
    assert add().rows == 60


def test_http_is_refused_to_hosts_that_no_entry_names() -> None:
    source = Http()
    with pytest.raises(InvalidInput) as refused:
        source.read(HttpOptions(url="http://8.8.8.8/load.csv", time="time", target="y"))
    assert refused.value.error_code == "not_encrypted"


def test_an_answer_that_is_too_large_or_never_ends_is_broken_off(web: Web, hourly: Any) -> None:
    web.body = hourly(60).encode()
    source, options = Http(), HttpOptions(url=web.url, time="time", target="y")
    source.outgoing = Policy(allow=("127.0.0.1",), max_bytes=100)
    with pytest.raises(InvalidInput, match="larger than 100 bytes"):
        source.read(options)
    source.outgoing = Policy(allow=("127.0.0.1",), max_seconds=0.2)
    web.script = [replies.drip]
    with pytest.raises(TransientError, match="did not answer in time"):
        source.read(options)


def test_an_address_with_a_password_is_refused() -> None:
    for url in ("https://user:sesame@example.org/a.csv", "ftp://example.org/a.csv", "load.csv"):
        with pytest.raises(ValidationError):
            HttpOptions(url=url, time="time", target="y")
