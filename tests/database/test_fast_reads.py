"""Questions: what they answer is what a session would, of one project, as of one moment, on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import Any, NamedTuple, get_args, get_type_hints

import psycopg
import pytest
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Database, JsonShape, ScopeError
from azuraforge.database import pipeline as pipeline_module
from azuraforge.database.fast_reads import Question
from azuraforge.database.pipeline import Statement
from azuraforge.datasets import lookup_store as datasets
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.events import store
from azuraforge.events.service import EventLog
from azuraforge.events.tables import Event, EventStream
from azuraforge.models import lookup_store as models
from azuraforge.models.tables import Model, ModelVersion
from azuraforge.people.tables import Person
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.runs import lookup_store as runs
from azuraforge.runs.tables import Run
from tests.conftest import add_project
from tests.events.ticking import Tick


class SeqRow(NamedTuple):
    seq: int


class IdRow(NamedTuple):
    id: str


class JoinedRow(NamedTuple):
    seq: int
    last_seq: int


SEQUENCES = Question(SeqRow, select(Event.seq).where(Event.stream == bindparam("stream")).order_by(Event.seq))
JOINED = Question(
    JoinedRow,
    select(Event.seq, EventStream.last_seq)
    .join(EventStream, EventStream.stream == Event.stream)
    .where(Event.stream == bindparam("stream")),
)


def tell(database, project_id, count=1, data=None):
    log = EventLog(database)
    for number in range(count):
        database.write(project_id, lambda session, n=number: log.append(session, "s", Tick(**(data or {"number": n}))))


async def ask_soon(database, project_id, *asked):
    questions = [question.given(values) for question, values in asked]
    await database.ask_all(project_id, *questions)
    return [question.rows for question in questions]


def ask(database, project_id, *asked):
    return asyncio.run(ask_soon(database, project_id, *asked))


def lines(database, project_id, after=0, limit=10):
    return ask(database, project_id, (store.LINES, {"stream": "s", "after": after, "limit": limit}))[0]


def test_a_question_answers_what_a_session_would(database, project_id):
    tell(database, project_id, 3, {"text": "ğ", "nothing": None, "number": 1e22})
    with database.read(project_id) as session:
        wanted = store.read(session, "s", 1, 10)
        for row, line in zip(wanted, lines(database, project_id, after=1), strict=True):
            assert {name: getattr(line, name) for name in line._fields} == {
                name: getattr(row, name) for name in line._fields
            }
            assert line.at.tzinfo is not None


def test_a_question_sees_one_project_whatever_it_joins(database, project_id, other_project_id):
    tell(database, project_id, 2)
    tell(database, other_project_id, 5)
    assert ask(database, project_id, (JOINED, {"stream": "s"})) == [[(1, 2), (2, 2)]]
    assert [row.seq for row in lines(database, other_project_id)] == [1, 2, 3, 4, 5]
    assert ask(database, "nobody", (SEQUENCES, {"stream": "s"})) == [[]]


def test_the_project_cannot_be_given_as_a_parameter(database, project_id, other_project_id):
    tell(database, other_project_id, 5)
    assert ask(database, project_id, (SEQUENCES, {"stream": "s", "project_id": other_project_id})) == [[]]


def test_a_table_that_nobody_owns_is_no_question():
    with pytest.raises(ScopeError):
        Question(IdRow, select(Person.id))


class ShortRow(NamedTuple):
    """A column is missing."""

    stream: str
    seq: int


class SwappedRow(NamedTuple):
    """The values of two columns would be taken for each other."""

    seq: int
    stream: str
    type: str


@pytest.mark.parametrize(("row", "said"), [(ShortRow, "stream, seq"), (SwappedRow, "seq, stream, type")])
def test_a_row_with_other_fields_than_the_columns_is_refused(row, said):
    message = f"{row.__name__} has the fields {said}, but its SELECT the columns stream, seq, type; give it one field"
    with pytest.raises(TypeError, match=message):
        Question(row, select(Event.stream, Event.seq, Event.type))


def test_rows_are_named_tuples():
    with pytest.raises(TypeError, match="is no NamedTuple; make it one"):
        Question(Event, select(Event.seq))


@pytest.mark.parametrize(
    ("row", "table"),
    [
        (runs.RunRow, Run),
        (runs.RunDetailRow, Run),
        (datasets.DatasetRow, Dataset),
        (datasets.VersionRow, DatasetVersionRow),
        (models.ModelRow, Model),
        (models.VersionRow, ModelVersion),
    ],
)
def test_a_row_of_many_columns_has_the_types_of_its_table(row, table):
    """mypy knows the types of the columns only where the SELECT names them one by one."""
    said, stored = get_type_hints(row), get_type_hints(table)
    assert {name: (kind,) for name, kind in said.items() if name != "sort_value"} == {
        name: get_args(stored[name]) for name in said if name != "sort_value"
    }


def test_rows_are_there_once_the_question_is_answered(database, project_id):
    asked = SEQUENCES.given({"stream": "s"})
    with pytest.raises(LookupError, match="not answered yet"):
        asked.rows  # noqa: B018
    assert asyncio.run(database.ask(project_id, asked)) == asked.rows == []


def test_questions_asked_together_are_answered_as_of_one_moment(database, project_id, monkeypatch):
    """Somebody writes between the first answer and the second; the second does not show it."""
    tell(database, project_id)
    original = Question.compiled
    looks = []

    def slowly(self: Question, dialect: Any) -> Any:
        looks.append(self)
        if len(looks) == 2 and database.dialect == "sqlite":  # between the two: the first answer is there
            tell(database, project_id)
        return original(self, dialect)

    monkeypatch.setattr(Question, "compiled", slowly)
    first, second = ask(database, project_id, (SEQUENCES, {"stream": "s"}), (SEQUENCES, {"stream": "s"}))
    assert first == second == [(1,)]


def test_a_text_that_cannot_be_stored_is_not_found(database, project_id):
    ask(database, project_id, (SEQUENCES, {"stream": "s"}))  # a connection that was used before hears it first
    if database.dialect == "sqlite":
        assert ask(database, project_id, (SEQUENCES, {"stream": "a\0b"})) == [[]]
    else:
        with pytest.raises(InvalidInput):
            ask(database, project_id, (SEQUENCES, {"stream": "a\0b"}))


@pytest.mark.sqlite_only
def test_a_fast_read_cannot_write(database, project_id):
    tell(database, project_id)
    lines(database, project_id)
    connection = database._reader._connection()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM event")


@pytest.fixture
def on_postgres(postgres):
    """For what only PostgreSQL can do to us."""
    made = Database(postgres.url)
    yield made
    made.close()


def test_a_connection_that_died_while_it_lay_idle_is_replaced_unseen(on_postgres, postgres):
    database, project_id = on_postgres, add_project(on_postgres, "first")

    async def twice():
        await ask_soon(database, project_id, (SEQUENCES, {"stream": "s"}))
        with psycopg.connect(postgres.superuser_url.replace("+psycopg", ""), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'azuraforge_app'")
        return await ask_soon(database, project_id, (SEQUENCES, {"stream": "s"}))

    tell(database, project_id)
    assert asyncio.run(twice()) == [[(1,)]]


def test_many_ask_at_once_on_few_connections(on_postgres):
    database = on_postgres
    project_id, other_project_id = (add_project(database, slug) for slug in ("first", "second"))
    tell(database, project_id, 2)
    tell(database, other_project_id, 3)

    async def many():
        return await asyncio.gather(
            *(
                ask_soon(database, place, (SEQUENCES, {"stream": "s"}))
                for _ in range(50)
                for place in (project_id, other_project_id)
            )
        )

    answers = asyncio.run(many())
    assert all(answer == [[(1,), (2,)]] for answer in answers[::2])
    assert all(answer == [[(1,), (2,), (3,)]] for answer in answers[1::2])
    assert len(database._reader._all) <= 8


def test_a_cancelled_read_leaves_no_half_read_connection_behind(on_postgres):
    database, project_id = on_postgres, add_project(on_postgres, "first")
    tell(database, project_id, 2)

    async def cancelled():
        for delay in range(20):
            task = asyncio.create_task(ask_soon(database, project_id, (SEQUENCES, {"stream": "s"})))
            await asyncio.sleep(delay / 5000)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await ask_soon(database, project_id, (SEQUENCES, {"stream": "s"})) == [[(1,), (2,)]]

    asyncio.run(cancelled())


def test_what_is_committed_between_two_answers_is_in_neither(on_postgres):
    """No BEGIN is sent: what stands between two Syncs is one transaction, whose snapshot is the first statement's."""
    database, project_id = on_postgres, add_project(on_postgres, "first")
    tell(database, project_id)
    slow = Question(SeqRow, select(Event.seq).where(Event.stream == bindparam("stream"), func.pg_sleep(1).is_not(None)))

    async def meanwhile():
        asked = asyncio.create_task(
            ask_soon(database, project_id, (slow, {"stream": "s"}), (SEQUENCES, {"stream": "s"}))
        )
        await asyncio.sleep(0.2)
        await asyncio.to_thread(tell, database, project_id)
        assert not asked.done(), "the second event came too late to show anything"
        return await asked, await ask_soon(database, project_id, (SEQUENCES, {"stream": "s"}))

    during, after = asyncio.run(meanwhile())
    assert during == [[(1,)], [(1,)]]
    assert after == [[(1,), (2,)]]


