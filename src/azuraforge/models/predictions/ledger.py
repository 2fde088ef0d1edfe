"""The ledger's pen: every answer is a committed line before it is given, and answers that come together share a commit.

Whoever comes while the last group is being written joins the next one; nobody waits for a timer.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from typing import Any

from azuraforge.database import Database, Session
from azuraforge.events.service import EventLog
from azuraforge.models.predictions import store as ledger_store

#: A group that grew to this size is closed; the next one opens.
_LINES_AT_ONCE = 500


class _Group:
    """Lines that are written in one transaction; the first who came writes for all."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.written = threading.Event()
        self.at: datetime | None = None
        self.error: BaseException | None = None


class Ledger:
    """Writes predictions. Safe to use from many threads."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events
        self._lock = threading.Lock()
        self._open: dict[str, _Group] = {}
        self._pens: dict[str, threading.Lock] = {}

    def enter(self, project_id: str, line: dict[str, Any]) -> datetime:
        """Write one line (the columns of ``Prediction`` but project and time) and return its time once it is stored.

        ``line["model"]`` is the model's name, which only the event tells.
        """
        with self._lock:
            group = self._open.get(project_id)
            if group is None or len(group.lines) >= _LINES_AT_ONCE:
                group = self._open[project_id] = _Group()
            group.lines.append(line)
            first = len(group.lines) == 1
            pen = self._pens.setdefault(project_id, threading.Lock())
        if first:
            with pen:  # held while another group is written, and ours grows
                self._write(project_id, group)
        else:
            group.written.wait()
        if group.error is not None:
            raise group.error
        assert group.at is not None
        return group.at

    def _write(self, project_id: str, group: _Group) -> None:
        with self._lock:
            if self._open.get(project_id) is group:
                del self._open[project_id]
        told: Counter[tuple[str, int]] = Counter()
        last: dict[tuple[str, int], str] = {}
        for line in group.lines:
            key = (line.pop("model"), line["version"])
            told[key] += 1
            last[key] = line["id"]

        def work(session: Session) -> datetime:
            at = ledger_store.add(session, project_id, group.lines)
            for (model, version), count in told.items():
                data = {"model": model, "version": version, "prediction_id": last[model, version], "count": count}
                self._events.append(session, project_id, "project", "prediction.made", data)
            return at

        try:
            group.at = self._database.write(project_id, work)
        except BaseException as error:
            group.error = error
        finally:
            group.written.set()
