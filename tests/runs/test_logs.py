"""Logs: read by line number and searched, while they are written and afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.errors import NotFound
from azuraforge.processes.log_file import TAIL_BYTES, LogFile
from azuraforge.runs.logs import lines as log_lines
from azuraforge.runs.logs.lines import LogReader
from azuraforge.runs.logs.service import RunLogs


@pytest.fixture
def logs(stand):
    return RunLogs(stand.database, stand.artifacts, stand.settings.scratch)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="abİ \r", max_size=30), max_size=60), st.booleans(), st.integers(0, 70))
def test_every_line_has_the_number_that_counting_gives_it(tmp_path_factory, lines, ended, first):
    path = tmp_path_factory.mktemp("log") / "log.txt"
    content = "\n".join(lines) + ("\n" if ended and lines else "")
    path.write_text(content, newline="")
    expected = content.split("\n")
    expected = expected[:-1] if content.endswith("\n") or not content else expected
    reader = LogReader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_lines, "BLOCK_BYTES", 16)
        assert reader.count(path) == len(expected)
        page = reader.page(path, first, 7)
        assert [line.number for line in page] == list(range(first, min(first + 7, len(expected))))
        found, rest = reader.search(path, "A", None, first, 1000)
        assert [line.number for line in found] == [
            number for number, line in enumerate(expected) if number >= first and "a" in line
        ]
        assert rest is None


def test_a_log_that_grows_is_counted_on_from_its_last_block(tmp_path, monkeypatch):
    monkeypatch.setattr(log_lines, "BLOCK_BYTES", 16)
    path, reader = tmp_path / "log.txt", LogReader()
    path.write_text("")
    for number in range(40):
        with path.open("a") as file:
            file.write(f"line {number}\n")
        assert reader.count(path) == number + 1
        assert reader.page(path, number, 5)[0].text == f"line {number}"


def test_levels_are_those_that_the_lines_state():
    stated = {
        "2026-01-01 INFO fitted": "info",
        '{"event": "slow", "level": "warning"}': "warning",
        "[error] lost": "error",
        "Traceback (most recent call last):": "error",
        "ValueError: no rows": "error",
        "a/b.py:3: UserWarning: soon removed": "warning",
        "INFORMATION is no level": None,
        "loss 0.1": None,
    }
    assert {line: log_lines.level_of(line.encode()) for line in stated} == stated


def test_control_sequences_are_removed_and_a_redrawn_line_is_shown_as_it_ended():
    shown = log_lines.line_of(0, b"\x1b[31m10 %\rdone \x1b[0m 100 %\x07\r")
    assert shown.text == "done  100 %"


def test_secrets_do_not_reach_the_log(tmp_path):
    log = LogFile(tmp_path / "log.txt")
    log.hide(["s3cr3t/value", "ab"])
    log.write(b"key s3cr3")
    log.write(b"t/value, s3cr3t%2Fvalue and ab\nnext")
    log.end_line()
    log.close()
    assert log.path.read_text() == "key [secret], [secret] and ab\nnext\n"


def test_a_log_does_not_grow_without_bound(tmp_path):
    log = LogFile(tmp_path / "log.txt", head_bytes=5_000)
    for number in range(30_000):
        log.write(f"line {number} {'x' * 80}\n".encode())
    log.close()
    text = log.path.read_text()
    assert len(text) < 5_000 + TAIL_BYTES + 100
    assert text.startswith("line 0 ")
    assert "bytes left out" in text
    assert text.rstrip().splitlines()[-1].startswith("line 29999 ")


def test_a_log_is_readable_while_its_attempt_runs(stand, logs):
    run = stand.create(phases=["chatty_and_slow"])
    stand.wait(run.id, until=lambda _: logs.read(stand.project_id, run.id).total_lines >= 3)
    found = logs.read(stand.project_id, run.id, last=2)
    assert (found.open, found.attempt, found.attempts) == (True, 1, [1])
    assert len(found.lines) == 2
    stand.service.cancel(stand.project_id, run.id)
    stand.wait(run.id)
    after = logs.read(stand.project_id, run.id, search="LINE 1")
    assert (after.open, after.attempts) == (False, [1])
    assert after.lines[0].text.startswith("line 1")


def test_a_run_without_output_has_an_empty_log_and_a_wrong_attempt_is_named(stand, logs):
    run = stand.wait(stand.create(phases=["describe"]).id)
    empty = logs.read(stand.project_id, run.id)
    assert (empty.lines, empty.total_lines, empty.attempts) == ([], 0, [])
    with pytest.raises(NotFound, match="attempt 7"):
        logs.read(stand.project_id, run.id, attempt=7)
    with pytest.raises(NotFound):
        logs.read(stand.project_id, "nosuchrun")
