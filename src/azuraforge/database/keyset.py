"""Conditions for keyset pagination: the rows behind a sort key, without an offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


def behind(columns: Sequence[Column], key: Sequence[object], *, descending: bool = False) -> ColumnElement[bool]:
    """Return the condition of rows that follow ``key`` in the order of ``columns``, all ascending or all descending."""
    return _compared(
        columns, [literal(value, column.type) for column, value in zip(columns, key, strict=True)], descending
    )


def behind_parameters(columns: Sequence[Column], *, descending: bool = False) -> ColumnElement[bool]:
    """Return the same condition with parameters ``after_0``, ``after_1`` … in place of the key; see ``parameters``."""
    values: list[BindParameter[object]] = [
        bindparam(f"after_{index}", type_=column.type) for index, column in enumerate(columns)
    ]
    return _compared(columns, values, descending)


def parameters(key: Sequence[object]) -> dict[str, object]:
    """Return the values of the parameters of ``behind_parameters``."""
    return {f"after_{index}": value for index, value in enumerate(key)}


def _compared(
    columns: Sequence[Column], values: Sequence[BindParameter[object]], descending: bool
) -> ColumnElement[bool]:
    row, place = tuple_(*columns), tuple_(*values)
    return row < place if descending else row > place
