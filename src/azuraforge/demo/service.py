"""Service that runs the demo in a child process. A platform runs at most one demo and stops it when it shuts down."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from azuraforge.clock import utc_now
from azuraforge.demo.schemas import DemoEnd, DemoLine, DemoNews, DemoOut, DemoStart, DemoState
from azuraforge.errors import Conflict, NotFound
from azuraforge.projects.callers import Access
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.service import ProjectService
from azuraforge.telemetry import logger

log = logger("demo")

TOKEN_NAME = "demo of the loop"  # noqa: S105  its name in the list of tokens
_MODULE = "azuraforge.demo.child"
#: Environment variables passed to the child. It needs no secrets, since it uses only HTTP.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "SYSTEMROOT")
_END_SECONDS = 5.0


@dataclass
class _Demo:
    """A demo of one project. The service's lock protects its fields."""

    project_id: str
    process: subprocess.Popen[bytes]
    started_at: datetime
    cancelling: bool = False
    ended_at: datetime | None = None
    model: str | None = None
    lines: list[DemoLine] = field(default_factory=list)
    row: int | None = None
    rows: int | None = None
    end: DemoEnd | None = None

    def state(self) -> DemoState:
        if self.end is None:
            return "cancelling" if self.cancelling else "running"
        if self.end.cancelled:
            return "cancelled"
        return "failed" if self.end.error is not None or self.end.problems else "succeeded"

    def take(self, news: DemoNews) -> None:
        """Apply a message of the child to the state."""
        self.model = news.model or self.model
        self.end = news.end or self.end
        if news.line is None:
            return
        if news.line.event == "series":
            self.rows = (news.line.of or 0) + (news.line.more or 0)
        self.row = news.line.row or self.row
        if news.line.event not in ("row", "connected"):
            self.lines.append(news.line)


class DemoService:
    """Service that starts, shows and cancels the demo of a project.

    Args:
        find_url: returns this platform's address on this machine, or None if it announces none.
        offered: whether this process both serves requests and executes runs; several processes would each start a demo.
    """

    def __init__(self, projects: ProjectService, find_url: Callable[[], str | None], *, offered: bool) -> None:
        self._projects = projects
        self._find_url = find_url
        self._offered = offered
        self._lock = threading.Lock()
        self._demo: _Demo | None = None
        self._closed = False

    def show(self, project_id: str) -> DemoOut:
        """Return the newest demo since the platform started; its state is ``none`` if it belongs to another project."""
        with self._lock:
            demo = self._demo
            if demo is None or demo.project_id != project_id:
                return DemoOut(state="none", offered=self._offered, lines=[])
            return DemoOut(
                state=demo.state(),
                offered=self._offered,
                model=demo.model,
                started_at=demo.started_at,
                ended_at=demo.ended_at,
                row=demo.row,
                rows=demo.rows,
                lines=list(demo.lines),
                end=demo.end,
            )

    def start(self, access: Access) -> DemoOut:
        """Start the demo with its own token. Raises Conflict if a demo is running or this platform cannot start one."""
        url = self._find_url() if self._offered else None
        if url is None:
            raise Conflict(
                "the dashboard cannot start the demo on this platform",
                next_step="run `azuraforge demo --loop` in a terminal",
                code="demo_not_offered",
            )
        with self._lock:
            if self._closed or (self._demo is not None and self._demo.ended_at is None):
                raise Conflict(
                    "the demo is already running",
                    next_step="wait until it ends, or cancel it",
                    code="demo_running",
                )
            made = self._projects.create_token(access, TokenRequest(name=TOKEN_NAME, role="member", expires_in_days=1))
            environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            process = subprocess.Popen(
                [sys.executable, "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                start_new_session=True,  # Ctrl-C in the terminal goes to the platform, which then ends the demo
            )
            demo = self._demo = _Demo(access.project_id, process, utc_now())
        self._send(demo, DemoStart(url=url, token=made.token).model_dump_json())
        threading.Thread(target=self._follow, args=(demo, made.id), name="demo", daemon=True).start()
        return self.show(access.project_id)

    def cancel(self, project_id: str) -> DemoOut:
        """Request that the demo stop and pause its automations. Raises NotFound if the project has no running demo."""
        with self._lock:
            demo = self._demo
            if demo is None or demo.project_id != project_id or demo.ended_at is not None:
                raise NotFound("no demo is running", next_step="start a demo on the Runs page")
            demo.cancelling = True
        self._send(demo, "cancel")
        return self.show(project_id)

    def close(self) -> None:
        """Stop the child when the platform shuts down."""
        with self._lock:
            self._closed, demo = True, self._demo
        if demo is None:
            return
        with contextlib.suppress(OSError):
            assert demo.process.stdin is not None
            demo.process.stdin.close()
        try:
            demo.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            demo.process.kill()
            demo.process.wait()

    def _send(self, demo: _Demo, line: str) -> None:
        assert demo.process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # the child has ended; the reader of its output handles it
            demo.process.stdin.write(line.encode() + b"\n")
            demo.process.stdin.flush()

    def _follow(self, demo: _Demo, token_id: str) -> None:
        """Read the child's output lines to the end, then revoke its token."""
        assert demo.process.stdout is not None
        for line in demo.process.stdout:
            try:
                news = DemoNews.model_validate_json(line)
            except ValidationError:
                log.warning("demo_line_unread")
                continue
            with self._lock:
                demo.take(news)
        demo.process.wait()
        with self._lock:
            if demo.end is None:
                demo.end = DemoEnd.early(
                    error="the process that drives the demo ended early", next_step="start it again"
                )
            demo.ended_at = utc_now()
            closed = self._closed
        if not closed:  # a stopping platform cannot write to the database; the token expires within a day
            with contextlib.suppress(NotFound):
                self._projects.revoke_token(demo.project_id, token_id)
