"""Shortened ids: one match is completed, several are listed, anything else stays as it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from azuraforge.database.short_ids import ShortId
from azuraforge.datasets.tables import Dataset
from azuraforge.errors import InvalidInput
from azuraforge.messages import translated

DATASETS = ShortId("dataset", Dataset.id, Dataset.name)
IDS = ("abcdef2222222222", "abcdefz777777777", "mnopqr2345672345", "mnopqs2345672345")


@pytest.fixture
def complete(database, project_id, other_project_id) -> Callable[..., str]:
    """Completes an id among the rows above; a foreign project holds one more that begins like two of them."""

    def add(session) -> None:
        session.add_all(Dataset(project_id=project_id, id=each, name=f"named {each}") for each in IDS)
        session.add(Dataset(project_id=project_id, id="weather234567234", name="mnopqr"))

    database.write(project_id, add)
    foreign = Dataset(project_id=other_project_id, id="abcdef3333333333", name="n")
    database.write(other_project_id, lambda session: session.add(foreign))
    return lambda given, project=project_id: asyncio.run(DATASETS.complete(database, project, given))


def test_a_prefix_of_one_id_is_completed(complete):
    assert complete("abcdef2") == "abcdef2222222222"
    assert complete("abcdefz77777777") == "abcdefz777777777"
    assert complete("mnopqs") == "mnopqs2345672345"


def test_an_ellipsis_at_the_end_is_ignored(complete):
    assert complete("abcdef2…") == "abcdef2222222222"
    assert complete("abcdefz77777777…") == "abcdefz777777777"
    assert complete("nothing…") == "nothing…"


def test_with_an_ellipsis_no_name_is_meant(complete):
    assert complete("mnopqr…") == "mnopqr2345672345"


def test_several_candidates_are_listed(complete):
    with pytest.raises(InvalidInput) as raised:
        complete("abcdef")
    assert raised.value.error_code == "ambiguous_id"
    assert str(raised.value) == (
        "more than one dataset has an id that starts with 'abcdef': abcdef2222222222, abcdefz777777777."
        " Next: enter more characters of the id"
    )
    assert "(veri kümesi)" in translated(raised.value.as_message(), "tr")


def test_a_foreign_project_s_ids_are_neither_found_nor_counted(complete, other_project_id):
    assert complete("abcdef3") == "abcdef3"
    assert complete("abcdef", other_project_id) == "abcdef3333333333"


def test_a_name_wins_over_an_id_that_begins_like_it(complete):
    assert complete("mnopqr") == "mnopqr"
    assert complete("mnopqr2") == "mnopqr2345672345"


@pytest.mark.parametrize("given", ["", "abcde", "ABCDEF2", "abcdef0", "abc%ef", "nothing", "abcdef22222222222", IDS[0]])
def test_anything_else_stays_as_it_was_given(complete, given):
    assert complete(given) == given
