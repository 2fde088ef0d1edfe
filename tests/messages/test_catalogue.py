"""The catalogue is complete, and its compiled form is current."""

from __future__ import annotations

import ast
import io

import pytest
from babel.messages.mofile import write_mo

from azuraforge.messages import catalogue
from azuraforge.messages.catalogue import FOLDER
from tools import messages


def test_every_text_has_a_constant_template_a_next_step_and_both_languages():
    assert messages.problems() == []


@pytest.mark.parametrize("language", ["en", "tr"])
def test_compiled_catalogues_are_current(language):
    compiled = io.BytesIO()
    write_mo(compiled, messages.merged(language))
    assert (FOLDER / f"{language}.mo").read_bytes() == compiled.getvalue(), "run make messages"


def test_texts_of_an_errors_methods_are_templates():
    found = messages.Extracted()
    code = "error.at('series {name}').with_next_step('wait')\ngrid.at(row, 'not a text')\nerror.with_next_step(step)"
    messages._extract_module(ast.parse(code), "x.py", "datasets", {}, found)
    assert {use.template for use in found.uses} == {"series {name}", "wait"}
    assert found.dynamic == ["x.py:3: next_step is not constant: step"]


def test_a_text_without_a_translation_is_english_and_counted():
    text = catalogue.Message("a sentence of a plugin about {what}", {"what": "rows"})
    before = catalogue.untranslated().get(text.template, 0)
    assert catalogue.translated(text, "tr") == "a sentence of a plugin about rows"
    assert catalogue.untranslated()[text.template] == before + 1


def test_a_key_that_no_code_names_is_reported():
    assert messages.unused_keys({"cli.state.queued": "queued", "cli.state.qqq": "qqq"}) == ["cli.state.qqq"]
