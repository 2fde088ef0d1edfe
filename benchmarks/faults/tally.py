"""The counts of one part of a storm, their sum over parts, and the table of figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from benchmarks.report import Report
from benchmarks.stage import percentile


@dataclass
class Readers:
    """Events that the readers of one kind should have seen, and those lost, doubled and out of order."""

    kind: str
    events: int
    lost: int
    doubled: int
    turned: int


@dataclass
class Tally:
    """Counts and lists of one part or of several; every field can be added to another's."""

    #: (kind of fault, whether runs were running)
    faults: list[tuple[str, bool]] = field(default_factory=list)
    runs: int = 0
    finished: int = 0
    lost_runs: list[str] = field(default_factory=list)
    lost_steps: int = 0
    doubled: int = 0
    wrong: int = 0
    interrupted: int = 0
    recomputed: int = 0
    resumed: int = 0
    poisons: int = 0
    poison_ends_wrong: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)
    #: Of runs that a full disk interrupted.
    full_disk_recoveries: list[float] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    fenced: int = 0
    orphans: list[str] = field(default_factory=list)
    left: int = 0
    #: Names and exit statuses of the platform's processes that ended without a fault.
    vanished: list[str] = field(default_factory=list)
    readers: list[Readers] = field(default_factory=list)
    #: Answers, events, messages and log lines of another project that were searched, and those that show this one.
    looked: int = 0
    leaks: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    minutes: float = 0.0

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Tally:
        """Rebuild the tally from the result of ``write``."""
        made = cls(**stored)
        made.faults = [(kind, hit) for kind, hit in made.faults]
        made.ends = Counter(made.ends)
        made.slowest = [(passed, cause) for passed, cause in made.slowest]
        made.readers = [Readers(**each) for each in stored["readers"]]
        return made

    def write(self) -> dict[str, Any]:
        """Return the tally as JSON values."""
        stored = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**stored, "ends": dict(self.ends), "readers": [asdict(each) for each in self.readers]}

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Tally)})


def add_figures(report: Report, name: str, tally: Tally, steps: int, lease_seconds: float, faults: int) -> None:
    """The table. ``faults``: how many there should be; ``steps``: of each run."""

    def none(figure: str, found: int, unit: str = "") -> None:
        report.add(f"{name}: {figure}", found, unit, goal="0", met=found == 0)

    report.add(f"{name}: runs submitted", tally.runs, f"× {steps} steps")
    report.add(f"{name}: runs finished", tally.finished, goal=str(tally.runs), met=tally.finished == tally.runs)
    lost = len(tally.lost_runs) + tally.lost_steps
    none("runs and steps lost", lost)
    none("steps and ends doubled", tally.doubled)
    none("wrong values, attempts numbered with gaps", tally.wrong)
    hits = sum(hit for _, hit in tally.faults)
    done = len(tally.faults)
    report.add(f"{name}: faults", done, f"{hits} with runs running", goal=str(faults), met=done >= faults or None)
    hitting = Counter(kind for kind, hit in tally.faults if hit)
    for kind, times in sorted(Counter(kind for kind, _ in tally.faults).items()):
        report.add(f"{name}: fault: {kind}", times, f"{hitting[kind]} with runs running")
    for reason in sorted(set(tally.skipped)):
        report.add(f"{name}: fault: {reason.partition(':')[0]}", "skipped")
        report.notes.append(f"{name}: skipped: {reason}")
    report.add(f"{name}: attempts interrupted", tally.interrupted)
    _add_recoveries(report, name, tally, lease_seconds)
    report.add(f"{name}: steps recomputed", tally.recomputed)
    report.add(f"{name}: runs resumed by hand", tally.resumed)
    wrong = ", ".join(tally.poison_ends_wrong) or "none"
    report.add(f"{name}: poison runs that ended otherwise than they must", wrong, f"of {tally.poisons}",
               goal="none", met=not tally.poison_ends_wrong)  # fmt: skip
    report.add(f"{name}: writes of replaced attempts that the fence refused (counted in the logs)", tally.fenced)
    none("orphans 2 s after a kill", len(tally.orphans))
    none("processes left after the end", tally.left)
    none("processes that ended without a fault", len(tally.vanished))
    if tally.finished and not lost and not tally.doubled:
        effects = tally.finished * steps
        report.add(f"{name}: nothing seen in {effects} steps: upper bound of the rate (rule of three)",
                   f"{3 / effects:.1e}")  # fmt: skip
    for kind in dict.fromkeys(each.kind for each in tally.readers):
        same = [each for each in tally.readers if each.kind == kind]
        told = "/".join(str(sum(each)) for each in zip(*[(r.lost, r.doubled, r.turned) for r in same], strict=True))
        report.add(f"{name}: events lost/doubled/out of order over {kind}", told,
                   f"of {sum(each.events for each in same)}", goal="0/0/0", met=told == "0/0/0")  # fmt: skip
    none("answers, events, messages and log lines of another project that show a run", len(tally.leaks),
         f"of {tally.looked}")  # fmt: skip
    slowest = sorted(tally.slowest, reverse=True)[:5]
    report.notes.append(f"{name}: attempts ended as {dict(tally.ends)}; slowest recoveries: {slowest}")
    report.notes += [f"{name}: lived on for 2 s: {line}" for line in tally.orphans[:20]]
    report.notes += [f"{name}: ended without a fault: {line}" for line in tally.vanished[:20]]
    report.notes += [f"{name}: shown to another project: {line}" for line in tally.leaks[:20]]
    report.notes += [f"{name}: lost: {line}" for line in tally.lost_runs[:20]]


def _add_recoveries(report: Report, name: str, tally: Tally, lease_seconds: float) -> None:
    if found := tally.recoveries:
        bound = lease_seconds + 2
        p99 = percentile(found, 0.99)
        report.add(f"{name}: recovery p50", percentile(found, 0.5), "s")
        report.add(f"{name}: recovery p99", p99, "s", goal=f"≤ {bound:g}", met=p99 <= bound)
        report.add(f"{name}: recovery max", max(found), f"s, of {len(found)}")
    if found := tally.full_disk_recoveries:  # nothing can be written meanwhile: its recoveries have no goal
        report.add(f"{name}: recovery from a full disk, p50", percentile(found, 0.5), "s")
        report.add(f"{name}: recovery from a full disk, p99", percentile(found, 0.99), f"s, of {len(found)}")
