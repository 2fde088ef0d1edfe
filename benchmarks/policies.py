"""The cost of row-level policies: rates of reads on PostgreSQL with the policies on and off, in turns on one platform.

One client sends the reads of ``bench-api`` one after another. The owner of the tables switches the policies of all
tables between the turns, which only a benchmark may do.
"""

from __future__ import annotations

import argparse
import random
import time

import numpy as np
import psycopg

from benchmarks.api import prepare, reads
from benchmarks.load import Request
from benchmarks.report import Report
from benchmarks.stage import Stage
from benchmarks.stage.scaled import scaled_stage

_PROTECTED = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relrowsecurity"


def turn(on: Stage, asked: list[Request]) -> float:
    """Return reads per second."""
    began = time.perf_counter()
    for request in asked:
        on.call(request.method, request.path)
    return len(asked) / (time.perf_counter() - began)


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--turns", type=int, default=15)
    options.add_argument("--count", type=int, default=300, help="reads of one turn")
    given = options.parse_args()
    report = Report("policies", seed=0)
    with scaled_stage() as on:
        kinds = reads(prepare(on))
        asked = random.Random(0).choices(kinds, [each.weight for each in kinds], k=given.count)
        rates: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
        with psycopg.connect(on.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
            tables = [name for (name,) in owner.execute(_PROTECTED).fetchall()]
            for number in range(given.turns + 1):
                for state in ("ENABLE", "DISABLE") if number % 2 else ("DISABLE", "ENABLE"):
                    for table in tables:
                        owner.execute(f"ALTER TABLE {table} {state} ROW LEVEL SECURITY")  # type: ignore[call-overload]
                    turn(on, asked[:30])  # plans are made again after the change
                    rate = turn(on, asked)
                    if number:
                        rates[state].append(rate)
    ratios = np.array(rates["ENABLE"]) / np.array(rates["DISABLE"])
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    report.add(
        f"reads with the policies of {len(tables)} tables on, and off",
        float(np.median(rates["ENABLE"])),
        "/s",
        peer=float(np.median(rates["DISABLE"])),
        ratio=float(middle),
        goal="≥ 0.75",
        met=bool(middle >= 0.75),
    )
    report.notes.append(f"ratio {middle:.3f}, half of the turns between {low:.3f} and {high:.3f}")
    report.finish()


if __name__ == "__main__":
    main()
