"""Mutants of the barriers: the matrix must find every one of them that changes who reaches what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

import pytest

from tests.isolation.barriers import statements
from tests.isolation.keys import keys
from tests.isolation.matrix import probes, run
from tests.isolation.mutants import Mutant, killed, policy_mutants, query_mutants, role_mutants, rows_kept
from tests.isolation.stage import Stage

pytestmark = pytest.mark.proof

_WHEN = "the query selects when or in which order work is due; each key still names its own row and project"
_OTHER_POLICY = "the policy of member hides the rows that the condition would add"
_AGAIN = "the service reads the role again inside the transaction"
_BOTH = "the condition names no column, so USING and WITH CHECK each refuse the statement alone"
#: Mutants that let no one reach more, by the beginning of their names, and why.
EQUIVALENT = {
    r"(due_|first_|active_studies|datasets_to_judge_by|running_runs|unacknowledged_)": _WHEN,
    r"(firings_whose_run_ended|unread_projects|projects_after)": _WHEN,
    r"\w+ /\S*\{\w+(:path)?\}\S*: \w+ → none": "the dependency that completes the id in the path authenticates, too",
    r"PUT /(schedules|automations|notifications/targets)/\S+: \w+ → lower": "reading the name requires the same role",
    r"(PATCH|POST) /(members|invitations)\S*: \w+ → lower": _AGAIN,
    r"DELETE /invitations/\S+: Admin → lower": _AGAIN,
    r"(person|project): sees USING <>": _OTHER_POLICY,
    r"sign_in_counter: updates": _BOTH,
}


def judge(stage: Stage, mutants: Iterable[Mutant], capsys: Any, around: Any = None) -> None:
    """Run the matrix against mutants, report their number, and fail for one that lives without a reason."""
    alive, count = [], 0
    for mutant in mutants:
        with nullcontext() if around is None else around(stage):
            count += 1
            if not killed(stage, mutant):
                alive.append(mutant.name)
    excused = [each for each in alive if any(re.match(pattern, each) for pattern in EQUIVALENT)]
    with capsys.disabled():
        print(f"\n{count} mutants, {count - len(alive)} killed, {len(excused)} listed as equivalent")  # noqa: T201
    left = sorted({*alive} - {*excused})
    assert not left, "\n".join(left)


def test_the_matrix_finds_every_lower_role(stage, capsys):
    if stage.postgres is not None:
        pytest.skip("the roles of routes do not depend on the database")
    judge(stage, role_mutants(), capsys, rows_kept)
    assert [str(each) for each in run(stage, probes(stage))] == []  # no mutant was killed by the traces of another


def test_the_matrix_finds_every_wider_policy(stage, capsys):
    if stage.postgres is None:
        pytest.skip("SQLite has no policies")
    judge(stage, policy_mutants(), capsys)
    assert statements(stage) == []


def test_the_matrix_finds_every_wider_query(stage, capsys):
    if stage.postgres is not None:
        pytest.skip("PostgreSQL executes the same SELECT")
    assert keys(stage) == []
    judge(stage, query_mutants(), capsys)
