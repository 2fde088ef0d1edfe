"""API shapes of the fields and groups of listed runs."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FieldOut(BaseModel):
    """A field of runs for filters: its operators, and its values if they are few."""

    name: str
    kind: str
    operators: list[str]
    values: list[str] = []
    sortable: bool = True


class FieldsOut(BaseModel):
    """Names and values for completing filters, sort orders and columns.

    ``config`` contains the config fields of the project's newest runs, ``metrics`` the names of its metrics. Both are
    written as they are in a filter, after the prefix.
    """

    fields: list[FieldOut]
    config: list[str]
    metrics: list[str]
    more_metrics: bool = Field(description="whether there are more metrics than these; search for others")


class GroupColumn(BaseModel):
    """A metric in a group of runs. ``spread`` is the standard deviation of the sample; null for fewer than two runs."""

    name: str
    runs: int = Field(description="number of runs that have the metric")
    mean: float | None
    spread: float | None
    lowest: float | None
    highest: float | None


class RunGroup(BaseModel):
    """Runs with the same value of a config field; ``value`` is null for runs without it."""

    value: str | float | None
    filter: str = Field(description="condition that selects the group's runs")
    runs: int
    columns: list[GroupColumn]


class RunGroups(BaseModel):
    """Groups of runs, the largest first; at most 200."""

    by: str
    groups: list[RunGroup]
    runs: int = Field(description="number of runs that were grouped: the newest ones, at most 20,000")
    more: bool = Field(description="whether runs or groups were left out")
