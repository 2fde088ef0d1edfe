"""Dry runs of automations over the past month, from the stored events, times and values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from pydantic import JsonValue

from azuraforge.automations.recurrence import between
from azuraforge.automations.triggers.causes import Cause, matches
from azuraforge.automations.triggers.consuming import cause_of
from azuraforge.automations.triggers.definition import OnEvent, OnMeasure, OnSchedule
from azuraforge.automations.triggers.schemas import DryRunOut, DryRunRequest, WouldFire
from azuraforge.automations.triggers.watching import beyond, recurrence_of
from azuraforge.clock import iso
from azuraforge.events.schemas import EventOut
from azuraforge.messages import Message, current, translated

LONGEST = timedelta(days=30)
#: Maximum number of times to replay, enough for a schedule that fires every minute of a month.
MOST_TIMES = 50_000
_SHOWN = 100
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class At:
    """Cause with its time."""

    moment: datetime
    cause: Cause


def of_events(when: OnEvent, lines: Iterable[EventOut]) -> Iterator[At]:
    """Yield a cause for each event that matches ``when``."""
    for line in lines:
        if matches(when, line.type, line.data):
            yield At(line.at, cause_of(line))


def of_times(when: OnSchedule, since: datetime, until: datetime) -> Iterator[At]:
    """Yield a cause for each time of a schedule from ``since`` to ``until``, at most ``MOST_TIMES``.

    Raises InvalidInput if this machine does not know the time zone.
    """
    for moment in islice(between(recurrence_of(when, since), since, until), MOST_TIMES):
        yield At(moment, Cause(f"time:{iso(moment)}", {"time": iso(moment)}))


def of_values(when: OnMeasure, values: Sequence[tuple[datetime, float | None]], until: datetime) -> Iterator[At]:
    """Yield a cause for each time at which a value has been beyond its limit for ``for_seconds``."""
    patience = timedelta(seconds=when.for_seconds)
    began: tuple[datetime, float | None] | None = None
    for index, (moment, value) in enumerate(values):
        if not beyond(when, value):
            began = None
            continue
        began = began or (moment, value)
        ends = values[index + 1][0] if index + 1 < len(values) else until
        fires_at = began[0] + patience
        if moment <= fires_at < ends or (fires_at == moment):
            data: dict[str, JsonValue] = {
                "measure": when.measure,
                "of": when.of,
                "value": value,
                "since": iso(began[0]),
            }
            yield At(fires_at, Cause(f"measure:{iso(began[0])}", data))


def replay(
    request: DryRunRequest, causes: Iterable[At], since: datetime, until: datetime, seen: int, note: Message | None
) -> DryRunOut:
    """Simulate the firings for causes, oldest first, with the cool-down and the daily limit of a request.

    Args:
        request: definition to simulate.
        causes: causes in the period, oldest first.
        since: start of the period.
        until: end of the period.
        seen: number of events, times or values that were examined.
        note: why the stored data does not cover the period; None if it does.
    """
    fired: list[WouldFire] = []
    grouped = withheld = count = held = 0
    cool = timedelta(seconds=request.cool_down_seconds)
    last: datetime | None = None
    newest: At | None = None
    recent: list[datetime] = []

    def fire(at: datetime, cause: Cause, causes: int) -> None:
        nonlocal last, withheld
        recent[:] = [each for each in recent if each > at - _DAY]
        if len(recent) >= request.most_per_day:
            withheld += causes
            return
        recent.append(at)
        last = at
        fired.append(WouldFire(at=at, cause=cause.key, causes=causes, data=cause.data))

    for each in causes:
        count += 1
        if held and newest is not None and last is not None and each.moment >= last + cool:
            fire(last + cool, newest.cause, held)
            held = 0
        if last is not None and each.moment < last + cool:
            newest, held, grouped = each, held + 1, grouped + 1
        else:
            fire(each.moment, each.cause, 1)
    if held and newest is not None and last is not None and last + cool <= until:
        fire(last + cool, newest.cause, held)
    return DryRunOut(
        since=since,
        until=until,
        seen=seen,
        causes=count,
        fires=len(fired),
        grouped=grouped,
        withheld=withheld,
        firings=fired[-_SHOWN:],
        complete=note is None,
        note=None if note is None else translated(note, current()),
    )
