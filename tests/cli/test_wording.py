"""Numbers and the nouns after them, in every catalogue of sentences that Python prints."""

from __future__ import annotations

import re

import pytest

from azuraforge.cli.texts import TEXTS as COMMANDS
from azuraforge.datasets.reading.findings import _TEXTS as FINDINGS
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.panels import _LEFT_OUT as LEFT_OUT
from azuraforge.models.cards.texts import TEXTS as CARDS
from azuraforge.models.gate.reasons import Reason
from azuraforge.models.gate.sentences import SENTENCES as REASONS
from azuraforge.reports.texts import TEXTS as REPORTS
from azuraforge.wording import fill

_COUNTED = (
    "count|rows|origins|points|predictions|trials|tried|of|steps|recomputed|judged|files|repeats|orders|lags|images"
    "|test|train|needed"
)
_PLURAL = re.compile(rf"\{{({_COUNTED})\}} (?:[a-z]+ )?(?!series\b|its\b|is\b|was\b|this\b)[a-z]+s\b")

CATALOGUES = {
    "commands": [english for english, _ in COMMANDS.values()],
    "reports": [english for english, _ in REPORTS.values()],
    "reasons": [english for english, _ in REASONS.values()],
    "findings": [english for _, english, _ in FINDINGS.values()],
    "cards": list(CARDS["en"].values()),
    "panels": [texts["en"] for texts in LEFT_OUT.values()],
}


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_plural_after_a_number_has_its_singular(name: str) -> None:
    assert [text for text in CATALOGUES[name] if _PLURAL.search(text)] == []


def test_the_number_before_a_word_chooses_it() -> None:
    template = "{count} [value|values] of {column} [is|are] 0"
    assert fill(template, count=1, column="load") == "1 value of load is 0"
    assert fill(template, count="1,200", column="load") == "1,200 values of load are 0"
    assert fill(template, count=0, column="load") == "0 values of load are 0"
    assert finding("rows_sorted", count=1).text["en"] == "1 row stood out of order of time; the rows were sorted."
    split = finding("official_split", train=1, test=1)
    assert split.text["en"].endswith(": 1 picture to learn from, 1 to judge on.")
    uneven = finding("classes_uneven", small="7", least=1, large="8", most=90)
    assert "'7' has 1 picture, '8' has 90." in uneven.text["en"]
    few = Reason("too_few_origins", {"origins": 1, "needed": 30, "metric": "rmse"})
    assert few.text("en").startswith("Only 1 origin can be compared")
    assert few.text("tr").startswith("Yalnızca 1 tahmin başlangıcı")