def test_a_connection_that_asks_cannot_write_and_keeps_no_project(on_postgres):
    database, project_id = on_postgres, add_project(on_postgres, "first")
    tell(database, project_id)
    ask(database, project_id, (SEQUENCES, {"stream": "s"}))
    (pipeline,) = database._reader._idle
    rows = asyncio.run(pipeline.ask([Statement(b"SELECT current_setting('azuraforge.project', true)", [])]))
    assert rows in ([[("",)]], [[(None,)]])
    rows = asyncio.run(pipeline.ask([Statement(b"SELECT seq FROM event", [])]))
    assert rows == [[]], "without a project there is no row"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        asyncio.run(pipeline.ask([Statement(b"DELETE FROM event", [])]))


def test_a_connection_keeps_a_bounded_number_of_statements_prepared(on_postgres, monkeypatch):
    monkeypatch.setattr(pipeline_module, "MOST_PREPARED", 1)
    database, project_id = on_postgres, add_project(on_postgres, "first")
    tell(database, project_id, 2)
    for _ in range(2):  # the project's own statement takes the only place; this one is prepared again each time
        assert ask(database, project_id, (SEQUENCES, {"stream": "s"}), (SEQUENCES, {"stream": "t"})) == [
            [(1,), (2,)],
            [],
        ]
    (pipeline,) = database._reader._idle
    assert len(pipeline._names) == 1


