"""Mutants of the barriers: the matrix must find every one of them that changes who reaches what."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.isolation.barriers import statements
from tests.isolation.keys import keys
from tests.isolation.matrix import probes, run
from tests.isolation.mutants import Mutant, killed, policy_mutants, query_mutants, role_mutants, rows_kept
from tests.isolation.stage import Stage

#: Mutants that let no one reach more. A line that starts with ``# `` is the reason of the lines below it.
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
_KINDS = ("roles", "policies", "queries")


def equivalent(text: str) -> dict[str, dict[str, str]]:
    """Return the reasons of the listed mutants by kind and name; an entry without a reason is an error."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    kind = reason = ""
    for line in filter(None, text.splitlines()):
        if line.startswith("## "):
            kind, reason = line[3:], ""
        elif line.startswith("# "):
            reason = line[2:]
        else:
            assert reason, f"{line}: without a reason"
            assert line not in found[kind], f"{line}: listed twice"
            found[kind][line] = reason
    return found


def compared(alive: Iterable[str], listed: Iterable[str]) -> list[str]:
    """Return the differences between the mutants that live and those that are listed."""
    alive, listed = set(alive), set(listed)
    return [
        *(f"lives without a reason: {each}" for each in sorted(alive - listed)),
        *(f"is listed, but does not live: {each}" for each in sorted(listed - alive)),
    ]


def judge(stage: Stage, kind: str, mutants: Iterable[Mutant], capsys: Any, around: Any = None) -> None:
    """Run the matrix against mutants and report their number; the living ones must be exactly the listed ones."""
    began, alive, names = _processor_seconds(), [], Counter[str]()
    for mutant in mutants:
        names[mutant.name] += 1
        with nullcontext() if around is None else around(stage):
            if not killed(stage, mutant):
                alive.append(mutant.name)
    count, seconds = names.total(), _processor_seconds() - began
    killed_ones = f"{count} mutants, {count - len(alive)} killed, {len(alive)} live"
    with capsys.disabled():
        print(f"\n{kind}: {killed_ones}; {seconds:.0f} s of processor time")  # noqa: T201
    assert [name for name, number in names.items() if number > 1] == [], "two mutants have the same name"
    left = compared(alive, equivalent(EQUIVALENT.read_text())[kind])
    assert not left, "\n".join(left)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def test_a_living_mutant_needs_its_own_entry_with_a_reason():
    listed = equivalent("## roles\n# why\na\nb\n\n## queries\n# because\nc\n")
    assert listed == {"roles": {"a": "why", "b": "why"}, "policies": {}, "queries": {"c": "because"}}
    assert compared(["a", "new"], listed["roles"]) == [
        "lives without a reason: new",
        "is listed, but does not live: b",
    ]
    with pytest.raises(AssertionError, match="without a reason"):
        equivalent("## roles\na\n")
    assert all(equivalent(EQUIVALENT.read_text()).values())


@pytest.mark.proof
def test_the_matrix_finds_every_lower_role(stage, capsys):
    if stage.postgres is not None:
        pytest.skip("the roles of routes do not depend on the database")
    judge(stage, "roles", role_mutants(), capsys, rows_kept)
    assert [str(each) for each in run(stage, probes(stage))] == []  # no mutant was killed by the traces of another


@pytest.mark.proof
def test_the_matrix_finds_every_wider_policy(stage, capsys):
    if stage.postgres is None:
        pytest.skip("SQLite has no policies")
    judge(stage, "policies", policy_mutants(), capsys)
    assert statements(stage) == []


@pytest.mark.proof
def test_the_matrix_finds_every_wider_query(stage, capsys):
    if stage.postgres is not None:
        pytest.skip("PostgreSQL executes the same SELECT")
    assert keys(stage) == []
    judge(stage, "queries", query_mutants(), capsys)
