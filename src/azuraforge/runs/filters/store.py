"""SQL of filters, sort orders and columns, for both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    Select,
    String,
    Text,
    and_,
    bindparam,
    case,
    extract,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import cast as sql_cast

from azuraforge.database import Lines, Timestamp, now, seconds_from_now
from azuraforge.database.fast_reads import Question
from azuraforge.runs.filters.fields import Field
from azuraforge.runs.filters.parsing import SortKey
from azuraforge.runs.filters.tree import Ago, All, At, Condition, Either, Filter, Not, Value
from azuraforge.runs.tables import NO_TRIAL, MetricSeries, Run

#: Number of columns of a page's sort key. A config field needs two, and the id is the last one.
KEY_COLUMNS = 7
_DAY = timedelta(days=1)
_TEXTS: Mapping[str, ColumnElement[Any]] = {
    name: cast(ColumnElement[Any], getattr(Run, name)) for name in ("state", "name", "id", "kind", "plugin", "model")
}
_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    **_TEXTS,
    "dataset": cast(ColumnElement[Any], Run.dataset_name),
    "note": cast(ColumnElement[Any], Run.note),
    **{
        name: cast(ColumnElement[Any], getattr(Run, name))
        for name in ("pinned", "seed", "priority", "attempt", "created_at", "started_at", "finished_at")
    },
}
_STATISTICS = {"last": MetricSeries.last, "min": MetricSeries.lowest, "max": MetricSeries.highest}


class KeyRow(NamedTuple):
    """Sort key of a run; its last value that is not null is the run's id."""

    id: str
    k0: Any
    k1: Any
    k2: Any
    k3: Any
    k4: Any
    k5: Any
    k6: Any


class CountRow(NamedTuple):
    number: int


class GroupRow(NamedTuple):
    """Config field of a run as JSON-like text, for grouping."""

    id: str
    text: str | None
    number: float | None


class Selection(NamedTuple):
    """Runs that a list contains, as the arguments of a request state them."""

    trash: bool = False
    trials: bool = False
    state: str | None = None
    kind: str | None = None
    tree: Filter | None = None


def keys_page(
    dialect: str, selection: Selection, sort: Sequence[SortKey], after: Sequence[object] | None
) -> Question[KeyRow]:
    """Return the query for the sort keys of a page of runs; its parameter is ``limit``.

    Runs without a value of the sort order come last. ``after`` is the sort key of the last run of the previous page.
    """
    keys = _sort_columns(dialect, sort)
    padded = [keys[index][0] if index < len(keys) else null() for index in range(KEY_COLUMNS)]
    labelled = [column.label(f"k{index}") for index, column in enumerate(padded)]
    statement = cast(Select[Any], select(Run.id, *labelled)).where(*_selected(dialect, selection))
    if after is not None:
        statement = statement.where(_behind(keys, after))
    order = [part for column, descending in keys for part in _ordered(column, descending)]
    return Question(cast(Any, KeyRow), statement.order_by(*order).limit(bindparam("limit")), varied=True)


def count(dialect: str, selection: Selection) -> Question[CountRow]:
    """Return the query for the number of runs of a list."""
    statement = select(func.count(Run.id).label("number")).select_from(Run)
    return Question(CountRow, statement.where(*_selected(dialect, selection)), varied=True)


def config_values(dialect: str, selection: Selection, field: Field) -> Question[GroupRow]:
    """Return the query for the values of a config field in the newest runs of a list; its parameter is ``limit``."""
    number, text = _config(dialect, field)
    statement = cast(Select[Any], select(Run.id, text.label("text"), number.label("number")))
    statement = statement.where(*_selected(dialect, selection)).order_by(Run.created_at.desc(), Run.id.desc())
    return Question(cast(Any, GroupRow), statement.limit(bindparam("limit")), varied=True)


def key_kinds(sort: Sequence[SortKey]) -> list[str]:
    """Return the kind of each column of a sort order's key: ``date``, ``number`` or ``text``."""
    kinds: list[str] = []
    for each in sort:
        kind = each.field.kind
        if kind == "config":
            kinds += ["number", "text"]
        elif kind in ("number", "metric", "duration", "flag"):
            kinds.append("number")
        else:
            kinds.append("date" if kind == "date" else "text")
    return [*kinds, "text"]


