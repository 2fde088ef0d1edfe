"""Parallel coordinates of a study of 1,000 trials with 12 searched fields: from a move of a brush to redrawn lines."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.pages.browsing import profile, sign_in
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, stage
from benchmarks.study import add_series

TRIALS, FIELDS = 1000, 12
_MOVES = 60
_STUDY_SECONDS = 1500
#: Collects the milliseconds from the first move that is not drawn yet to the end of the frame that shows its lines. The
#: canvas is read back, because a browser may postpone the drawing itself.
_WATCH = """
() => {
  const canvas = document.querySelector("[data-testid=parallel-lines]");
  const watched = (window.watched = { times: [], rows: new Set() });
  let moved = null;
  window.addEventListener("pointermove", (event) => { if (event.buttons !== 0) moved ??= event.timeStamp; }, true);
  new MutationObserver(() => {
    if (moved === null) return;
    const since = moved;
    moved = null;
    canvas.getContext("2d").getImageData(0, 0, 1, 1);
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { watched.times.push(performance.now() - since); watched.rows.add(canvas.dataset.rows); };
      port2.postMessage(null);
    });
  }).observe(canvas, { attributeFilter: ["data-rows"] });
}
"""


def measure(browser: Browser, report: Report, trials: int) -> None:
    """Run the study, and drag a brush along each of two axes of its chart."""
    with stage("bowl") as on, profile(browser) as context:
        study = _study(on, trials)
        sign_in(context, on)
        page = context.new_page()
        page.goto(f"{on.url}/p/default/studies/{study}?tab=parameters")
        page.get_by_test_id("parallel").wait_for()
        if (outside := page.get_by_test_id("include-outside")).count():
            outside.check()
        page.locator(f"[data-testid=parallel-lines][data-rows='{trials}']").wait_for(state="attached")
        page.wait_for_load_state("networkidle")
        page.evaluate(_WATCH)
        for axis in (0, FIELDS // 2):
            _drag(page, axis)
        times, rows = page.evaluate("[window.watched.times, window.watched.rows.size]")
        if len(times) < _MOVES or rows < min(_MOVES, trials // 4):
            raise SystemExit(f"of {2 * _MOVES} moves, {len(times)} were drawn, with {rows} different numbers of lines")
        what = f"parallel coordinates, {trials:,} trials × {FIELDS} fields and a score: brush to redraw"
        late = percentile(times, 0.95)
        report.add(f"{what}, median of {len(times)}", percentile(times, 0.5), "ms")
        report.add(f"{what}, p95", late, "ms", goal="< 50 ms", met=late < 50)


def _study(on: Stage, trials: int) -> str:
    """Run a random search to its end; return its id."""
    add_series(on)
    space = {f"field_{number:02}": {"low": 0.0, "high": 1.0} for number in range(1, FIELDS + 1)}
    body: dict[str, Any] = {
        "name": "terrain", "plugin": "bench.terrain", "dataset": "flat", "space": space, "sampler": "random",
        "config": {"horizon": 1}, "budget": {"trials": trials}, "parallel": 2, "retrain": False,
    }  # fmt: skip
    study = str(on.call("POST", "/studies", body)["id"])
    until = time.monotonic() + _STUDY_SECONDS
    while (found := on.call("GET", f"/studies/{study}"))["state"] == "running" and time.monotonic() < until:
        time.sleep(1)
    if found["state"] != "finished" or found["trials"] != {"complete": trials}:
        raise SystemExit(f"the study did not go well: {found['state']}, {found['trials']}")
    return study


def _drag(page: Page, axis: int) -> None:
    """Brush an axis from its upper end towards its lower end, one move after the other."""
    track = page.get_by_test_id("parallel-track").nth(axis)
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 1)
    page.mouse.down()
    for move in range(1, _MOVES + 1):
        page.mouse.move(x, box["y"] + 1 + move * (box["height"] - 2) / _MOVES)
        page.wait_for_timeout(50)
    page.mouse.up()
