"""Groups that the series of a panel belong to, from columns or from the parts of their names. Runs in children only."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.groups import total_names
from azuraforge.wording import fill

#: Series → the group that it belongs to.
Membership = dict[str, str]


def check_groups(options: FileOptions) -> None:
    """Refuse groups without several series, or a column that has another meaning. Raises InvalidInput."""
    if not options.groups and options.group_separator is None:
        return
    if options.series is None:
        raise InvalidInput(
            "groups add up several series, and the dataset has one",
            where="option groups" if options.groups else "option group_separator",
            next_step="name the column that tells the series apart (series), or leave the groups out",
            code="groups_without_series",
        )
    taken = {options.time: "time", options.target: "target", options.series: "series"}
    taken |= dict.fromkeys(options.features or (), "feature")
    for name in options.groups:
        if name in taken:
            raise _bad(f"{name!r} is the {taken[name]} and cannot be a group too", "choose another column")


def read_groups(
    table: RawTable, names: pl.Series, kept: Sequence[str], options: FileOptions
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return column → group → series, groups of one series left out.

    Args:
        table: the rows as they were read.
        names: ``(row,)`` the series of each row.
        kept: the series that the dataset holds, sorted.
        options: the options for reading the file.

    Raises InvalidInput if a group is meaningless, or a series is in two groups of a column.
    """
    if not options.groups and options.group_separator is None:
        return {}
    if len(kept) < 2:
        raise _bad(f"the dataset holds one series, {kept[0]!r}: there is nothing to add up", "leave the groups out")
    memberships = {name: _of_column(table, names, name) for name in dict.fromkeys(options.groups)}
    if options.group_separator is not None:
        for name, found in _of_names(kept, options.group_separator).items():
            if name in memberships:
                raise _bad(f"{name!r} is a column and a part of the names", "rename the column")
            memberships[name] = found
    groups = {name: _several(name, found, kept) for name, found in memberships.items()}
    if clash := sorted({*total_names(groups)} & {*kept}):
        raise _bad(
            f"a series is called {clash[0]!r}, the name of a total", "rename the series, or leave the groups out"
        )
    return groups


def _of_column(table: RawTable, names: pl.Series, column: str) -> Membership:
    table.require(column, "groups")
    groups = table.frame[column].cast(pl.String).str.strip_chars()
    empty = (groups.is_null() | (groups == "")).fill_null(True).arg_true()
    if len(empty):
        row = int(empty[0])
        raise InvalidInput(
            f"the series {names[row]!r} is in no group of {column!r} here",
            where=table.place(row, column),
            next_step="fill in the group in every row of the series",
            code="missing_group",
        )
    pairs = pl.DataFrame({"series": names, "group": groups}).unique(maintain_order=True)
    twice = pairs.filter(pairs["series"].is_duplicated())
    if twice.height:
        name = twice["series"][0]
        first, second = twice.filter(pl.col("series") == name)["group"].head(2).to_list()
        raise InvalidInput(
            f"the series {name!r} is in two groups of {column!r}: {first!r} and {second!r}",
            where=f"{table.name}, column {column!r}",
            next_step="name a column that has one value for each series",
            code="group_varies",
        )
    return dict(zip(pairs["series"].to_list(), pairs["group"].to_list(), strict=True))


def _of_names(kept: Sequence[str], separator: str) -> dict[str, Membership]:
    """Return a level for each part of the names but the last: its groups are the names' beginnings."""
    parts = {name: name.split(separator) for name in kept}
    depth = len(parts[kept[0]])
    for name, each in parts.items():
        if len(each) < 2 or len(each) != depth:
            usual = f", {kept[0]!r} has {depth}" if len(each) != depth else ""
            raise _bad(
                fill("the name {name!r} has {count} [part|parts]", name=name, count=len(each))
                + f" between {separator!r}{usual}",
                "name a separator that divides every series' name into equally many parts, at least two",
                "option group_separator",
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
        raise _bad(f"all series are in one group of {column!r}: it says what the total says", "leave it out")
    if len(members) == len(kept):
        raise _bad(f"every series is a group of its own in {column!r}: there is nothing to add up", "leave it out")
    return {group: tuple(names) for group, names in sorted(members.items()) if len(names) > 1}


def _bad(message: str, next_step: str, where: str = "option groups") -> InvalidInput:
    return InvalidInput(message, where=where, next_step=next_step, code="bad_groups")