def condition(dialect: str, tree: Filter) -> ColumnElement[bool]:
    """Return the SQL condition of a filter. A comparison with a missing value is false, and its negation true."""
    match tree:
        case All():
            return and_(*(condition(dialect, part) for part in tree.parts))
        case Either():
            return or_(*(condition(dialect, part) for part in tree.parts))
        case Not():
            return not_(func.coalesce(condition(dialect, tree.part), false()))
        case Condition():
            return _compared(dialect, tree)


def _selected(dialect: str, selection: Selection) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Run.deleted_at.is_not(None) if selection.trash else Run.deleted_at.is_(None)]
    if selection.state is not None:
        found.append(Run.state == literal(selection.state, String()))
    if selection.kind is not None:
        found.append(Run.kind == literal(selection.kind, String()))
    elif not (selection.trials or selection.trash):
        found.append(literal_column(f"run.{NO_TRIAL}", Boolean()))  # as in the partial index
    if selection.tree is not None:
        found.append(condition(dialect, selection.tree))
    return found


def _compared(dialect: str, tree: Condition) -> ColumnElement[bool]:
    field, operator, values = tree.field, tree.operator, tree.values
    if operator == "in":
        return or_(*(_compared(dialect, Condition(field, "=", (value,))) for value in values))
    (value,) = values
    if operator == "!=":
        return not_(func.coalesce(_compared(dialect, Condition(field, "=", values)), false()))
    match field.kind:
        case "metric":
            return _metric(dialect, field, operator, value)
        case "config":
            return _config_compared(dialect, field, operator, value)
        case "tag":
            return _tag(dialect, operator, value)
        case "date":
            return _dated(_COLUMNS[field.name], operator, value)
    column = _column(dialect, field)
    if value is None:
        return column.is_(None)
    if operator == "~":
        return _contains(column, value)
    if field.name == "dataset":
        return or_(column == literal(value, String()), Run.dataset_id == literal(value, String()))
    return column.bool_op(operator)(literal(value, column.type))


def _contains(column: ColumnElement[Any], value: Value) -> ColumnElement[bool]:
    return func.lower(column, type_=Text()).contains(_plain(value).lower(), autoescape=True)


def _tag(dialect: str, operator: str, value: Value) -> ColumnElement[bool]:
    tags = type_coerce(Run.tags, Text())
    if value is None:
        return tags == literal("", Text())
    if operator == "~":
        return _contains(tags, value)
    find = func.strpos if dialect == "postgresql" else func.instr
    return find(tags, literal(Lines.stored([_plain(value)]), Text()), type_=BigInteger()) > literal_column("0")


def _metric(dialect: str, field: Field, operator: str, value: Value) -> ColumnElement[bool]:
    """Return the condition for a logged metric; for a run that did not log it, for its score of that name."""
    series: Select[Any] = select(literal_column("1")).where(*_of_series(field))
    score = _score(dialect, field)
    if value is None:
        return and_(not_(series.exists()), score.is_(None))
    asked: ColumnElement[Any] = literal(value, Double())
    logged = series.where(_STATISTICS[field.statistic].bool_op(operator)(asked)).exists()
    return or_(logged, and_(score.bool_op(operator)(asked), not_(series.exists())))


def _score(dialect: str, field: Field) -> ColumnElement[Any]:
    """Return the score on the held-out rows, or the value that a run's result states under a name; else NULL."""
    (name,) = field.path
    if any(character in '"\\' or ord(character) < 32 for character in name):
        return sql_cast(null(), Double())  # a path cannot contain it
    found = [_json(dialect, Run.summary, (place, name))[0] for place in ("metrics", "values")]
    return func.coalesce(*found)


def _of_series(field: Field) -> list[ColumnElement[bool]]:
    return [
        MetricSeries.project_id == Run.project_id,
        MetricSeries.run_id == Run.id,
        MetricSeries.series == literal(field.path[0], String()),
    ]


def _dated(column: ColumnElement[Any], operator: str, value: Value) -> ColumnElement[bool]:
    match value:
        case None:
            return column.is_(None)
        case Ago():
            return column.bool_op(operator)(seconds_from_now(-value.seconds))
        case At(moment, True) if operator in ("=", "<="):
            before = column < literal(moment + _DAY, Timestamp())
            return before if operator == "<=" else and_(column >= literal(moment, Timestamp()), before)
        case At(moment):
            return column.bool_op(operator)(literal(moment, Timestamp()))
    raise TypeError(f"a date cannot be compared with {value!r}")


