"""Numbers and the nouns after them, in every catalogue of sentences that Python prints."""

from __future__ import annotations

import re

import pytest

from azuraforge.datasets.reading.findings import finding
from azuraforge.messages import fill
from azuraforge.models.gate.reasons import Reason
from tools.messages import read

_COUNTED = (
    "count|rows|origins|points|predictions|trials|tried|of|steps|recomputed|judged|files|repeats|orders|lags|images"
    "|test|train|needed"
)
_PLURAL = re.compile(rf"\{{({_COUNTED})\}} (?:[a-z]+ )?(?!series\b|its\b|is\b|was\b|this\b|as\b)[a-z]+s\b")

CATALOGUES = {
    "commands": [str(entry.string) for entry in read("en", "cli") if entry.id],
    "reports": [str(entry.string) for entry in read("en", "reports") if entry.id],
    "models": [str(entry.string) for entry in read("en", "models") if entry.id],
    "findings": [str(entry.string) for entry in read("en", "datasets") if entry.id],
}


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_plural_after_a_number_has_its_singular(name: str) -> None:
    assert [text for text in CATALOGUES[name] if _PLURAL.search(text)] == []


def test_the_number_before_a_word_chooses_it() -> None:
    template = "{count} [value|values] of {column} [is|are] 0"
    assert fill(template, count=1, column="load") == "1 value of load is 0"
    assert fill(template, count="1,200", column="load") == "1,200 values of load are 0"
    assert fill(template, count=0, column="load") == "0 values of load are 0"
    assert finding("rows_sorted", count=1).text["en"] == "1 row was not in order of time; the rows were sorted."
    split = finding("official_split", train=1, test=1)
    assert split.text["en"].endswith(": 1 image for training, 1 for testing.")
    uneven = finding("classes_uneven", small="7", least=1, large="8", most=90)
    assert "'7' has 1 image, '8' has 90." in uneven.text["en"]
    few = Reason("too_few_origins", {"origins": 1, "needed": 30, "metric": "rmse"})
    assert few.text("en").startswith("Only 1 origin can be compared")
    assert few.text("tr").startswith("Yalnızca 1 tahmin başlangıcı")
