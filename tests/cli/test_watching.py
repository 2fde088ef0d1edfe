"""The view of a run, made of its events; in a log, a line now and then."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azuraforge.cli.output import watching
from azuraforge.cli.output.sparkline import sparkline
from azuraforge.cli.output.watching import RunView, draw, watch
from azuraforge.client import Curve, Event, Run

TOLD = [
    ("run.state", {"state": "running", "attempt": 1}),
    ("run.phase", {"name": "fit", "index": 2, "count": 7}),
    ("run.metrics", {"points": {"loss": [[1, 0.9], [2, None]], "other": [[1, 5.0]]}, "attempt": 1}),
    ("run.progress", {"phase": "fit", "done": 3, "total": 12, "share": 0.25, "rate_per_second": 2.0,
                      "seconds_left": 4.5, "note": "epoch 3"}),
    ("run.note", {"markdown": "early stopping"}),
    ("run.metrics", {"points": {"loss": [[3, 0.5]], "validation_loss": [[3, 0.6]]}, "attempt": 1}),
    ("run.metrics_truncated", {"after_step": 1, "attempt": 2}),
    ("run.metrics", {"points": {"loss": [[2, 0.7]]}, "attempt": 2}),
    ("run.something_new", {"x": 1}),
    ("run.state", {"state": "succeeded", "attempt": 2}),
    ("run.finished", {"state": "succeeded", "summary": None, "error": None}),
]  # fmt: skip


class Platform:
    """Stands for ``client``: a run whose events are the ones above."""

    def __init__(self, run: Run) -> None:
        self.runs = self
        self.run = run

    def metrics(self, run_id: str, max_points: int) -> dict[str, Curve]:
        return {"loss": Curve(series="loss", steps=[0], values=[1.0], total_points=1)}

    def watch(self, run_id: str, after: int):
        for seq, (kind, data) in enumerate(TOLD, after + 1):
            yield Event(stream=f"run/{run_id}", seq=seq, type=kind, at=datetime(2026, 1, 1, tzinfo=UTC), data=data)

    def get(self, run_id: str) -> Run:
        return Run(id=run_id, kind="train", name="lstm on co2", state="succeeded")


@pytest.fixture
def queued() -> Run:
    return Run.from_json({"id": "k3v9", "kind": "train", "name": "lstm on co2", "state": "queued", "progress": {}})


def view_after(queued: Run, count: int) -> RunView:
    view = RunView.of(queued)
    for kind, data in TOLD[:count]:
        view.apply(kind, data)
    return view


def test_curves_grow_and_are_cut_back_where_a_run_resumed(queued):
    assert view_after(queued, 6).curves["loss"] == [(1, 0.9), (2, None), (3, 0.5)]
    view = view_after(queued, len(TOLD))
    assert view.curves == {"loss": [(1, 0.9), (2, 0.7)], "other": [(1, 5.0)], "validation_loss": []}
    assert (view.state, view.attempt) == ("succeeded", 2)


def test_the_losses_come_first_and_empty_curves_not_at_all(queued):
    assert view_after(queued, 6).shown_curves() == ["loss", "validation_loss", "other"]
    assert view_after(queued, len(TOLD)).shown_curves() == ["loss", "other"]


def test_curves_of_the_machine_are_not_progress(make_terminal, queued):
    view = RunView.of(queued)
    view.apply("run.metrics", {"points": {"system/memory_bytes": [[1, 3e8]], "mine": [[1, 2.0]]}})
    assert view.shown_curves() == ["mine"]
    assert view.newest() == [("mine", 2.0)]


def test_the_live_view(make_terminal, queued):
    terminal = make_terminal(live=False)
    terminal.errors.print(draw(terminal, view_after(queued, 6)))
    lines = terminal.remarks.splitlines()
    assert lines[0].strip() == "lstm on co2 · running · training (2/7)"
    assert "25 % · 3/12 · 2.000/s · 4.5 s left · epoch 3" in lines[1]
    assert lines[2].split() == ["loss", "0.5000", "█", "▁"]


def test_a_new_phase_forgets_the_old_one_s_pace(queued):
    view = view_after(queued, 4)
    view.apply("run.phase", {"name": "judge", "index": 7, "count": 7})
    assert (view.done, view.total, view.rate_per_second, view.seconds_left) == (0, 0, None, None)
    assert view.share == 0.25, "the bar covers the whole run and does not jump back"


def test_plain_lines_say_states_phases_and_notes(make_terminal, queued):
    terminal = make_terminal()
    assert watch(terminal, Platform(queued), queued).state == "succeeded"
    assert terminal.output == "", "results go to standard output, and this is none"
    assert terminal.remarks.splitlines() == [
        "lstm on co2 · queued",
        "lstm on co2 · running",
        "lstm on co2 · running · training (2/7)",
        "early stopping",
        "Returned to the checkpoint of step 1; later points are computed again.",
        "lstm on co2 · succeeded",
    ]


def test_plain_lines_tell_progress_at_their_pace(make_terminal, queued, monkeypatch):
    monkeypatch.setattr(watching, "PLAIN_SECONDS", 0.0)
    terminal = make_terminal("tr")
    watch(terminal, Platform(queued), queued)
    assert "model eğitiliyor · %25 · 3/12 · 2,000/sn · 4,5 sn kaldı · epoch 3 · loss – other 5,000" in terminal.remarks


def test_a_live_terminal_shows_and_clears_the_view(make_terminal, queued):
    terminal = make_terminal(live=True)
    watch(terminal, Platform(queued), queued)
    assert "early stopping" in terminal.remarks
    assert "lstm on co2 · succeeded" in terminal.remarks


def test_a_run_that_has_ended_is_not_watched(make_terminal):
    ended = Run(id="k3v9", kind="train", name="n", state="failed")
    assert watch(make_terminal(), Platform(ended), ended) is ended


@pytest.mark.parametrize(
    ("values", "drawn"),
    [([], ""), ([None], ""), ([2.0], "▁"), ([1.0, 1.0], "▁▁"), ([0, 1], "▁█"), ([0, float("nan"), 7], "▁ █")],
)
def test_sparklines(values, drawn):
    assert sparkline(values) == drawn


def test_a_long_curve_keeps_its_width():
    assert len(sparkline(list(range(1000)), width=16)) == 16
