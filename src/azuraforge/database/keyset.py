"""Conditions for keyset pagination: the rows after a sort key, without an offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


def behind(columns: Sequence[Column], key: Sequence[object], *, descending: bool = False) -> ColumnElement[bool]:
    """Return the condition for rows after ``key`` in the ascending or descending order of ``columns``."""
    return _compared(
        columns, [literal(value, column.type) for column, value in zip(columns, key, strict=True)], descending
    )


def behind_parameters(columns: Sequence[Column], *, descending: bool = False) -> ColumnElement[bool]:
    """Return the condition of ``behind`` with the parameters ``after_0``, ``after_1`` … instead of the key's values."""
    values: list[BindParameter[object]] = [
        bindparam(f"after_{index}", type_=column.type) for index, column in enumerate(columns)
    ]
    return _compared(columns, values, descending)


def parameters(key: Sequence[object]) -> dict[str, object]:
    """Return the parameter values of ``behind_parameters`` for ``key``."""
    return {f"after_{index}": value for index, value in enumerate(key)}


def _compared(
    columns: Sequence[Column], values: Sequence[BindParameter[object]], descending: bool
) -> ColumnElement[bool]:
    row, place = tuple_(*columns), tuple_(*values)
    return row < place if descending else row > place
