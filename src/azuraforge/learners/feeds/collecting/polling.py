"""Entry point of the child process that polls a source until it ends. Imports no database."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
import polars as pl
from pydantic import BaseModel, JsonValue

from azuraforge.datasets.child import opened_source
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.learners.feeds.collecting.frames import usable_rows
from azuraforge.learners.feeds.collecting.messages import (
    CollectInput,
    CollectResult,
    PolledBatch,
    PollReply,
    PollTrouble,
    equal_json,
    packed,
)
from azuraforge.learners.feeds.sources.replay import Replay
from azuraforge.messages.stored import text_to_json
from azuraforge.plugins import LiveSource, Polled, Source
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.discretion import no_secret_leaves, refuse_secrets

if TYPE_CHECKING:
    from azuraforge.processes.child import Child

#: Interval between two reports of a source that has no rows.
_REPORT_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 60.0


def collect(child: Child) -> dict[str, JsonValue]:
    """Poll a source until it ends or the feed is closed. ``CollectInput`` → ``CollectResult``.

    Each batch is committed with its cursor before the next poll.
    """
    asked = child.asked(CollectInput)
    source = opened_source(asked.source, asked.access, asked.secrets, child.outputs)
    if isinstance(source, Replay):
        source.version, source.limits = asked.version, asked.access.limits
    refuse_unpollable(source)
    options = parse_config(source.Options, asked.options, asked.source)
    collector = _Collector(child, asked, source, options, asked.cursor)
    try:
        with no_secret_leaves(asked.secrets.values(), f"source {asked.source}"):
            collector.run()
    finally:
        if isinstance(source, LiveSource):
            source.close()
    result = CollectResult(
        polls=collector.polls, rows=collector.rows, refused=collector.refused, closed=collector.closed
    )
    return result.model_dump(mode="json")


def refuse_unpollable(source: Source) -> None:
    """Raise InvalidInput for a source that can only be read once."""
    if not isinstance(source, LiveSource) and type(source).read_since is Source.read_since:
        raise InvalidInput(
            "the source {source} cannot be polled",
            where="source",
            next_step="use replay, folder, http, websocket or another source that can be refreshed",
            code="not_live",
            source=source.name,
        )


@dataclass
class _Collector:
    child: Child
    asked: CollectInput
    source: Source
    options: BaseModel
    cursor: Mapping[str, JsonValue] | None
    polls: int = 0
    rows: int = 0
    refused: int = 0
    closed: bool = False
    failures: int = 0
    reported: float = field(default=-_REPORT_SECONDS)

    def run(self) -> None:
        """Poll until the source or the feed ends."""
        while True:
            try:
                polled = self._poll()
            except TransientError as error:
                self._trouble(error)
                continue
            if self._send(polled) or polled.closed:
                self.closed = polled.closed
                return
            wait = self.asked.every_seconds if polled.wait_seconds is None else polled.wait_seconds
            if wait > 0:
                time.sleep(wait)

    def _poll(self) -> Polled:
        self.polls += 1
        source = self.source
        if isinstance(source, LiveSource):
            polled = source.poll(self.options, self.cursor)
        else:
            news = source.read_since(self.options, self.cursor)
            frame = pl.DataFrame() if news.read is None else news.read.frame
            if news.read is not None:
                names = {str(news.read.time): "at"} | ({news.read.series: "key"} if news.read.series else {})
                frame = frame.rename({old: new for old, new in names.items() if old in frame.columns})
            polled = Polled(frame, news.cursor)
        refuse_secrets(self.asked.secrets.values(), [polled.cursor], self.asked.source)
        return polled

    def _send(self, polled: Polled) -> bool:
        """Send the rows of a poll and wait for their commit; return whether the feed was closed."""
        received = None if self.asked.historical else datetime.now(UTC)
        found = usable_rows(polled.rows, self.asked.feed, received)
        try:
            cursor = orjson.loads(orjson.dumps(dict(polled.cursor)))
        except TypeError:
            raise InvalidInput(
                "the source {source} returned a cursor that is not JSON",
                where="source {source}",
                next_step="correct the plugin",
                source=self.asked.source,
            ) from None
        moved = not equal_json(cursor, self.cursor)
        refused = found.refused + len(polled.refused)
        problem = next(iter(polled.refused), found.problem)
        quiet = not (len(found.arrivals) or refused or polled.closed or polled.watermark or moved)
        if quiet and not self.failures and time.monotonic() - self.reported < _REPORT_SECONDS:
            return False
        watermark = polled.watermark
        batch = PolledBatch(
            rows=packed(found.arrivals) if len(found.arrivals) else None,
            cursor=cursor,
            closed=polled.closed,
            watermark_us=None if watermark is None else round(watermark.timestamp() * 1_000_000),
            refused=refused,
            problem=None if problem is None else text_to_json(problem.as_message()),
        )
        stop = self._ask("polled", batch)
        self.cursor, self.failures = cursor, 0
        self.rows += len(found.arrivals)
        self.refused += refused
        return stop

    def _trouble(self, error: TransientError) -> None:
        self.failures += 1
        self._ask("trouble", PollTrouble(problem=text_to_json(error.as_message())))
        time.sleep(min(2.0 ** min(self.failures, 10) / 2, _LONGEST_PAUSE_SECONDS))

    def _ask(self, name: str, body: BaseModel) -> bool:
        self.child.send(name, body)
        reply = self.child.receive()
        self.reported = time.monotonic()
        return reply is not None and reply.read(PollReply).stop
