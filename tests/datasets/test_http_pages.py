"""Pages and authorization of the source ``http`` against servers on loopback that misbehave."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, ValidationError

from azuraforge.datasets.sources.http import Http, HttpOptions
from azuraforge.errors import AzuraError, InvalidInput, TransientError
from azuraforge.outgoing import Policy
from azuraforge.plugins.contract.fields.secret import named_secrets
from tests.datasets import web as replies
from tests.datasets.web import Reply, Web, serving

TOKEN = "canary-token-1618"


def rows(page: int, count: int = 3) -> list[dict[str, Any]]:
    return [{"time": f"2024-01-{page * 3 + i + 1:02d}", "y": page * 10 + i} for i in range(count)]


def document(page: int, following: str | None = None, count: int = 3) -> Reply:
    body = json.dumps({"data": {"items": rows(page, count)}, "links": {"next": following}}).encode()
    return lambda answer: answer.reply(200, body)


def csv(page: int, count: int = 3, **headers: str) -> Reply:
    text = "time,y\n" + "".join(f"{row['time']},{row['y']}\n" for row in rows(page, count))
    return lambda answer: answer.reply(200, text.encode(), **headers)


def source(secret: str = TOKEN) -> Http:
    made = Http()
    made.outgoing = Policy(allow=("127.0.0.1",))
    made.secrets = {"api": SecretStr(secret)}
    return made


def read(web: Web, secret: str = TOKEN, **options: Any) -> list[int]:
    got = source(secret).read(HttpOptions.model_validate({"url": web.url, "time": "time", "target": "y", **options}))
    return [int(value) for value in got.frame["y"].to_list()]


FIELD = {"paging": "next_field", "next_field": "links.next", "rows_field": "data.items"}


def test_next_links_in_the_body_and_in_the_header(web: Web) -> None:
    web.script = [document(0, "/load.csv?after=3"), document(1, f"{web.url}?after=6"), document(2)]
    assert read(web, **FIELD) == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    assert [path for path, _ in web.asked] == ["/load.csv", "/load.csv?after=3", "/load.csv?after=6"]
    web.script = [csv(0, Link='</load.csv?page=2>; rel="next", </>; rel="first"'), csv(1)]
    assert read(web, paging="link_header") == [0, 1, 2, 10, 11, 12]


def test_pages_and_offsets_are_counted_until_one_is_empty(web: Web) -> None:
    web.script = [csv(0), csv(1, 2), csv(0, 0)]
    assert read(web, paging="page") == [0, 1, 2, 10, 11]
    asked = [parse_qs(urlsplit(path).query) for path, _ in web.asked]
    assert asked == [{"page": ["1"]}, {"page": ["2"]}, {"page": ["3"]}]
    web.asked.clear()
    web.script = [document(0), document(1, count=2), document(0, count=0)]
    assert read(web, paging="offset", page_parameter="skip", rows_field="data.items") == [0, 1, 2, 10, 11]
    assert [parse_qs(urlsplit(path).query)["skip"] for path, _ in web.asked] == [["0"], ["3"], ["5"]]


@pytest.mark.parametrize("made", [csv, document])
def test_a_server_that_repeats_its_last_page_has_no_more(web: Web, made: Any) -> None:
    web.script = [made(0), made(1), made(1)]
    more = {} if made is csv else {"rows_field": "data.items"}
    assert read(web, paging="page", **more) == [0, 1, 2, 10, 11, 12]
    assert web.script == []


@pytest.mark.parametrize(
    ("script", "options", "code"),
    [
        ([document(0, "/load.csv?a"), document(1, "/load.csv?b"), document(2, "/load.csv?a")], {}, "links_in_a_circle"),
        ([document(i, f"/load.csv?{i}") for i in range(9)], {"max_pages": 3}, "too_many_pages"),
        ([document(0, "https://user:sesame@x.org/")], {}, "bad_next_link"),
        ([document(0, "file:///etc/passwd")], {}, "bad_next_link"),
        ([document(0, "http://169.254.169.254/latest")], {}, "address_refused"),
        ([document(0)], {"rows_field": "data"}, "no_rows_field"),
        ([csv(0)], {}, "not_json"),
    ],
)
def test_links_that_lead_nowhere_are_one_sentence(web: Web, script: Any, options: Any, code: str) -> None:
    web.script = script
    with pytest.raises(InvalidInput) as refused:
        read(web, **{**FIELD, **options})
    assert refused.value.error_code == code
    assert "sesame" not in str(refused.value)


def test_a_page_that_fails_fails_the_reading(web: Web) -> None:
    web.script = [document(0, "/load.csv?a"), replies.status(500)]
    with pytest.raises(TransientError, match="responded with status 500"):
        read(web, **FIELD)
    web.script = [document(0, "/load.csv?a"), replies.page]
    with pytest.raises(InvalidInput, match="web page"):
        read(web, **FIELD)


@pytest.mark.parametrize(
    ("options", "header", "value"),
    [
        ({}, "authorization", f"Bearer {TOKEN}"),
        ({"authorization_kind": "header", "authorization_header": "X-Api-Key"}, "x-api-key", TOKEN),
    ],
)
def test_the_authorization_goes_to_its_own_host_only(web: Web, options: Any, header: str, value: str) -> None:
    asked = {"authorization": "api", **options}
    with serving() as other:
        web.script = [document(0, other.url)]
        other.script = [document(1, f"{web.url}?back"), replies.redirect(f"{web.url}?back")]
        web.script.append(document(2, f"{other.url}?again"))
        other.script[1] = document(3)
        assert len(read(web, **FIELD, **asked)) == 12
        assert [headers.get(header) for _, headers in web.asked] == [value, value]
        assert [headers.get(header) for _, headers in other.asked] == [None, None]
        web.script, other.script = [replies.redirect(other.url)], [document(0)]
        assert read(web, rows_field="data.items", **asked) == [0, 1, 2]
        assert header not in other.asked[-1][1]


def test_basic_authorization_and_what_no_header_can_hold(web: Web) -> None:
    web.body = b"time,y\n2024-01-01,1\n2024-01-02,2\n"
    basic = {"authorization": "api", "authorization_kind": "basic"}
    read(web, f"anna:{TOKEN}", **basic)
    expected = base64.b64encode(f"anna:{TOKEN}".encode()).decode()
    assert web.asked[-1][1]["authorization"] == f"Basic {expected}"
    host = {"authorization": "api", "authorization_kind": "header", "authorization_header": "Host"}
    for secret, options in ((f"{TOKEN}\nx: y", {"authorization": "api"}), (TOKEN, basic), (TOKEN, host)):
        with pytest.raises(InvalidInput) as refused:
            read(web, secret, **options)
        assert TOKEN not in str(refused.value)
    web.script = [replies.status(401)]
    with pytest.raises(AzuraError) as no:
        read(web, authorization="api")
    assert "authorization and its secret" in no.value.next_step
    assert TOKEN not in str(no.value.to_dict())


def test_options_that_do_not_belong_together_are_refused() -> None:
    for options in (
        {"paging": "next_field"},
        {"next_field": "next"},
        {"authorization_kind": "basic"},
        {"authorization": "api", "authorization_kind": "header"},
        {"page_parameter": "page"},
    ):
        with pytest.raises(ValidationError):
            HttpOptions.model_validate({"url": "https://example.org/a", "time": "t", "target": "y", **options})
    asked = {"url": "https://example.org/a", "authorization": "api"}
    assert named_secrets(HttpOptions.model_json_schema(), asked) == ["api"]  # so that it is granted


def test_pages_that_are_unchanged_are_nothing_new(web: Web) -> None:
    def script() -> list[Any]:
        return [document(0, "/load.csv?a"), document(1)]

    options = HttpOptions.model_validate({"url": web.url, "time": "time", "target": "y", **FIELD})
    web.etag, web.script = '"one"', script()
    first = source().read_since(options, None)
    assert first.read is not None
    assert first.cursor is not None
    web.script = script()
    assert source().read_since(options, first.cursor).read is None
    assert all("if-none-match" not in headers for _, headers in web.asked)  # the first page says nothing of the second
    web.script = [document(0, "/load.csv?a"), document(1, "/load.csv?b"), document(2)]
    again = source().read_since(options, first.cursor).read
    assert again is not None
    assert again.frame.height == 9


def test_a_cut_page_list_is_noticed(web: Web) -> None:
    options = HttpOptions.model_validate({"url": web.url, "time": "time", "target": "y", **FIELD})
    web.script = [document(0, "/load.csv?a"), document(1)]
    cursor = source().read_since(options, None).cursor
    assert cursor is not None
    web.script = [document(0)]
    with pytest.raises(TransientError, match="may be incomplete"):
        source().read_since(options, cursor)
