"""An error is shown in the language of its reader: of the request, of the command, and if it was stored long before."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPMessage
from typing import Annotated, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import _pydantic_core

from azuraforge.client import ApiError, Client
from azuraforge.messages import Message, translated
from azuraforge.messages.catalogue import has, has_words
from azuraforge.messages.validation import message_of, templates

AGENT = """
from pydantic import BaseModel
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Agent

class Refuser(Agent):
    name = "refuser"
    title = {"en": "Refuser", "tr": "Reddeden"}
    summary = {"en": "Fails.", "tr": "Başarısız olur."}

    class Request(BaseModel):
        pass

    def execute(self, request):
        raise InvalidInput(
            "the response from {host} is larger than {max_bytes:,} bytes",
            next_step="a step that has no translation for {missing}",
            host="İı:8080",
            max_bytes=1234567,
        )
"""
#: Types that only a schema for Python callers can raise.
UNREACHABLE = {
    "callable_type", "default_factory_not_called", "ellipsis_error", "get_attribute_error", "is_instance_of",
    "is_subclass_of", "missing_sentinel_error", "needs_python_object", "no_such_attribute",
}  # fmt: skip


@pytest.fixture(scope="module")
def plugin_files() -> dict[str, str]:
    """An agent that always fails."""
    return {"refuser.py": AGENT}


def problem(platform, path: str, language: str | None) -> tuple[dict, HTTPMessage]:
    """The refusal of a request in a language, and the headers of the answer."""
    headers = {"Authorization": f"Bearer {platform.token}", **({"Accept-Language": language} if language else {})}
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(f"{platform.url}/api/v1{path}", headers=headers), timeout=60)
    return json.loads(caught.value.read()), caught.value.headers


def test_a_refusal_is_in_the_language_of_the_request(platform):
    turkish, headers = problem(platform, "/runs/nope", "tr-TR,tr;q=0.9,en;q=0.5")
    assert turkish["detail"] == "'nope' kimlikli çalıştırma yok"
    assert "where" not in turkish
    assert (headers["Content-Language"], headers["Vary"]) == ("tr", "Accept-Language")
    for unknown in (None, "de-DE, fr;q=0.5", "xx;q=nonsense"):
        english, headers = problem(platform, "/runs/nope", unknown)
        assert (english["detail"], headers["Content-Language"]) == ("run 'nope' does not exist", "en")
        assert english["code"] == turkish["code"]
    assert problem(platform, "/runs?limit=0", "tr")[0]["detail"] == "limit: değer en az 1 olmalı"


def test_the_command_line_refuses_in_its_language(platform):
    refused = platform.run("--lang", "tr", "runs", "show", "nope", check=False)
    assert refused.stderr.startswith("'nope' kimlikli çalıştırma yok.\nSıradaki adım: ")
    assert platform.run("runs", "show", "nope", check=False).stderr.startswith("run 'nope' does not exist.\nNext: ")


def test_the_error_of_a_stored_run_is_shown_in_both_languages(platform):
    with Client(home=platform.home) as english, Client(home=platform.home, language="tr") as turkish:
        run_id = english.runs.wait(english.runs.start("refuser").id).id
        found = {client: client.runs.get(run_id).error for client in (english, turkish)}
        assert found[english].message == "the response from İı:8080 is larger than 1,234,567 bytes"
        assert found[turkish].message == "İı:8080 sunucusunun yanıtı 1.234.567 bayttan büyük"
        # Without a translation it is English, without its value the template; the platform counts it.
        assert found[turkish].next_step == "a step that has no translation for {missing}"
        with pytest.raises(ApiError, match="kimlikli çalıştırma yok"):
            turkish.runs.get("nope")
    shown = platform.run("--lang", "tr", "runs", "show", run_id, check=False)
    assert "İı:8080 sunucusunun yanıtı 1.234.567 bayttan büyük" in shown.stdout + shown.stderr
    with urllib.request.urlopen(f"{platform.url}/healthz", timeout=60) as answer:
        assert json.loads(answer.read())["untranslated"] >= 2
    log = (platform.home / "platform.log").read_text(encoding="utf-8")
    assert "message_without_translation" in log
    assert log.count("a step that has no translation") == 1  # though it was shown more often


def test_an_empty_template_is_empty_in_every_language():
    assert translated(Message(""), "tr") == translated(Message(""), "en") == ""


def test_every_error_of_pydantic_that_a_user_can_cause_has_a_sentence_in_both_languages():
    types = {each["type"] for each in _pydantic_core.list_all_errors()}
    assert types - set(templates()) == UNREACHABLE | {"value_error"}  # the sentence of a value error is its own
    said = {message.template for message in templates().values()}
    assert {text for text in said if has_words(text) and not has(text, "tr")} == set()


@pytest.mark.parametrize(
    ("annotation", "value", "english", "turkish"),
    [
        (Literal["a", "b or c"], "x", "input should be 'a' or 'b or c'", "değer şu olmalı: 'a' ya da 'b or c'"),
        (Annotated[float, Field(gt=0)], -1, "input should be greater than 0", "değer şundan büyük olmalı: 0"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "input should have at most 1 item", "en çok 1 öğe olmalı"),
        (int, "x", "input should be a valid integer", "değer bir tam sayı olmalı"),
    ],
)  # fmt: skip
def test_an_error_of_pydantic_is_a_plain_sentence(annotation, value, english, turkish):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(annotation).validate_python(value)
    message = message_of(caught.value.errors()[0])
    assert (translated(message, "en"), translated(message, "tr")) == (english, turkish)