def test_questions_of_many_forms_do_not_displace_the_others(on_postgres, monkeypatch):
    monkeypatch.setattr(pipeline_module, "MOST_PREPARED", 2)
    monkeypatch.setattr(pipeline_module, "MOST_VARIED", 1)
    database, project_id = on_postgres, add_project(on_postgres, "first")
    tell(database, project_id)
    for form in range(1, 4):
        varied = Question(SeqRow, select((Event.seq + form).label("seq")), varied=True)
        assert ask(database, project_id, (varied, {})) == [[(1 + form,)]]
    assert ask(database, project_id, (SEQUENCES, {"stream": "s"})) == [[(1,)]]
    (pipeline,) = database._reader._idle
    assert (len(pipeline._names), len(pipeline._varied)) == (2, 1)


def test_after_a_value_that_cannot_be_looked_for_the_next_question_is_answered(on_postgres):
    database, project_id = on_postgres, add_project(on_postgres, "first")
    tell(database, project_id)
    with pytest.raises(InvalidInput, match="out of range"):
        lines(database, project_id, after=2**70)
    assert [row.seq for row in lines(database, project_id)] == [1]


def test_a_table_that_changed_since_a_question_was_prepared_is_read_as_it_is(on_postgres, postgres):
    database, project_id = on_postgres, add_project(on_postgres, "first")
    tell(database, project_id)
    before = lines(database, project_id)
    with psycopg.connect(postgres.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("ALTER TABLE event ALTER COLUMN type TYPE text")
    assert lines(database, project_id) == before


def test_an_answer_of_many_packets_comes_whole(on_postgres):
    database, project_id = on_postgres, add_project(on_postgres, "first")
    tell(database, project_id, 3, {"text": "ğ" * 500_000})
    assert [len(row.data["text"]) for row in lines(database, project_id)] == [500_000] * 3


def test_a_database_that_is_away_is_said_to_be_away(on_postgres, postgres_cluster, postgres):
    project_id = add_project(on_postgres, "first")
    postgres_cluster.drop(postgres)
    with pytest.raises(TransientError):
        ask(on_postgres, project_id, (SEQUENCES, {"stream": "s"}))


@pytest.mark.parametrize("on", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_documents_that_recur_are_read_once_and_few_are_kept(on, monkeypatch):
    monkeypatch.setattr("azuraforge.database.tables._MOST_KNOWN", 2)
    read = partial(JsonShape(DatasetSchema, recurs=True).process_result_value, dialect=on)
    texts = [DatasetSchema(target=name).model_dump_json().encode() for name in "abc"]
    first = read(texts[0])
    assert read(bytes(bytearray(texts[0]))) is first == DatasetSchema(target="a")
    assert [read(text).target for text in texts] == ["a", "b", "c"]
    assert read(texts[0]) is not first
    long = DatasetSchema(target="t" * 5000).model_dump_json().encode()
    assert read(long) is not read(long)
    assert read(None) is None
    plain = partial(JsonShape(DatasetSchema).process_result_value, dialect=on)
    assert plain(texts[0]) == first
    assert plain(texts[0]) is not plain(texts[0])
