"""The platform's log is JSON lines, and never fills the disk."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from azuraforge import telemetry


@pytest.fixture
def configured(tmp_path, monkeypatch):
    monkeypatch.setattr(telemetry, "FILE_BYTES", 2000)
    path = tmp_path / "platform.log"
    telemetry.configure("INFO", path)
    yield path
    telemetry.configure("INFO")
    sys.stderr.flush()


def test_the_log_turns_over_and_old_files_go(configured):
    log = telemetry.logger("runs")
    log.debug("left_out")
    for number in range(200):
        log.info("told", number=number, text="100 % of it: %s {}")
    files = sorted(configured.parent.iterdir())
    assert [each.name for each in files] == ["platform.log", "platform.log.1", "platform.log.2", "platform.log.3"]
    lines = [json.loads(line) for each in files for line in each.read_text().splitlines()]
    assert {line["package"] for line in lines} == {"runs"}
    assert max(line["number"] for line in lines) == 199
    assert all(each.stat().st_size <= 2000 for each in files)


def test_a_library_s_lines_stay_out_of_it(configured):
    logging.getLogger("azuraforge").warning("somebody else's")
    telemetry.logger("platform").warning("ours", error=ValueError("x"))
    assert [json.loads(line)["event"] for line in configured.read_text().splitlines()] == ["ours"]