def _config_compared(dialect: str, field: Field, operator: str, value: Value) -> ColumnElement[bool]:
    number, text = _config(dialect, field)
    if value is None:
        return and_(text.is_(None), number.is_(None))
    if operator == "~":
        return _contains(func.coalesce(text, sql_cast(number, Text())), value)
    if isinstance(value, bool):
        return text == literal("true" if value else "false", Text())
    if isinstance(value, float):
        return number.bool_op(operator)(literal(value, Double()))
    return text.bool_op(operator)(literal(_plain(value), Text()))


def _config(dialect: str, field: Field) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the number and the text of a config field; one of them is NULL, and both are if it is missing."""
    return _json(dialect, Run.config, field.path)


def _json(dialect: str, column: Any, keys: Sequence[str]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the number and the text at a place in a JSON column; both are NULL if nothing is there."""
    stored = type_coerce(column, Text()) if dialect == "sqlite" else column
    if dialect == "sqlite":
        path = literal("$" + "".join(f'."{key}"' for key in keys), Text())
        kind = func.json_type(stored, path, type_=Text())
        plain: ColumnElement[Any] = func.json_extract(stored, path)
        number = case((kind.in_([literal_column("'integer'"), literal_column("'real'")]), plain))
        text = case(
            (kind == literal_column("'true'"), literal_column("'true'")),
            (kind == literal_column("'false'"), literal_column("'false'")),
            (kind.in_([literal_column("'integer'"), literal_column("'real'")]), null()),
            else_=plain,
        )
        return type_coerce(number, Double()), type_coerce(text, Text())
    place = [literal(key, Text()) for key in keys]
    kind = func.json_typeof(func.json_extract_path(stored, *place), type_=Text())
    plain = func.json_extract_path_text(stored, *place, type_=Text())
    is_number = kind == literal_column("'number'")
    return case((is_number, sql_cast(plain, Double()))), case((is_number, null()), else_=plain)


def _column(dialect: str, field: Field) -> ColumnElement[Any]:
    """Return the value of a field that is not a config field."""
    if field.name == "error":
        return _message(dialect)
    if field.kind == "duration":
        return _duration(dialect)
    if field.kind == "metric":
        value = select(_STATISTICS[field.statistic]).where(*_of_series(field))
        return func.coalesce(value.scalar_subquery(), _score(dialect, field))
    if field.kind == "number":
        return sql_cast(_COLUMNS[field.name], Double())
    return _COLUMNS[field.name]


def _message(dialect: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return func.json_extract(type_coerce(Run.error, Text()), literal_column("'$.message'"), type_=Text())
    return func.json_extract_path_text(Run.error, literal_column("'message'"), type_=Text())


def _duration(dialect: str) -> ColumnElement[Any]:
    """Return the seconds from a run's start to its end, or to now; NULL if it has not started."""
    end = func.coalesce(Run.finished_at, now())
    if dialect == "sqlite":
        micros = type_coerce(end, BigInteger()) - type_coerce(Run.started_at, BigInteger())
        return type_coerce(micros / literal_column("1000000.0"), Double())
    return sql_cast(extract("epoch", end - Run.started_at), Double())


def _sort_columns(dialect: str, sort: Sequence[SortKey]) -> list[tuple[ColumnElement[Any], bool]]:
    """Return the columns of a sort order and whether each is descending; the id is the last one."""
    found: list[tuple[ColumnElement[Any], bool]] = []
    for each in sort:
        if each.field.kind == "config":
            found += [(part, each.descending) for part in _config(dialect, each.field)]
        elif each.field.kind == "flag":
            flag = case((_COLUMNS[each.field.name], literal_column("1")), else_=literal_column("0"))
            found.append((sql_cast(flag, Double()), each.descending))
        else:
            found.append((_column(dialect, each.field), each.descending))
    id_column = cast(ColumnElement[Any], Run.id)
    return [*found, (id_column, sort[-1].descending if sort else True)]


def _ordered(column: ColumnElement[Any], descending: bool) -> tuple[ColumnElement[Any], ...]:
    ordered = column.desc() if descending else column.asc()
    return (ordered.nulls_last(),)


def _behind(keys: Sequence[tuple[ColumnElement[Any], bool]], after: Sequence[object]) -> ColumnElement[bool]:
    """Return the condition for runs after a sort key; missing values come last in both directions."""
    found: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for (column, descending), value in zip(keys, after, strict=True):
        if value is None:
            same.append(column.is_(None))  # nothing comes after missing values
            continue
        given = literal(value, column.type)
        later = column < given if descending else column > given
        found.append(and_(*same, or_(later, column.is_(None))))
        same.append(column == given)
    return or_(*found) if found else false()


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
