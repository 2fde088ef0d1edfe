"""Live view of a run: a redrawn display in a terminal, plain lines in a pipe or a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from azuraforge.cli.output.sparkline import sparkline
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client import Client, Event, Run

#: Minimum seconds between two progress lines in a log; phases, states and notes are printed immediately.
PLAIN_SECONDS = 5.0
#: Redraw rate of the live display.
_FRAMES_PER_SECOND = 8
_CURVE_POINTS = 400
#: Maximum number of curves in the live display; losses come first.
_CURVES_SHOWN = 3
_FIRST_CURVES = ("loss", "validation_loss")
#: Prefix of machine metrics, which the live display omits; the run's page shows them.
_SYSTEM_CURVES = "system/"


@dataclass
class RunView:
    """The state of a run, kept up to date by its events."""

    id: str
    name: str
    state: str
    attempt: int = 0
    phase: str | None = None
    phase_index: int = 0
    phase_count: int = 0
    done: int = 0
    total: int = 0
    note: str = ""
    share: float = 0.0
    rate_per_second: float | None = None
    seconds_left: float | None = None
    curves: dict[str, list[tuple[int, float | None]]] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run) -> RunView:
        """Return the state of a run as it was read from the platform."""
        view = cls(run.id, run.name, run.state, run.attempt)
        view._progress(dict(run.progress.raw))
        return view

    def apply(self, kind: str, data: dict[str, Any]) -> None:
        """Update the state with one event. Unknown event types are ignored."""
        if kind in ("run.state", "run.finished"):
            self.state = data.get("state", self.state)
            self.attempt = data.get("attempt", self.attempt)
        elif kind == "run.phase":
            self.phase = data.get("name")
            self.phase_index, self.phase_count = data.get("index") or 0, data.get("count") or 0
            self.done, self.total, self.note = 0, 0, ""
            self.rate_per_second = self.seconds_left = None
        elif kind == "run.progress":
            self._progress(data)
        elif kind == "run.metrics":
            for series, points in (data.get("points") or {}).items():
                curve = self.curves.setdefault(series, [])
                curve.extend((step, value) for step, value in points)
                del curve[:-_CURVE_POINTS]
        elif kind == "run.metrics_truncated":
            after = data.get("after_step")
            for series, curve in self.curves.items():
                self.curves[series] = [point for point in curve if after is not None and point[0] <= after]

    def _progress(self, data: dict[str, Any]) -> None:
        for name in ("phase", "done", "total", "note", "share"):
            if data.get(name) is not None:
                setattr(self, name, data[name])
        self.rate_per_second = data.get("rate_per_second")
        self.seconds_left = data.get("seconds_left")

    def newest(self) -> list[tuple[str, float | None]]:
        """Return the name and the last value of each displayed curve."""
        return [(name, self.curves[name][-1][1]) for name in self.shown_curves()]

    def shown_curves(self) -> list[str]:
        """Return the names of the displayed curves, losses first, without machine metrics (``system/…``)."""
        ordered = [name for name in _FIRST_CURVES if self.curves.get(name)]
        ordered += [name for name in self.curves if name not in ordered and self.curves[name]]
        return [name for name in ordered if not name.startswith(_SYSTEM_CURVES)][:_CURVES_SHOWN]


def watch(terminal: Terminal, client: Client, run: Run) -> Run:
    """Display the run until it has ended, and return it. Ctrl-C raises KeyboardInterrupt; the run continues."""
    if run.has_ended:
        return run
    view = RunView.of(run)
    for name, curve in client.runs.metrics(run.id, max_points=_CURVE_POINTS).items():
        view.curves[name] = list(zip(curve.steps, curve.values, strict=True))
    screen = _live_screen if terminal.errors.is_terminal else _plain_screen
    with screen(terminal, view) as show:
        for event in client.runs.watch(run.id, run.last_event_seq):
            view.apply(event.type, event.data)
            show.event(event)
    return client.runs.get(run.id)


class _Screen:
    """Output of a watched run: prints lines above the live display, or alone in a log."""

    def __init__(self, terminal: Terminal, view: RunView) -> None:
        self.terminal = terminal
        self.view = view

    def event(self, event: Event) -> None:
        text = self.terminal.text
        if event.type == "run.note":
            self.line(str(event.data.get("markdown", "")))
        elif event.type == "run.metrics_truncated":
            self.line(text("rewound", step=event.data.get("after_step")))

    def line(self, text: str) -> None:
        self.terminal.errors.print(Text(text), soft_wrap=True)


class _PlainScreen(_Screen):
    def __init__(self, terminal: Terminal, view: RunView) -> None:
        super().__init__(terminal, view)
        self._said_at = 0.0

    def event(self, event: Event) -> None:
        super().event(event)
        if event.type in ("run.state", "run.phase"):
            self.line(_headline(self.terminal, self.view))
            self._said_at = time.monotonic()
        elif event.type in ("run.progress", "run.metrics") and time.monotonic() - self._said_at >= PLAIN_SECONDS:
            self.line(_details(self.terminal, self.view))
            self._said_at = time.monotonic()


@contextmanager
def _plain_screen(terminal: Terminal, view: RunView) -> Iterator[_Screen]:
    screen = _PlainScreen(terminal, view)
    screen.line(_headline(terminal, view))
    yield screen


@contextmanager
def _live_screen(terminal: Terminal, view: RunView) -> Iterator[_Screen]:
    live = Live(
        console=terminal.errors,
        get_renderable=lambda: draw(terminal, view),
        refresh_per_second=_FRAMES_PER_SECOND,
        transient=True,
    )
    with live:
        yield _Screen(terminal, view)


def draw(terminal: Terminal, view: RunView) -> RenderableType:
    """Return the content of the live display: headline, progress bar and curves."""
    bar = Table.grid(padding=(0, 1))
    bar.add_row(ProgressBar(total=1.0, completed=view.share, width=40), Text(_numbers(terminal, view)))
    lines: list[RenderableType] = [Text(_headline(terminal, view), style="bold"), bar]
    for name in view.shown_curves():
        values = [value for _, value in view.curves[name]]
        shown = f"{escape(name):<18} {terminal.text.number(values[-1]):>12}  [cyan]{sparkline(values, 32)}[/cyan]"
        lines.append(Text.from_markup(shown))
    return Group(*lines)


def _headline(terminal: Terminal, view: RunView) -> str:
    parts = [view.name, terminal.state(view.state)]
    if view.state == "running":
        if view.attempt > 1:
            parts.append(terminal.text("attempt_n", attempt=view.attempt))
        if view.phase:
            count = f" ({view.phase_index}/{view.phase_count})" if view.phase_count else ""
            parts.append(phase_name(terminal, view.phase) + count)
    return " · ".join(parts)


def _details(terminal: Terminal, view: RunView) -> str:
    curves = " ".join(f"{name} {terminal.text.number(value)}" for name, value in view.newest())
    phase = phase_name(terminal, view.phase) if view.phase else ""
    return " · ".join(part for part in (phase, _numbers(terminal, view), curves) if part)


def _numbers(terminal: Terminal, view: RunView) -> str:
    text = terminal.text
    parts = [text.percent(view.share, 0)]
    if view.total:
        parts.append(f"{text.number(view.done, 0)}/{text.number(view.total, 0)}")
    if view.rate_per_second:
        parts.append(text("per_second", rate=text.number(view.rate_per_second)))
    if view.seconds_left is not None:
        parts.append(text("left", time=text.duration(view.seconds_left)))
    if view.note:
        parts.append(view.note)
    return " · ".join(parts)


def phase_name(terminal: Terminal, phase: str) -> str:
    """Return the translated name of a phase, or ``phase`` itself if it has none."""
    key = f"phase.{phase}"
    return terminal.text(key) if terminal.text.has(key) else phase
