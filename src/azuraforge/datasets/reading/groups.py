"""Groups of a panel's series, read from columns or from parts of the series' names.

Runs only in child processes.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.groups import total_names

#: Group of each series, by the series' name.
Membership = dict[str, str]

_GROUPS = Message("option groups")


def check_groups(options: FileOptions) -> None:
    """Raise InvalidInput if groups are requested without several series, or for a column with another role."""
    if not options.groups and options.group_separator is None:
        return
    if options.series is None:
        raise InvalidInput(
            "groups add up several series, but the dataset has one",
            where="option groups" if options.groups else "option group_separator",
            next_step=(
                "specify the column that identifies the series with the option series, or omit the option "
                "groups and the option group_separator"
            ),
            code="groups_without_series",
        )
    taken = {options.time: Message("time"), options.target: Message("target"), options.series: Message("series")}
    taken |= dict.fromkeys(options.features or (), Message("feature"))
    for name in options.groups:
        if name in taken:
            raise _bad(
                Message(
                    "{column!r} is already used as {role} and cannot be a group", {"column": name, "role": taken[name]}
                ),
                Message("choose another column"),
            )


def read_groups(
    table: RawTable, names: pl.Series, kept: Sequence[str], options: FileOptions
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the names of the series by column and group; groups of one series are omitted.

    Args:
        table: the rows as read from the file.
        names: series name of each row.
        kept: names of the dataset's series, sorted.
        options: options for reading the file.

    Raises InvalidInput if grouping by a column is meaningless, if a series has no group or two groups in one column, or
    if a total would have the name of a series.
    """
    if not options.groups and options.group_separator is None:
        return {}
    if len(kept) < 2:
        raise _bad(
            Message("the dataset has only the series {series!r}: there is nothing to add up", {"series": kept[0]}),
            Message("omit the option groups and the option group_separator"),
        )
    memberships = {name: _of_column(table, names, name) for name in dict.fromkeys(options.groups)}
    if options.group_separator is not None:
        for name, found in _of_names(kept, options.group_separator).items():
            if name in memberships:
                raise _bad(
                    Message("{name!r} is both a group column and a level of the series names", {"name": name}),
                    Message("rename the column"),
                )
            memberships[name] = found
    groups = {name: _several(name, found, kept) for name, found in memberships.items()}
    if clash := sorted({*total_names(groups)} & {*kept}):
        raise _bad(
            Message("a series has the name of a total, {name!r}", {"name": clash[0]}),
            Message("rename the series, or omit the option groups and the option group_separator"),
        )
    return groups


def _of_column(table: RawTable, names: pl.Series, column: str) -> Membership:
    table.require(column, "groups")
    groups = table.frame[column].cast(pl.String).str.strip_chars()
    empty = (groups.is_null() | (groups == "")).fill_null(True).arg_true()
    if len(empty):
        row = int(empty[0])
        raise InvalidInput(
            "the series {series!r} has no value in the group column {column!r} of this row",
            where="{place}",
            next_step="fill in the column in every row of the series",
            code="missing_group",
            series=names[row],
            column=column,
            place=table.place(row, column),
        )
    pairs = pl.DataFrame({"series": names, "group": groups}).unique(maintain_order=True)
    twice = pairs.filter(pairs["series"].is_duplicated())
    if twice.height:
        name = twice["series"][0]
        first, second = twice.filter(pl.col("series") == name)["group"].head(2).to_list()
        raise InvalidInput(
            "the series {series!r} has two values in the group column {column!r}: {first!r} and {second!r}",
            where="{table}, column {column!r}",
            next_step="choose a column that has one value per series",
            code="group_varies",
            series=name,
            column=column,
            first=first,
            second=second,
            table=table.name,
        )
    return dict(zip(pairs["series"].to_list(), pairs["group"].to_list(), strict=True))


def _of_names(kept: Sequence[str], separator: str) -> dict[str, Membership]:
    """Return the groups of the series by level: at level n, a group is the first n parts of the series' names."""
    parts = {name: name.split(separator) for name in kept}
    depth = len(parts[kept[0]])
    for name, each in parts.items():
        if len(each) < 2 or len(each) != depth:
            values = {"separator": separator, "name": name, "count": len(each), "other": kept[0], "usual": depth}
            raise _bad(
                Message(
                    "{separator!r} divides the name {name!r} into {count} [part|parts], {other!r} into {usual}", values
                )
                if len(each) != depth
                else Message("{separator!r} divides the name {name!r} into {count} [part|parts]", values),
                Message(
                    "choose a separator that divides the name of every series into the same number of parts, at "
                    "least two"
                ),
                Message("option group_separator"),
            )
    return {
        f"level {level}": {name: separator.join(each[:level]) for name, each in parts.items()}
        for level in range(1, depth)
    }


def _several(column: str, found: Membership, kept: Sequence[str]) -> dict[str, tuple[str, ...]]:
    members: dict[str, list[str]] = {}
    for name in kept:
        members.setdefault(found[name], []).append(name)
    if len(members) == 1:
        raise _bad(
            Message("all series are in one group of {column!r}, which equals the total", {"column": column}),
            Message("remove the column from the option groups"),
        )
    if len(members) == len(kept):
        raise _bad(
            Message("every series has its own group in {column!r}: there is nothing to add up", {"column": column}),
            Message("remove the column from the option groups"),
        )
    return {group: tuple(names) for group, names in sorted(members.items()) if len(names) > 1}


def _bad(problem: Message, next_step: Message, place: Message = _GROUPS) -> InvalidInput:
    return InvalidInput(
        "{problem}",
        where="{place}",
        next_step="{step}",
        code="bad_groups",
        problem=problem,
        step=next_step,
        place=place,
    )
