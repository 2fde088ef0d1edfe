"""Templates are filled, stored and translated without losing anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.messages import Message, fill, negotiate, translated
from azuraforge.messages.stored import restored, shown, source_of
from azuraforge.messages.validation import message_of
from azuraforge.runs.schemas import MetricPoints

TEXTS = some.text(max_size=30)


def test_an_error_is_translated_from_its_stored_form():
    error = NotFound("run {run_id!r} does not exist", next_step="azuraforge runs list", run_id="İstanbul ı")
    stored = json.loads(json.dumps(error.to_dict()))
    assert stored["message"] == "run 'İstanbul ı' does not exist"
    assert shown(stored["source"], "tr")["message"] == "'İstanbul ı' kimlikli çalıştırma yok"
    assert shown(stored["source"], "en")["message"] == stored["message"]


def test_parts_of_a_sentence_are_translated_with_it():
    reason = Message("the platform was stopped")
    outer = InvalidInput("{reason}", reason=reason)
    assert shown(outer.to_dict()["source"], "tr")["message"] == "platform durduruldu"


def test_numbers_with_a_format_have_the_separators_of_the_language():
    error = InvalidInput(
        "the response from {host} is larger than {max_bytes:,} bytes", host="h:8080", max_bytes=1234567
    )
    assert error.message == "the response from h:8080 is larger than 1,234,567 bytes"
    assert shown(error.to_dict()["source"], "tr")["message"] == "h:8080 sunucusunun yanıtı 1.234.567 bayttan büyük"


def test_a_template_without_its_values_is_shown_as_it_is():
    assert fill("run {run} does not exist") == "run {run} does not exist"
    assert fill("a {broken") == "a {broken"
    assert fill("{a[0]} {b.c} {:d}", a=1, b=2) == "{a[0]} {b.c} {:d}"
    assert shown({"message": "run {run_id!r} does not exist"}, "tr")["message"] == "{run_id!r} kimlikli çalıştırma yok"


@given(template=TEXTS, values=some.dictionaries(some.sampled_from(["a", "b", "code_"]), TEXTS))
def test_nothing_that_is_filled_in_raises(template, values):
    error = InvalidInput(template, next_step="{a} {b}", **values)
    source = json.loads(json.dumps(error.to_dict()))["source"]
    templates, kept = restored(source) or ({"message": template}, {})
    assert templates["message"] == template
    assert kept == values
    assert isinstance(str(error), str)


@given(some.recursive(some.none() | some.text() | some.integers(), some.lists, max_leaves=5))
def test_anything_may_be_stored_and_read(source):
    assert restored(source) is None
    assert restored({"message": "x", "values": source}) == ({"message": "x", "where": "", "next_step": ""}, {})


def test_the_language_of_a_request_is_the_preferred_one_of_ours():
    assert negotiate("tr") == "tr"
    assert negotiate("de-DE, tr;q=0.4, en;q=0.3") == "tr"
    assert negotiate("en;q=0.4, tr;q=0.9") == "tr"
    assert negotiate("fr, *;q=0.5") == "en"
    assert negotiate("tr;q=") == "en"
    assert negotiate("," * 100_000) == "en"


def test_stored_values_are_json():
    assert source_of({"message": "x", "where": "", "next_step": ""}, {"a": [1, Message("y", {"b": object})]}) == {
        "message": "x",
        "values": {"a": [1, {"template": "y", "values": {"b": str(object)}}]},
    }


def test_another_place_may_hold_the_first_one_and_leaves_the_sentence_alone():
    error = InvalidInput("{series} is short", where="column {column}", series="a", column="x")
    place = error.parts()[1]
    error.at("series {series!r}, {inside}", series="b", inside=place).with_next_step("leave {series} out", series="c")
    assert str(error) == "a is short (series 'b', column x). Next: leave c out"
    assert shown(json.loads(json.dumps(error.to_dict()))["source"], "en")["where"] == "series 'b', column x"


@pytest.mark.parametrize(
    ("name", "turkish"),
    [
        ("", "'' bir serinin adı olamaz: boş"),
        (
            "x" * 1201,
            f"'{'x' * 80}' bir serinin adı olamaz: 1.201 karakter uzunluğunda; en çok 200 karaktere izin verilir",
        ),
    ],
)
def test_validators_name_a_wrong_series_in_the_readers_language(name, turkish):
    with pytest.raises(ValidationError) as refused:
        MetricPoints.model_validate({"points": {name: []}})
    [problem] = refused.value.errors()
    assert translated(message_of(problem), "tr") == turkish
