"""From an outcome to a better champion: the demo's series on a running platform, with every wait of the demo.

The series changes its season; stated are rows and seconds until drift is reported and until another version is
champion, the seconds from the arrival that led to the winning training until its version is champion, and the errors
before and after, next to those of the version that is never retrained and of the last value.
"""

from __future__ import annotations

import time
from datetime import timedelta

from azuraforge.client import Client
from azuraforge.demo.driving import FIRST, Loop
from azuraforge.demo.table import judged_rows, phases
from benchmarks.report import Report
from benchmarks.stage import stage


def main() -> None:
    report = Report("freshness", seed=7)
    with stage() as on:
        client = Client(on.url, token=on.token)
        loop = Loop(client, "loop", None)
        loop.begin()
        loop.connect()
        changed: float | None = None
        drift: tuple[int, float] | None = None
        champion: tuple[int, float] | None = None
        settling = 0.0
        begun = last = time.perf_counter()
        for seen in loop.rows():
            now = time.perf_counter()
            if seen.row > loop.plan.changes_after and changed is None:
                changed = last
            if changed is not None and drift is None and seen.alarm:
                drift = seen.row - loop.plan.changes_after, now - changed
            if changed is not None and champion is None and seen.champion != FIRST:
                champion, settling = (seen.row - loop.plan.changes_after, now - changed), now - last
            last = now
        report.add("rows that arrived", loop.plan.rows - loop.plan.rows_at_first, "rows")
        report.add("seconds for all of them", last - begun, "s")
        if drift is not None:
            report.add("drift reported after the change", drift[0], "rows")
            report.add("the same", drift[1], "s")
        if champion is not None:
            report.add("another champion after the change", champion[0], "rows")
            report.add("the same", champion[1], "s")
            report.add("from the last outcome before it to the better champion", settling, "s")
        lines = [client.predictions.get(each.prediction_id) for each in client.predictions.list("loop", limit=None)]
        start = min(each.origin for each in lines)
        change_at = start + timedelta(hours=loop.plan.changes_after - loop.plan.rows_at_first + 1)
        names = {"before": "before the change", "until": "until the champion changed", "after": "after that"}
        for each in phases(judged_rows(lines, FIRST), change_at, FIRST):
            what = f"mean absolute error {names[each.name]}, {each.rows} rows"
            report.add(what, each.error, "", peer=each.unchanged_error, ratio=each.error / each.unchanged_error)
            report.add("the same of the last value", each.naive_error)
        report.notes.append("The peer is the first version, never retrained.")
    report.finish()


if __name__ == "__main__":
    main()
